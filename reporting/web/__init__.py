"""Pages of reporting: overviews, and the status for machines. They read through selectors; config imports them for its URLs."""

"""Pages of what advertisers report."""

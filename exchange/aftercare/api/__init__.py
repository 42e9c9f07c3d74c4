"""REST views of what advertisers report."""

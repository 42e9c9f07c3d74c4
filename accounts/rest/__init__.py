"""What every REST endpoint shares: keys, scopes, problems, pages, ids. Not here: endpoints."""

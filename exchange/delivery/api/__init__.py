"""REST views of deliveries, test leads and webhooks: read by selectors, changed by services."""

"""Pages of deliveries and webhooks: read by selectors, changed by services."""

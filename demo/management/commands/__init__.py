"""`prepare` makes what an exchange needs to open, `first_sale` sells one lead through the public API."""

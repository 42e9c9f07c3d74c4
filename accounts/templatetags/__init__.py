"""Template tags of the portal; built into every template."""

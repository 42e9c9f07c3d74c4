"""Wiring only: settings, URL tables, server entry points. No logic lives here, and nothing below may import it."""

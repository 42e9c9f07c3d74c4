"""Exceptions from the pages' policy of content, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace

View = Callable[..., Any]


def swagger(view: View) -> View:
    """Let the vendored API browser write style attributes, which it cannot do without; scripts stay our own files.

    Replaced, not added to: beside a hash browsers ignore 'unsafe-inline'.
    """
    allowed: View = csp_replace({"style-src": ["'self'", "'unsafe-inline'"]})(view)
    return allowed

"""The client itself."""

from __future__ import annotations

from leadwright.generated.operations import Operations


class Leadwright(Operations):
    """An exchange as one API key sees it. Threads may share it; `with` closes its connections.

    >>> with Leadwright("https://exchange.example.com", "lx_test_...") as exchange:
    ...     ping = exchange.create_ping({"source": "src_...", "vertical": "home.roofing", "lead": {"zip": "78701"}})
    """

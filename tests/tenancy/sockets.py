"""Every websocket address of the exchange, and what opens it. Written down here, not read from the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Each takes a key in the header or as a subprotocol, or a session and the organization's slug as `o`.
SOCKETS = ("ws/auctions",)
#: What answers every address that is not one of them.
NOWHERE = ""


def patterns(routes: Any) -> Iterator[str]:
    """List the URL patterns of a websocket router, routers inside it included."""
    for one in routes:
        inner = getattr(one.callback, "routes", None)
        if inner is None:
            yield str(one.pattern)
        else:
            yield from (str(one.pattern) + pattern for pattern in patterns(inner))

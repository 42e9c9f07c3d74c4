"""Every address of the exchange: what it takes and which scope each method needs. Written down here, not read from the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ANY_KEY = ""


@dataclass(frozen=True)
class Route:
    """One URL pattern below api/v1. `kind` is what its id names; `methods` gives the scope of each method it takes."""

    pattern: str
    methods: Mapping[str, str]
    kind: str = ""
    hot: bool = False
    bodies: Mapping[str, Any] = field(default_factory=dict)

    def path(self, identifier: str = "") -> str:
        """Give an address of this route."""
        head, _, rest = self.pattern.partition("<")
        return "/" + (head + identifier + rest.partition(">")[2] if rest else head)

    def scope(self, method: str) -> str | None:
        """Give the scope a method needs, ANY_KEY for none, None where it is not taken at all."""
        return self.methods.get("GET" if method == "HEAD" else method)


def _action(name: str) -> Route:
    return Route(f"api/v1/campaigns/<str:campaign_id>/{name}", {"POST": "campaigns:write"}, "campaign")


ROUTES = (
    Route("api/v1/me", {"GET": ANY_KEY}),
    Route("api/v1/pings", {"POST": "pings:write"}, hot=True),
    Route("api/v1/posts", {"POST": "pings:write"}, hot=True),
    Route("api/v1/leads", {"POST": "pings:write"}, hot=True),
    Route("api/v1/pings/<str:ping_id>", {"GET": "leads:read"}, "ping"),
    Route("api/v1/leads/<str:lead_id>", {"GET": "leads:read"}, "lead"),
    Route("api/v1/sales", {"GET": "leads:read"}),
    Route("api/v1/sources", {"GET": "sources:read", "POST": "sources:write"}),
    Route(
        "api/v1/sources/<str:source_id>",
        {"GET": "sources:read", "PATCH": "sources:write", "DELETE": "sources:write"},
        "source",
        bodies={"PATCH": {"name": "stolen", "status": "paused"}},
    ),
    Route("api/v1/campaigns", {"GET": "campaigns:read", "POST": "campaigns:write"}),
    Route(
        "api/v1/campaigns/<str:campaign_id>",
        {"GET": "campaigns:read", "PATCH": "campaigns:write", "DELETE": "campaigns:write"},
        "campaign",
        bodies={"PATCH": {"name": "stolen", "destination": {"url": "https://thief.example.com/"}}},
    ),
    _action("publish"),
    _action("pause"),
    _action("resume"),
    Route("api/v1/ledger/balance", {"GET": "ledger:read"}),
    Route("api/v1/ledger/entries", {"GET": "ledger:read"}),
)
LISTS = {"api/v1/sales": "sale", "api/v1/sources": "source", "api/v1/campaigns": "campaign", "api/v1/ledger/entries": "entry"}

# Without a key, for everybody the same.
PUBLIC = ("", "status.json", "api/schema", "docs/try", "docs/errors", "docs/errors/<slug:code>")
# Sign-in and the pages inside an organization; tests/portal walks every one of them.
PORTAL = ("o/", "accounts/")
DEMO_ONLY = ("demo/buyer",)
MARKET = ("api/v1/pings", "api/v1/posts", "api/v1/leads")


def patterns(urlpatterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """List every URL pattern of a configuration, includes resolved."""
    for one in urlpatterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here)
        else:
            yield here

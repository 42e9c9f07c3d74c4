"""Every address of the exchange: what it takes and which scope each method needs. Written down here, not read from the code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver

from accounts.core.ids import encode

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ANY_KEY = ""


@dataclass(frozen=True)
class Route:
    """One URL pattern below api/v1. `kind` is what its id names; `methods` gives the scope of each method it takes.

    `inner` is the kind of a second id, which names nothing here; `shows` says that a GET answers with the thing itself,
    `bare` how a request without any parameters is answered.
    """

    pattern: str
    methods: Mapping[str, str]
    kind: str = ""
    hot: bool = False
    inner: str = ""
    shows: bool = True
    bare: int = 200
    bodies: Mapping[str, Any] = field(default_factory=dict)

    def path(self, identifier: str = "") -> str:
        """Give an address of this route."""
        ids = iter((identifier, encode(self.inner, UUID(int=0)) if self.inner else ""))
        return "/" + re.sub("<[^>]+>", lambda _: next(ids), self.pattern)

    def scope(self, method: str) -> str | None:
        """Give the scope a method needs, ANY_KEY for none, None where it is not taken at all."""
        return self.methods.get("GET" if method == "HEAD" else method)


def _action(name: str) -> Route:
    return Route(f"api/v1/campaigns/<str:campaign_id>/{name}", {"POST": "campaigns:write"}, "campaign")


def _webhook(below: str, methods: Mapping[str, str], **more: Any) -> Route:
    return Route(f"api/v1/webhooks/<str:webhook_id>{below}", methods, "webhook", **more)


ROUTES = (
    Route("api/v1/me", {"GET": ANY_KEY}),
    Route("api/v1/pings", {"POST": "pings:write"}, hot=True),
    Route("api/v1/posts", {"POST": "pings:write"}, hot=True),
    Route("api/v1/leads", {"POST": "pings:write"}, hot=True),
    Route("api/v1/compat/leadconduit/<str:source_id>/ping", {"POST": "pings:write"}, "source", hot=True),
    Route("api/v1/compat/leadconduit/<str:source_id>/submit", {"POST": "pings:write"}, "source", hot=True),
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
    _action("test-lead"),
    Route("api/v1/deliveries", {"GET": "leads:read"}),
    Route("api/v1/deliveries/resend", {"POST": "campaigns:write"}),
    Route("api/v1/deliveries/<str:delivery_id>", {"GET": "leads:read"}, "delivery"),
    Route("api/v1/deliveries/<str:delivery_id>/resend", {"POST": "campaigns:write"}, "delivery"),
    Route("api/v1/webhooks", {"GET": "webhooks:read", "POST": "webhooks:write"}),
    _webhook(
        "",
        {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"},
        bodies={"PATCH": {"url": "https://thief.example.com/"}},
    ),
    _webhook("/rotate", {"POST": "webhooks:write"}),
    _webhook("/test", {"POST": "webhooks:write"}),
    _webhook("/deliveries", {"GET": "webhooks:read"}, shows=False),
    _webhook("/deliveries/resend", {"POST": "webhooks:write"}, bodies={"POST": {"since": "2020-01-01T00:00:00Z"}}),
    _webhook("/deliveries/<str:event_id>", {"GET": "webhooks:read"}, inner="event", shows=False),
    _webhook("/deliveries/<str:event_id>/resend", {"POST": "webhooks:write"}, inner="event"),
    Route("api/v1/dispositions", {"GET": "leads:read", "POST": "dispositions:write"}),
    Route("api/v1/dispositions/csv", {"POST": "dispositions:write"}),
    Route("api/v1/experiments", {"GET": "campaigns:read", "POST": "campaigns:write"}),
    Route("api/v1/experiments/<str:experiment_id>", {"GET": "campaigns:read"}, "experiment"),
    Route("api/v1/experiments/<str:experiment_id>/start", {"POST": "campaigns:write"}, "experiment"),
    Route("api/v1/experiments/<str:experiment_id>/stop", {"POST": "campaigns:write"}, "experiment"),
    Route("api/v1/evidence", {"GET": "leads:read"}),
    Route("api/v1/evidence/file", {"GET": "leads:read"}, bare=422),
    Route("api/v1/ledger/balance", {"GET": "ledger:read"}),
    Route("api/v1/ledger/entries", {"GET": "ledger:read"}),
)
LISTS = {
    "api/v1/sales": "sale", "api/v1/sources": "source", "api/v1/campaigns": "campaign", "api/v1/ledger/entries": "entry",
    "api/v1/deliveries": "delivery", "api/v1/webhooks": "webhook",
    "api/v1/dispositions": "disposition", "api/v1/experiments": "experiment",
}  # fmt: skip

# Without a key, for everybody the same.
PUBLIC = ("", "status.json", "api/schema", "docs/try", "docs/errors", "docs/errors/<slug:code>")
# Sign-in and the pages inside an organization; tests/portal walks every one of them.
PORTAL = ("o/", "accounts/")
DEMO_ONLY = ("demo/buyer",)
MARKET = (
    "api/v1/pings",
    "api/v1/posts",
    "api/v1/leads",
    "api/v1/compat/leadconduit/<str:source_id>/ping",
    "api/v1/compat/leadconduit/<str:source_id>/submit",
)


def patterns(urlpatterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """List every URL pattern of a configuration, includes resolved."""
    for one in urlpatterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here)
        else:
            yield here

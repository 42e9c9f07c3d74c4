"""Who may open a live socket: an API key that may read leads, or a signed-in member whose browser comes from our own pages.

An operator's socket gets the whole market, so it takes the right to operate the exchange besides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest

from accounts.core.errors import Problem
from accounts.identity import Caller, caller_of, forget_keys
from accounts.portal.sessions import SessionStore
from accounts.portal.visits import caller_of_visit, find_visit
from accounts.rest.authentication import SCHEME, require_scope
from accounts.tenancy import act_as_identity

log = logging.getLogger(__name__)

SCOPE, MARKET_SCOPE = "leads:read", "exchange:operate"
KEY_PROTOCOL = "lx."
CLOSE_UNAUTHENTICATED, CLOSE_FORBIDDEN, CLOSE_NOWHERE, CLOSE_FAILED, CLOSE_TRY_AGAIN = 4401, 4403, 4404, 1011, 1013
_CODES: Mapping[str, int] = {"unauthenticated": CLOSE_UNAUTHENTICATED, "forbidden": CLOSE_FORBIDDEN, "not_found": CLOSE_NOWHERE}


FeedKey = UUID | str
"""An organization's feed by its id, or a market's by `market_feed`."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a socket was opened with, kept so that it can be checked again; empty when it brought none."""

    key: str = field(repr=False)
    address: str | None
    session: str = field(default="", repr=False)
    slug: str = ""


def credential_of(scope: Mapping[str, Any]) -> Credential:
    """Read who opens a socket: `Authorization: Bearer <key>`, or the subprotocol "lx.<key>", because browsers cannot set headers.

    Without a key, a browser's session counts, if its Origin is our own host: a key needs no such check, a cookie does. The
    organization then comes from the address (?o=<slug>) and is good only for who is a member.
    """
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    header = headers.get("authorization", "")
    offered = (text[len(KEY_PROTOCOL) :] for text in scope.get("subprotocols", ()) if text.startswith(KEY_PROTOCOL))
    key = header[len(SCHEME) :].strip() if header.startswith(SCHEME) else next(offered, "")
    client = scope.get("client") or (None,)
    address = headers.get("x-forwarded-for") or client[0]
    if key or not _own_page(headers):
        return Credential(key, address)
    slug = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("o", [""])[0]
    return Credential("", address, _session_in(headers.get("cookie", "")), slug)


def _own_page(headers: Mapping[str, str]) -> bool:
    origin = headers.get("origin", "")
    return origin in settings.CSRF_TRUSTED_ORIGINS or (origin != "" and urlsplit(origin).netloc == headers.get("host"))


def _session_in(cookies: str) -> str:
    try:
        found = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


def subprotocol_of(scope: Mapping[str, Any]) -> str | None:
    """Choose one of the offered subprotocols, as a browser wants one of its own back: one that is no key if there is one."""
    offered = list(scope.get("subprotocols", ()))
    return next((text for text in offered if not text.startswith(KEY_PROTOCOL)), offered[0] if offered else None)


def admit(credential: Credential) -> Caller:
    """Find who opens the socket; raises Problem unauthenticated or forbidden. Asks PostgreSQL: call it in a thread."""
    if credential.session:
        return _admit_member(credential)
    if not credential.key:
        raise Problem("unauthenticated", 'Send "Authorization: Bearer lx_live_..." or the subprotocol "lx.lx_live_...".')
    return _allowed(caller_of(credential.key, credential.address))


def feed_of(caller: Caller) -> FeedKey:
    """Name the feed of somebody who was admitted."""
    return market_feed(caller.mode) if caller.kind == "operator" else caller.organization_id


def market_feed(mode: str) -> FeedKey:
    """Name the feed of a market's operator."""
    return f"market:{mode}"


def _allowed(caller: Caller) -> Caller:
    require_scope(caller, SCOPE)
    if caller.kind == "operator":
        require_scope(caller, MARKET_SCOPE)
    return caller


def _admit_member(credential: Credential) -> Caller:
    request = HttpRequest()
    request.session = SessionStore(credential.session)
    with act_as_identity():
        user = get_user(request)
    if not user.is_authenticated:
        raise Problem("unauthenticated", "Sign in again.")
    visit = find_visit(user, credential.slug)
    if visit is None:
        raise Problem("not_found", "No such organization.")
    return _allowed(caller_of_visit(visit))


def refused_among(credentials: Iterable[Credential]) -> dict[Credential, int]:
    """Check credentials anew, past the cache of keys; gives the close code of each that is no longer good."""
    forget_keys()
    refused = {}
    for credential in credentials:
        try:
            admit(credential)
        except Problem as problem:
            refused[credential] = close_code(problem)
        except (DatabaseError, InterfaceError) as error:
            # Nothing new is announced while PostgreSQL is away, so nothing leaks until the next check.
            log.warning("keys of live sockets could not be checked: %s", type(error).__name__)
            break
    return refused


def close_code(problem: Problem) -> int:
    """Give the close code of a refusal."""
    return _CODES.get(problem.code, CLOSE_TRY_AGAIN)

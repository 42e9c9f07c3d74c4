"""Who may open a live socket: for now, whoever sends an API key that may read leads."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, InterfaceError

from accounts.core.errors import Problem
from accounts.identity import Caller, caller_of, forget_keys
from accounts.rest.authentication import SCHEME, require_scope

log = logging.getLogger(__name__)

SCOPE = "leads:read"
KEY_PROTOCOL = "lx."
CLOSE_UNAUTHENTICATED, CLOSE_FORBIDDEN, CLOSE_NOWHERE, CLOSE_FAILED, CLOSE_TRY_AGAIN = 4401, 4403, 4404, 1011, 1013
_CODES: Mapping[str, int] = {"unauthenticated": CLOSE_UNAUTHENTICATED, "forbidden": CLOSE_FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Credential:
    """What a socket was opened with, kept so that it can be checked again; empty when it brought none."""

    key: str = field(repr=False)
    address: str | None


def credential_of(scope: Mapping[str, Any]) -> Credential:
    """Read who opens a socket: `Authorization: Bearer <key>`, or the subprotocol "lx.<key>", because browsers cannot set headers.

    The one place to teach another way in: sign-in by session belongs here (and then checks Origin, which a key does not need).
    """
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    header = headers.get("authorization", "")
    offered = (text[len(KEY_PROTOCOL) :] for text in scope.get("subprotocols", ()) if text.startswith(KEY_PROTOCOL))
    key = header[len(SCHEME) :].strip() if header.startswith(SCHEME) else next(offered, "")
    client = scope.get("client") or (None,)
    return Credential(key, headers.get("x-forwarded-for") or client[0])


def subprotocol_of(scope: Mapping[str, Any]) -> str | None:
    """Choose one of the offered subprotocols, as a browser wants one of its own back: one that is no key if there is one."""
    offered = list(scope.get("subprotocols", ()))
    return next((text for text in offered if not text.startswith(KEY_PROTOCOL)), offered[0] if offered else None)


def admit(credential: Credential) -> Caller:
    """Find who opens the socket; raises Problem unauthenticated or forbidden. Asks PostgreSQL: call it in a thread."""
    if not credential.key:
        raise Problem("unauthenticated", 'Send "Authorization: Bearer lx_live_..." or the subprotocol "lx.lx_live_...".')
    caller = caller_of(credential.key, credential.address)
    require_scope(caller, SCOPE)
    return caller


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

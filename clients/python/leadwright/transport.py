"""Requests over kept-alive connections, repeated where a repetition cannot do harm."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

from leadwright.decoding import decode, encode
from leadwright.pages import Page
from leadwright.problems import Problem, Unanswered, problem_of
from leadwright.version import VERSION

# Nothing was stored, whatever was asked: market rules of the exchange.
UNDONE = frozenset({429, 503})
SAFE = frozenset({"GET", "POST"})
FIRST_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent at most, and how long it waits in between at most: a longer Retry-After is raised at once."""

    tries_max: int = 4
    pause_seconds_max: float = 30.0

    def pause_seconds(self, number: int, problem: Problem | None) -> float | None:
        """Say how long to wait after try `number`; None to give up."""
        named = problem.retry_after_seconds if problem else None
        if number >= self.tries_max or (named or 0) > self.pause_seconds_max:
            return None
        # Any part of the pause: clients that failed together must not come back together.
        return named if named is not None else random.uniform(0, FIRST_PAUSE_SECONDS * 2.0**number)  # noqa: S311


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it goes out, the same on each try."""

    method: str
    target: str
    body: bytes | None
    headers: Mapping[str, str]


class Transport:
    """Sends requests with one key; every POST carries a key of idempotency, so that it happens once however often it is sent."""

    def __init__(self, base_url: str, key: str, *, timeout_seconds: float = 30.0, patience: Patience = Patience()) -> None:
        """Name the exchange (https://exchange.example.com) and an API key (lx_live_... or lx_test_...)."""
        self._parts = urlsplit(base_url)
        if self._parts.scheme not in {"http", "https"} or not self._parts.hostname:
            raise ValueError(f"{base_url!r} is no address such as https://exchange.example.com")
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._patience = patience
        self._idle: list[http.client.HTTPConnection] = []

    def __enter__(self) -> Self:
        """Use the client in a block."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close its connections."""
        self.close()

    def __repr__(self) -> str:
        """Show where it talks to, and never the key."""
        return f"{type(self).__name__}({self._parts.geturl()!r})"

    def close(self) -> None:
        """Close idle connections; the next request opens another."""
        while self._idle:
            self._idle.pop().close()

    def _pages(self, path: str, *, query: Mapping[str, Any], row: Any) -> Page[Any]:
        found = self._send("GET", path, query=query)
        rows = [decode(row, one) for one in found["data"]]
        return Page(rows, found["next_cursor"], lambda cursor: self._pages(path, query={**query, "cursor": cursor}, row=row))

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        media_type: str = "application/json",
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        answer: Any = Any,
    ) -> Any:
        """Send a request until it is answered; gives the decoded answer. Raises Problem or Unanswered."""
        asked = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        target = self._parts.path.rstrip("/") + path + (f"?{urlencode(asked)}" if asked else "")
        raw = body.encode() if isinstance(body, str) else None if body is None else encode(body)
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json, application/problem+json"}
        headers |= {"User-Agent": f"leadwright-python/{VERSION}"}
        headers |= {} if raw is None else {"Content-Type": media_type}
        headers |= {"Idempotency-Key": idempotency_key or str(uuid4())} if method == "POST" else {}
        found = self._until_answered(Sent(method, target, raw, headers))
        return decode(answer, found)

    def _until_answered(self, sent: Sent) -> Any:
        number = 0
        while True:
            number += 1
            trouble: Problem | Unanswered
            try:
                return self._once(sent)
            except Problem as problem:
                trouble, again = problem, _undone(problem)
            except Unanswered as silence:
                trouble, again = silence, sent.method in SAFE
            pause_seconds = self._patience.pause_seconds(number, trouble if isinstance(trouble, Problem) else None)
            if not again or pause_seconds is None:
                raise trouble
            time.sleep(pause_seconds)

    def _once(self, sent: Sent) -> Any:
        # What may not be sent twice never goes out on a connection that the other side may just have closed.
        connection = self._idle.pop() if self._idle and sent.method in SAFE else self._opened()
        try:
            connection.request(sent.method, sent.target, body=sent.body, headers=dict(sent.headers))
            response = connection.getresponse()
            status, raw, retry_after = response.status, response.read(), response.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unanswered(f"{sent.method} {sent.target}: {error!r}") from error
        self._idle.append(connection)
        if not 200 <= status < 300:
            raise problem_of(status, raw, retry_after)
        return json.loads(raw) if raw else None

    def _opened(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_seconds)


def segment(text: str) -> str:
    """Write an id as one segment of a path."""
    return quote(text, safe="")


def _undone(problem: Problem) -> bool:
    """Say whether nothing was done; a 409 that names a pause is the first request with the same key, still under way."""
    return problem.status in UNDONE or (problem.status == 409 and problem.retry_after_seconds is not None)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)

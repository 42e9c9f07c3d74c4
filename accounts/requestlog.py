"""The request log: the newest API requests of each organization's own keys, masked, in the volatile Valkey.

It is a log and no evidence: a request only puts itself into a bounded buffer of its process; twice a second a thread masks what
is there and writes it. What does not fit, what a dying process had not written, what Valkey forgets is lost; nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from django.utils.module_loading import import_string

from accounts.core.clock import from_ms
from accounts.core.errors import Problem
from accounts.core.requestlog import LoggedRequest, Mask, RawRequest, kept_form

log = logging.getLogger(__name__)

KEPT_MAX = 500
KEPT_DAYS = 7
USE_KEPT_DAYS = 400
FLUSH_SECONDS = 0.5
PER_FLUSH_MAX = 25
ALL_PER_FLUSH_MAX = 100
BREATH_SECONDS = 0.001
BUFFER_BYTES_MAX = 8 * 1024 * 1024
PAGE = 50
_DAY_SECONDS = 24 * 3600
_READ_AT_ONCE = 100


class RequestLog:
    """The buffer of this process, and the thread that empties it. The thread starts with the first request, so after any fork."""

    def __init__(self, client: redis.Redis, mask: Mask) -> None:
        """Keep what it writes with; nothing is asked yet."""
        self._client, self._mask = client, mask
        self._waiting: dict[UUID, list[RawRequest]] = {}
        self._used: dict[tuple[UUID, UUID], int] = {}
        self._count = self._bytes = 0
        self._lock, self._flushing, self._wake = threading.Lock(), threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, organization_id: UUID, raw: RawRequest) -> None:
        """Put a request into the buffer; one that does not fit is left out. Costs microseconds and asks nobody."""
        with self._lock:
            self._used[organization_id, raw.key_id] = raw.at_ms
            rows = self._waiting.setdefault(organization_id, [])
            size = len(raw.body or b"") + len(raw.answer or b"")
            room = self._count < ALL_PER_FLUSH_MAX and self._bytes + size <= BUFFER_BYTES_MAX
            if room and len(rows) < PER_FLUSH_MAX:
                rows.append(raw)
                self._count += 1
                self._bytes += size
        if not self._wake.is_set():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(FLUSH_SECONDS)
            self._wake.clear()
            self.flush()

    def flush(self) -> None:
        """Mask and write what waits; whatever fails is lost, and said in the log of the process."""
        with self._flushing:
            with self._lock:
                rows, used = self._waiting, self._used
                self._waiting, self._used, self._count, self._bytes = {}, {}, 0, 0
            try:
                self._write(rows, used)
            except redis.RedisError as error:
                log.warning("requests were not logged: %s", type(error).__name__)
            except Exception:
                log.exception("requests were not logged")

    def _write(self, rows: dict[UUID, list[RawRequest]], used: dict[tuple[UUID, UUID], int]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for organization_id, raws in rows.items():
            stream = _stream(organization_id)
            for raw in raws:
                kept = msgspec.json.encode(kept_form(raw, self._mask))
                pipeline.xadd(stream, {"r": kept}, maxlen=KEPT_MAX, approximate=True)
                # Masking holds the interpreter's lock: between two entries whoever answers a request goes first.
                time.sleep(BREATH_SECONDS)
            pipeline.expire(stream, KEPT_DAYS * _DAY_SECONDS)
        for (organization_id, key_id), at_ms in used.items():
            pipeline.hset(_uses(organization_id), str(key_id), str(at_ms))
            pipeline.expire(_uses(organization_id), USE_KEPT_DAYS * _DAY_SECONDS)
        pipeline.execute()


@lru_cache(maxsize=1)
def request_log() -> RequestLog:
    """Give the log of this process."""
    return RequestLog(_client(), import_string(settings.REQUEST_LOG_MASK))


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.VALKEY_VOLATILE_URL, socket_timeout=1.0, socket_connect_timeout=0.3)


def _stream(organization_id: UUID) -> str:
    return f"requests:{organization_id.hex}"


def _uses(organization_id: UUID) -> str:
    return f"requests:{organization_id.hex}:keys"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the log under its id, such as 1763816400123-0."""

    id: str
    request: LoggedRequest


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first; `older` is the id after which the next page begins, "" at the end."""

    rows: tuple[Row, ...]
    older: str


def list_requests(organization_id: UUID, *, wanted: Callable[[LoggedRequest], bool], before: str = "") -> Page:
    """List a page of an organization's newest requests that are wanted; raises Problem unavailable."""
    found: list[Row] = []
    for row in _newest_first(organization_id, before):
        if wanted(row.request):
            found.append(row)
        if len(found) > PAGE:
            return Page(tuple(found[:PAGE]), found[PAGE - 1].id)
    return Page(tuple(found), "")


def _newest_first(organization_id: UUID, before: str) -> Iterator[Row]:
    """Read at most KEPT_MAX entries, a hundred at a time: a page seldom needs more."""
    for _ in range(KEPT_MAX // _READ_AT_ONCE):
        entries = _read(organization_id, f"({before}" if before else "+", "-", _READ_AT_ONCE)
        yield from entries
        if len(entries) < _READ_AT_ONCE:
            return
        before = entries[-1].id


def get_request(organization_id: UUID, entry_id: str) -> LoggedRequest:
    """Give one entry of an organization's log; raises Problem not_found (also when it has left the log), unavailable."""
    entries = _read(organization_id, entry_id, entry_id, 1)
    if not entries:
        raise Problem("not_found", "No such request.")
    return entries[0].request


def _read(organization_id: UUID, newest: str, oldest: str, count: int) -> list[Row]:
    try:
        entries = cast(
            "list[tuple[bytes, dict[bytes, bytes]]]", _client().xrevrange(_stream(organization_id), newest, oldest, count)
        )
    except redis.RedisError as error:
        raise Problem(
            "unavailable", "The request log is away for the moment; requests themselves do not depend on it."
        ) from error
    return [Row(name.decode(), msgspec.json.decode(fields[b"r"], type=LoggedRequest)) for name, fields in entries]


def last_uses(organization_id: UUID) -> dict[UUID, datetime]:
    """Say when each key of an organization was last used, as far as is known: to half a second, and nothing without Valkey."""
    try:
        found = cast("dict[bytes, Any]", _client().hgetall(_uses(organization_id)))
    except redis.RedisError:
        return {}
    return {UUID(key.decode()): from_ms(int(at_ms)) for key, at_ms in found.items()}

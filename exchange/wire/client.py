"""Outbound HTTP for synchronous callers: each request has one deadline, one size limit, no redirects, and passes the guard.

Many requests share one loop in a thread of its own, so a receiver that hangs delays nobody else; answers come as they arrive.
"""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings

from exchange.wire.guard import Blocked, Target, check_address, check_url

USER_AGENT = "Leadwright/0.1"

# Every request ends within its own deadline; a loop that is silent for this long beyond it will not speak again.
_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange of request and answer may cost."""

    total_ms: int = 10_000
    connect_ms: int = 3_000
    answer_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. Host, length and agent are the client's own."""

    url: str
    body: bytes
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or None with the error in words. `body` is cut at the limit; `ms` is the whole duration."""

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    ms: int
    error: str = ""


def send(request: Request, *, limits: Limits | None = None) -> Answer:
    """Send one request and wait for its answer; never raises for what the other side does."""
    return next(answer for _, answer in send_all([request], limits=limits))


def send_all(requests: Sequence[Request], *, limits: Limits | None = None) -> Iterator[tuple[int, Answer]]:
    """Send requests together; give (place, answer) as each arrives. Every request gets exactly one answer within its deadline."""
    arrived: queue.SimpleQueue[tuple[int, Answer]] = queue.SimpleQueue()
    bounds = limits or Limits()
    origins = frozenset(settings.WIRE_TRUSTED_ORIGINS)
    # The thread is a daemon: a name server that hangs keeps its loop, but neither the caller nor the process, waiting.
    threading.Thread(target=_run, args=(requests, bounds, origins, arrived), name="wire", daemon=True).start()
    missing = dict.fromkeys(range(len(requests)))
    while missing:
        try:
            place, answer = arrived.get(timeout=bounds.total_ms / 1000 + _GRACE_SECONDS)
        except queue.Empty:
            place, answer = next(iter(missing)), Answer(None, {}, b"", bounds.total_ms, "the client itself failed")
        del missing[place]
        yield place, answer


def _run(
    requests: Sequence[Request], limits: Limits, origins: frozenset[str], arrived: queue.SimpleQueue[tuple[int, Answer]]
) -> None:
    async def one(place: int, request: Request) -> None:
        arrived.put((place, await _exchange(request, limits, origins)))

    async def everyone() -> None:
        await asyncio.gather(*(one(place, request) for place, request in enumerate(requests)), return_exceptions=True)

    asyncio.run(everyone())


async def _exchange(request: Request, limits: Limits, origins: frozenset[str]) -> Answer:
    started = time.monotonic()

    def failed(error: str) -> Answer:
        return Answer(None, {}, b"", _ms_since(started), error)

    try:
        target = check_url(request.url, origins)
        async with asyncio.timeout(limits.total_ms / 1000):
            return await _over_wire(request, target, limits, started)
    except Blocked as refusal:
        return failed(f"refused by the guard: {refusal}")
    except TimeoutError:
        return failed(f"no answer within {limits.total_ms} ms")
    except aiohttp.ClientConnectorCertificateError:
        return failed("the certificate does not belong to this host or is not trusted")
    except aiohttp.ClientError as error:
        cause = error.__cause__ or error.__context__
        return failed(
            f"refused by the guard: {cause}" if isinstance(cause, Blocked) else f"the connection failed: {_words(error)}"
        )
    except (OSError, ValueError) as error:
        return failed(f"the connection failed: {_words(error)}")


async def _over_wire(request: Request, target: Target, limits: Limits, started: float) -> Answer:
    connector = aiohttp.TCPConnector(
        resolver=_GuardedResolver(target), use_dns_cache=False, force_close=True, socket_factory=_socket_for(target)
    )
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_ms / 1000)
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **request.headers}
    async with (
        # No cookies, no proxies from the environment, no decompression: an answer is what came over the wire, up to the limit.
        aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
        ) as session,
        session.request(request.method, target.url, data=request.body, headers=headers, allow_redirects=False) as response,
    ):
        body = await _start_of(response, limits.answer_bytes)
        return Answer(response.status, dict(response.headers), body, _ms_since(started))


async def _start_of(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size < limit:
        part = await response.content.read(limit - size)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


class _GuardedResolver(AbstractResolver):
    """Resolves the target's own name once and lets no answer through that the guard refuses."""

    def __init__(self, target: Target) -> None:
        self.target = target

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Give the checked addresses; raises Blocked when any is forbidden."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = [(entry[0], str(entry[4][0])) for entry in found]
        if not self.target.trusted:
            for _, address in addresses:
                check_address(address)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in addresses
        ]

    async def close(self) -> None:
        """Hold nothing that needs closing."""


def _socket_for(target: Target) -> aiohttp.SocketFactoryType:
    """Make sockets for checked addresses only: the last gate, which also an address written into the URL passes."""

    def make(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _, address = info
        if not target.trusted:
            check_address(str(address[0]))
        made = socket.socket(family, kind, proto)
        made.setblocking(False)
        return made

    return make


def _words(error: Exception) -> str:
    """Describe a failure without the URL, whose query may hold a buyer's secret."""
    cause = getattr(error, "os_error", error)
    return getattr(cause, "strerror", None) or type(cause).__name__


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)

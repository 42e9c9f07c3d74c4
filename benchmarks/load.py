"""A load of its own process: keep-alive connections on asyncio's bare protocols, bytes made beforehand, every answer checked.

    python benchmarks/load.py ASK ANSWER      # two JSON files: an Ask, and the Result that is written

Each connection sends its next request when the last one is answered. Bodies of answers may hold no line ends, as JSON does not.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FRESH = b"<fresh>"
END_OF_HEAD = b"\r\n\r\n"
LENGTH, CHUNKED, LAST_CHUNK = b"content-length: ", b"transfer-encoding: chunked", b"0\r\n\r\n"
SECONDS_AFTER_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What to send: to `port`, until `seconds` are over; `bodies` come in turn, once only or, if `endless`, again and again.

    An answer counts when its status is `status` and its body holds `wanted`. `keep` gives the bodies of the answers back.
    """

    port: int
    method: str
    path: str
    key: str
    bodies: list[str]
    connections: int
    seconds: float
    status: int
    wanted: str
    endless: bool = True
    keep: bool = False


@dataclass(slots=True)
class Result:
    """What came back. Latencies are milliseconds; `answers` stand in the order of the bodies, None where none came."""

    requests: int = 0
    errors: int = 0
    first_error: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    answers: list[Any] = field(default_factory=list)


def requests_of(ask: Ask) -> Iterator[tuple[int, bytes]]:
    """Give the requests as bytes with the number of their body; each has digits that no other request of any run has."""
    shaped = [_shape(ask, body) for body in ask.bodies]
    salt, sent = os.urandom(16), 0
    while sent < len(shaped) or ask.endless:
        number = sent % len(shaped)
        digest = hashlib.sha256(salt + sent.to_bytes(8, "big")).hexdigest().encode()
        yield number, digest.join(shaped[number])
        sent += 1


def _shape(ask: Ask, body: str) -> list[bytes]:
    raw = body.encode()
    length = len(raw.replace(FRESH, b"0" * 64))
    lines = [f"{ask.method} {ask.path} HTTP/1.1", f"Host: 127.0.0.1:{ask.port}", f"Authorization: Bearer {ask.key}"]
    if raw:
        lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    return ("\r\n".join(lines).encode() + END_OF_HEAD + raw).split(FRESH)


class Load:
    """The connections of one ask, and what they have seen."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.requests = requests_of(ask)
        self.status = f"HTTP/1.1 {ask.status} ".encode()
        self.wanted = ask.wanted.encode()
        self.latencies: list[float] = []
        self.result = Result(answers=[None] * len(ask.bodies) if ask.keep else [])
        self.ends_at = 0.0

    async def run(self) -> Result:
        """Send until the time or the bodies are over, then wait for the last answers."""
        loop, began, spent = asyncio.get_running_loop(), time.perf_counter(), _cpu_seconds()
        self.ends_at = began + self.ask.seconds
        connections = [Connection(self) for _ in range(self.ask.connections)]
        for one in connections:
            await loop.create_connection(lambda one=one: one, "127.0.0.1", self.ask.port)  # type: ignore[misc]
        await asyncio.wait_for(asyncio.gather(*(one.ended for one in connections)), self.ask.seconds + SECONDS_AFTER_MAX)
        result = self.result
        result.seconds, result.cpu_seconds = time.perf_counter() - began, _cpu_seconds() - spent
        result.requests = len(self.latencies)
        result.p50_ms, result.p99_ms = (percentile(sorted(self.latencies), percent) for percent in (50, 99))
        return result

    def next(self) -> tuple[int, bytes] | None:
        """Give the next request, None when it is over."""
        return next(self.requests, None) if time.perf_counter() < self.ends_at else None

    def note(self, number: int, seconds: float, head: bytes, body: bytes) -> None:
        """Count one answer."""
        self.latencies.append(seconds * 1000)
        if not head.startswith(self.status) or self.wanted not in body:
            self.fail(head[:12].decode() + " " + body[:600].decode(errors="replace"))
        elif self.ask.keep:
            self.result.answers[number] = json.loads(body)

    def fail(self, words: str) -> None:
        """Count an error; the first one's words are kept."""
        self.result.errors += 1
        self.result.first_error = self.result.first_error or words


class Connection(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.number, self.sent_at, self.waiting = 0, 0.0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the next request, or close."""
        request = self.load.next()
        self.waiting = request is not None
        if request is None:
            self.transport.close()
            return
        self.number, self.sent_at = request[0], time.perf_counter()
        self.transport.write(request[1])

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole."""
        self.buffer = self.buffer + data if self.buffer else data
        body = body_of(self.buffer)
        if body is not None:
            head, self.buffer = self.buffer, b""
            self.load.note(self.number, time.perf_counter() - self.sent_at, head, body)
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; an answer that is still awaited will never come."""
        if self.waiting:
            self.load.fail(f"the connection was lost: {exc}")
        self.ended.set_result(None)


def body_of(answer: bytes) -> bytes | None:
    """Give the body of an answer, by Content-Length or in chunks; None while it is not all there."""
    head, _, rest = answer.partition(END_OF_HEAD)
    lower = head.lower()
    if CHUNKED in lower:
        return b"".join(rest.split(b"\r\n")[1::2]) if rest.endswith(LAST_CHUNK) else None
    start = lower.find(LENGTH)
    if start < 0:
        return None
    length = int(lower[start + len(LENGTH) :].split(b"\r", 1)[0])
    return rest if len(rest) >= length else None


def percentile(ordered: list[float], percent: int) -> float:
    """Give the value that `percent` of an ordered list do not pass; 0 for an empty one."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(ask_file: str, answer_file: str) -> None:
    """Run the ask of one file and write the result into another."""
    ask = Ask(**json.loads(Path(ask_file).read_text()))

    async def run() -> Result:
        return await Load(ask).run()

    gc.disable()  # a collection of ours would look like a pause of the server
    Path(answer_file).write_text(json.dumps(asdict(asyncio.run(run()))))


if __name__ == "__main__":
    main(*sys.argv[1:])

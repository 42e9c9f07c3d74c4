"""Pings beside 16 slow clients: does anybody's latency pay for a stranger's bad connection?

    .venv/bin/python tests/faults/slow_clients.py

It starts an exchange of its own behind its front and deletes it afterwards. Half of the slow clients send a byte now and then and
never finish, the others upload bodies of 60 kB in small pieces, again and again. Rounds alternate without and with them; the
ratio of the p99 is taken within each round. Exit code 1 when the median ratio is above the bar or a ping went wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.load import Ask, Load, Result
from benchmarks.market_client import ROOT, Demo
from tests.faults.own_exchange import fresh_exchange

RESULTS = ROOT / "benchmarks/results/slow_clients.json"
SLOW, CONNECTIONS, SECONDS, ROUNDS, RATIO_MAX = 16, 16, 6.0, 3, 1.5
BODY_BYTES, PIECE_BYTES, PIECE_SECONDS, BYTE_SECONDS = 60_000, 2_000, 0.1, 0.3
WITHOUT_LIMITS = {"OPEN_QUOTES_MAX": "10000000", "RATE_PER_KEY": "1000000", "RATE_PER_SOURCE": "1000000"}


async def held(port: int, key: str) -> None:
    """Begin a ping and never finish it: a byte now and then."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_head(port, key))
        try:
            while not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(BYTE_SECONDS)
        except OSError:
            continue  # the front has had enough of it: once more
        finally:
            writer.close()


async def uploading(port: int, key: str) -> None:
    """Send large pings in small pieces, one after another on one connection."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(_head(port, key))
            for _ in range(BODY_BYTES // PIECE_BYTES):
                writer.write(b"x" * PIECE_BYTES)
                await writer.drain()
                await asyncio.sleep(PIECE_SECONDS)
            await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError):
            continue
        finally:
            writer.close()


def _head(port: int, key: str) -> bytes:
    lines = ("POST /api/v1/pings HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {key}",
             "Content-Type: application/json", f"Content-Length: {BODY_BYTES}", "", "")  # fmt: skip
    return "\r\n".join(lines).encode()


async def measure(demo: Demo, port: int, *, slow: int) -> Result:
    """Ping for some seconds beside so many slow clients."""
    disturbing = [asyncio.create_task((held if n % 2 else uploading)(port, demo.publisher_key)) for n in range(slow)]
    await asyncio.sleep(1.0)
    body = json.dumps({**demo.sample_ping, "contact_hashes": {"phone_sha256": "<fresh>", "email_sha256": "<fresh>"}})
    ask = Ask(port, "POST", "/api/v1/pings", demo.publisher_key, [body], CONNECTIONS, SECONDS, 200, '"id":"png_')
    try:
        return await Load(ask).run()
    finally:
        for task in disturbing:
            task.cancel()
        await asyncio.gather(*disturbing, return_exceptions=True)


def rounds(demo: Demo, port: int) -> list[dict[str, Any]]:
    """Measure alone and beside slow clients in turn; raises AssertionError when a ping was not answered as it should be."""
    asyncio.run(measure(demo, port, slow=0))
    found = []
    for _ in range(ROUNDS):
        alone, beside = (asyncio.run(measure(demo, port, slow=slow)) for slow in (0, SLOW))
        assert not alone.errors + beside.errors, alone.first_error or beside.first_error
        found.append(
            {"alone_p99_ms": alone.p99_ms, "beside_p99_ms": beside.p99_ms, "alone": alone.requests, "beside": beside.requests}
        )
        print(found[-1], flush=True)
    return found


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="leadwright-slow-") as folder:
        exchange = fresh_exchange(Path(folder) / "home", **WITHOUT_LIMITS)
        try:
            exchange.start()
            found = rounds(exchange.demo(), exchange.port)
        finally:
            exchange.reset()
    ratio = median(one["beside_p99_ms"] / one["alone_p99_ms"] for one in found)
    RESULTS.write_text(
        json.dumps({"ratio": round(ratio, 3), "bar": RATIO_MAX, "slow_clients": SLOW, "rounds": found}, indent=1) + "\n"
    )
    print(f"p99 beside {SLOW} slow clients: {ratio:.2f} times its own (bar {RATIO_MAX}); written to {RESULTS}")
    return 0 if ratio <= RATIO_MAX else 1


if __name__ == "__main__":
    sys.exit(main())

"""The live pool as it runs: granian, real sockets, the whole way from the journal's announcement to a client."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from accounts import identity
from accounts.services import revoke_key
from tests.cast import Member, join
from tests.reporting.live import announce, auction, clean_up, keys, ping_key, store

pytestmark = pytest.mark.services
ROOT = Path(__file__).resolve().parents[2]
SOCKETS, ROUNDS = 60, 40


@pytest.fixture
def member(django_db_setup: None, django_db_blocker: Any) -> Iterator[Member]:
    identity.forget_keys()
    with django_db_blocker.unblock():
        join("house", "operator")
        yield join("live-publisher", "publisher")
        clean_up()


@pytest.fixture
def port(member: Member) -> Iterator[int]:
    """Start the pool with the supervisor's options on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    tests_database = settings.DATABASES["default"]["NAME"]
    environment = {**os.environ, "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{tests_database}"}
    options = ["--interface", "asgi", "--ws", "--host", "127.0.0.1", "--http", "1", "--log-level", "warning", "--workers", "1"]
    command = [sys.executable, "-m", "granian", "config.asgi:application", *options, "--port", str(number)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(number)
        yield number
        assert server.poll() is None
    finally:
        server.terminate()
        try:
            assert server.wait(30) == 0
        finally:
            server.kill()


def _wait_for(port: int) -> None:
    for _ in range(1200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ws/")
            answer = connection.getresponse()
            found = (answer.status, answer.headers["Content-Type"])
        except OSError:
            time.sleep(0.05)
        else:
            assert found == (426, "application/problem+json")
            return
        finally:
            connection.close()
    raise AssertionError("the live pool did not start")


def test_from_announcement_to_clients(member: Member, port: int) -> None:
    old, new = auction(member.organization_id), auction(member.organization_id)
    store(old)

    async def run() -> None:
        url = f"http://127.0.0.1:{port}/ws/auctions"
        async with aiohttp.ClientSession() as session:
            by_header = await session.ws_connect(url, headers=member.headers)
            by_protocol = await session.ws_connect(url, protocols=[f"lx.{member.key}"])
            assert by_protocol.protocol == f"lx.{member.key}"
            for opened in (by_header, by_protocol):
                first = await opened.receive_json(timeout=5)
                assert (first["seq"], keys(first["snapshot"])) == (0, [ping_key(old)])
            await sync_to_async(announce)(new)
            for opened in (by_header, by_protocol):
                assert keys((await opened.receive_json(timeout=5))["events"]) == [ping_key(new)]
            await _refused(session, url)
            await sync_to_async(revoke_key)(organization_id=member.organization_id, key_id=member.key_id, actor="system:test")
            for opened in (by_header, by_protocol):
                closing = await opened.receive(timeout=6)
                assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 4401)
            await sync_to_async(_close_connections)()

    asyncio.run(run())


async def _refused(session: aiohttp.ClientSession, url: str) -> None:
    opened = await session.ws_connect(url, headers={"Authorization": "Bearer lx_live_wrong"})
    closing = await opened.receive(timeout=5)
    assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 4401)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def test_many_sockets_get_every_event(member: Member, port: int) -> None:
    records = [auction(member.organization_id) for _ in range(ROUNDS)]

    async def run() -> list[float]:
        delays: list[float] = []
        sent: dict[str, float] = {}
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}/ws/auctions"
            opened = [await session.ws_connect(url, headers=member.headers) for _ in range(SOCKETS)]
            for one in opened:
                assert (await one.receive_json(timeout=10))["snapshot"] == []
            readers = [asyncio.create_task(_read(one, sent, delays)) for one in opened]
            for record in records:
                sent[ping_key(record)] = time.monotonic()
                await asyncio.to_thread(announce, record)
                await asyncio.sleep(1 / 30)
            got = await asyncio.wait_for(asyncio.gather(*readers), 20)
            for one in opened:
                await one.close()
        assert got == [[ping_key(record) for record in records]] * SOCKETS
        return sorted(delays)

    delays = asyncio.run(run())
    assert len(delays) == SOCKETS * ROUNDS
    # Up to a quarter of a second is the frame's own pace.
    assert delays[int(len(delays) * 0.99)] < 0.6


async def _read(opened: aiohttp.ClientWebSocketResponse, sent: dict[str, float], delays: list[float]) -> list[str]:
    got: list[str] = []
    while len(got) < ROUNDS:
        frame = await opened.receive_json(timeout=15)
        now = time.monotonic()
        fresh = keys(frame["events"])
        delays.extend(now - sent[key] for key in fresh)
        got += fresh
    return got

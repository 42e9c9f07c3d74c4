"""Websockets of the live pool: /ws/auctions, and what answers everything else that comes there.

Frames are JSON. On every connect, and whenever frames were lost: {"seq": n, "snapshot": [newest rows]}; then {"seq": n + 1,
"events": [...]} at most four times a second. An event is a row, or what changed of the row with the same `key`: merge it in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from accounts.core.errors import Problem
from accounts.identity import Caller
from accounts.tenancy import act_as
from exchange.auction import snapshot
from reporting.admission import CLOSE_FAILED, CLOSE_NOWHERE, CLOSE_TRY_AGAIN, admit, close_code, credential_of, subprotocol_of
from reporting.core.news import Event
from reporting.hub import Hub, Seat, close_hub, hub_of_this_loop
from reporting.selectors import latest_of

log = logging.getLogger(__name__)
SNAPSHOT_ROWS = 50

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Farewell:
    """How we close a socket."""

    code: int
    reason: str


class AuctionsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One live socket. The organization comes from the key, never from the address or a message."""

    channel_layer_alias = "none"  # the hub delivers; a channel layer would poll Valkey for each socket

    hub: Hub
    farewell: asyncio.Future[Farewell]
    seat: Seat | None = None
    pump: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one socket until its client leaves or we close it; however it ends, its place is given back.

        Reading stops before we close: granian keeps a close waiting for as long as a read waits for the client.
        """
        self.farewell = asyncio.get_running_loop().create_future()
        reading = asyncio.create_task(super().__call__(scope, receive, send))
        try:
            await asyncio.wait({reading, self.farewell}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._leave(reading)
        if self.farewell.done():
            await self.close(code=self.farewell.result().code, reason=self.farewell.result().reason)
        else:
            reading.result()

    async def _leave(self, reading: asyncio.Task[None]) -> None:
        if self.seat is not None:
            self.hub.leave(self.seat)
        tasks = [task for task in (reading, self.pump) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def connect(self) -> None:
        """Accept, then check: a socket refused in the handshake could not be told why."""
        credential = credential_of(self.scope)
        await self.accept(subprotocol=subprotocol_of(self.scope))
        try:
            caller = await database_sync_to_async(admit)(credential)
        except Problem as problem:
            self._say_farewell(close_code(problem), problem.code)
        except (DatabaseError, InterfaceError):
            self._say_farewell(CLOSE_TRY_AGAIN, "unavailable")
        else:
            self.hub = hub_of_this_loop()
            self.seat = await self.hub.join(caller, credential)
            self.pump = asyncio.create_task(self._pump(self.seat))

    def _say_farewell(self, code: int, reason: str) -> None:
        if not self.farewell.done():
            self.farewell.set_result(Farewell(code, reason))

    async def _pump(self, seat: Seat) -> None:
        try:
            await self._send_snapshot(seat)
            while True:
                item = await seat.next()
                if isinstance(item, str):
                    await self.send(text_data=item)
                elif item.close_code is None:
                    await self._send_snapshot(seat)
                else:
                    self._say_farewell(item.close_code, "the key is no longer good")
                    return
        except (DatabaseError, InterfaceError):
            self._say_farewell(CLOSE_TRY_AGAIN, "unavailable")
        except Exception:
            log.exception("a live socket could not be served")
            self._say_farewell(CLOSE_FAILED, "internal")

    async def _send_snapshot(self, seat: Seat) -> None:
        seq = seat.rebase()
        rows = await database_sync_to_async(_rows_of)(seat.caller)
        await self.send(text_data=msgspec.json.encode({"seq": seq, "snapshot": rows}).decode())


class NowhereConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A websocket to an address that does not exist."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        """Say so."""
        await self.accept()
        await self.close(code=CLOSE_NOWHERE, reason="not_found")


def _rows_of(caller: Caller) -> list[Event]:
    with act_as(caller.organization_id):
        return latest_of(caller, SNAPSHOT_ROWS, market=snapshot.known(caller.mode))


UPGRADE = {"type": "about:blank", "title": "Upgrade required", "status": 426, "detail": "Only websockets are served here."}


async def answer_http(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer a plain request: this pool speaks websocket only. The supervisor's health gate asks here too."""
    headers = [(b"content-type", b"application/problem+json"), (b"upgrade", b"websocket"), (b"connection", b"upgrade")]
    await send({"type": "http.response.start", "status": UPGRADE["status"], "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(UPGRADE)})


async def live_and_die(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Follow the server's lifespan: nothing to start, the hub to stop."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await close_hub()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "lifespan.startup.complete"})

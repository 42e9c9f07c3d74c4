"""One lead through the public API, step by step: what `make run` shows when the exchange is ready."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from accounts.core.clock import utc_now
from demo.access import demo_file
from demo.samples import sample_post

DELIVERY_WAIT_SECONDS = 15.0
ENTRIES_SEEN = 100
JOURNAL_WAIT_SECONDS = 10.0


class NotSold(Exception):
    """A step of the sale did not end as it should; the text names it."""


class Api:
    """The public API with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        """Keep address and key."""
        self.base_url, self.key = base_url, key

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any], float]:
        """Give status, body and milliseconds; raises NotSold when nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection = _connection(self.base_url)
        began = time.perf_counter()
        try:
            connection.request(method, path, body=data, headers=headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NotSold(f"{method} {path}: nobody answers at {self.base_url} ({error}). Try: make logs") from error
        finally:
            connection.close()
        return status, json.loads(text or b"{}"), (time.perf_counter() - began) * 1000


def _connection(base_url: str) -> http.client.HTTPConnection:
    parts = urlsplit(base_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "127.0.0.1", parts.port, timeout=10)


def show_first_sale() -> Iterator[str]:
    """Sell the sample lead and yield a line per step; raises NotSold."""
    access = json.loads(demo_file().read_text())
    publisher, operator = (Api(settings.BASE_URL, access[name]) for name in ("publisher_key", "operator_key"))
    advertiser = Api(settings.BASE_URL, access["advertiser_key"])
    status, ping, ms = publisher.call("POST", "/api/v1/pings", access["sample_ping"])
    if status != 200 or ping.get("status") != "quoted":
        raise NotSold(f"the ping got no quote: {status} {json.dumps(ping)}")
    quote = ping["quotes"][0]
    yield f"ping      {ping['id']}  roofing, 78701   {ms:6.1f} ms"
    yield from _bids(operator, ping["id"])
    yield f"quote     {_money(quote['payout'])} to the publisher, firm until {quote['expires_at']}"
    status, post, ms = publisher.call("POST", "/api/v1/posts", {"ping_id": ping["id"], **sample_post(utc_now())})
    if status != 201 or post.get("status") != "sold":
        raise NotSold(f"the post was not sold: {status} {json.dumps(post)}")
    yield f"sale      {post['lead_id']}  {post['status']} for {_money(post['payout'])}   {ms:6.1f} ms"
    yield from _ledger(quote["id"], advertiser=advertiser, publisher=publisher, exchange=operator)
    yield _delivery(advertiser, post["lead_id"])


def _bids(operator: Api, ping_id: str) -> Iterator[str]:
    seen = _until(JOURNAL_WAIT_SECONDS, lambda: _traced(operator.call("GET", f"/api/v1/pings/{ping_id}")))
    if seen is None:
        raise NotSold(f"the journal did not bring {ping_id} into the database. Try: make logs")
    for bid in seen["trace"]["bids"]:
        reason = bid["reason"] or {"code": "won"}
        detail = f" ({reason['detail']})" if reason.get("detail") else ""
        yield f"bid       {_money(bid['bid'])}  {bid['campaign_id']}  {reason['code']}{detail}"
    for reason in seen["reasons"]:
        yield f"no bid    {reason['count']} campaign(s): {reason['code']} {reason.get('detail', '')}".rstrip()


def _ledger(quote_id: str, **parties: Api) -> Iterator[str]:
    for who, api in parties.items():
        status, page, _ = api.call("GET", f"/api/v1/ledger/entries?limit={ENTRIES_SEEN}")
        # Others trade at the same time: the newest entry need not be ours.
        mine = [entry for entry in page["data"] if entry["quote_id"] == quote_id] if status == 200 else []
        if not mine:
            raise NotSold(f"the ledger of the {who} has no entry of {quote_id}: {status}")
        yield f"ledger    {who:10} {mine[0]['kind']} {_money(mine[0]['amount'])}"


def _delivery(advertiser: Api, lead_id: str) -> str:
    began = time.perf_counter()
    accepted = _until(DELIVERY_WAIT_SECONDS, lambda: _accepted(advertiser.call("GET", f"/api/v1/leads/{lead_id}")))
    if accepted is None:
        raise NotSold(f"the lead {lead_id} was sold but not delivered within {DELIVERY_WAIT_SECONDS:.0f} s. Try: make logs")
    return f"delivery  accepted by the buyer   {(time.perf_counter() - began) * 1000:6.1f} ms after the sale"


def _found(answer: tuple[int, dict[str, Any], float], member: str) -> dict[str, Any] | None:
    return answer[1] if answer[0] == 200 and member in answer[1] else None


def _traced(answer: tuple[int, dict[str, Any], float]) -> dict[str, Any] | None:
    body = _found(answer, "trace")
    return body if body and "bids" in body["trace"] else None


def _accepted(answer: tuple[int, dict[str, Any], float]) -> dict[str, Any] | None:
    body = _found(answer, "deliveries")
    states = [delivery["state"] for delivery in body["deliveries"]] if body else []
    return body if states == ["accepted"] else None


def _until(seconds: float, ask: Any) -> dict[str, Any] | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: dict[str, Any] | None = ask()
        if found is not None:
            return found
        time.sleep(0.05)
    return None


def _money(amount: dict[str, str]) -> str:
    return f"{amount['amount']} {amount['currency']}"

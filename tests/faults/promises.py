"""Checks after a disaster: every promise kept, nothing sold twice, every cent where it belongs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.market_client import MarketClient
from benchmarks.replay_csv import contact_hashes
from tests.faults.load import Load, Promise, settled
from tests.faults.own_exchange import OwnExchange

REPEATED_MAX = 200
PAGE = 200


def broken_promises(exchange: OwnExchange, load: Load) -> list[str]:
    """Say everything that is not as promised; empty when all is well. Posts that had no answer get theirs first."""
    faults = list(load.faults)
    with MarketClient(base_url=load.demo.base_url, key=load.demo.publisher_key) as client:
        faults += _late_answers(client, load)
        faults += _missing_leads(client, load.promises)
        faults += _changed_answers(client, load.promises)
        faults += _sold_twice(client, load.promises)
        faults += _offered_again(client, load)
    return faults + clean_books(exchange)


def _late_answers(client: MarketClient, load: Load) -> list[str]:
    faults = []
    for body in load.unanswered:
        answer = settled(client, body, 30)
        found = answer.json() if answer is not None else None
        if answer is not None and answer.status == 201:
            load.promises.append(Promise(body, found))
        elif answer is None or (answer.status, found.get("code")) != (409, "quote_expired"):
            faults.append(f"a post without an answer got {answer and answer.status} later: {found}")
    return faults


def _missing_leads(client: MarketClient, promises: Sequence[Promise]) -> list[str]:
    faults = []
    for promise in promises:
        answer = client.get(f"/api/v1/leads/{promise.lead_id}")
        found = answer.json() or {}
        if answer.status != 200 or _id_of(found) != promise.lead_id or found.get("status") != promise.answer["status"]:
            faults.append(f"lead {promise.lead_id} ({promise.answer['status']}) is {answer.status} {found.get('status')}")
    return faults


def _changed_answers(client: MarketClient, promises: Sequence[Promise]) -> list[str]:
    faults = []
    for promise in promises[-REPEATED_MAX:]:
        answer = settled(client, promise.post, 30)
        if answer is None or answer.status != 201 or answer.json() != promise.answer:
            faults.append(f"repeated post of {promise.lead_id} now says {answer and (answer.status, answer.json())}")
    return faults


def _sold_twice(client: MarketClient, promises: Sequence[Promise]) -> list[str]:
    quotes = Counter(leg["quote_id"] for promise in promises for leg in promise.answer["legs"] if leg["status"] == "sold")
    leads = Counter(promise.lead_id for promise in promises)
    sales = list_all(client, "/api/v1/sales")
    of_quote = Counter(sale["quote_id"] for sale in sales if "quote_id" in sale)
    faults = [f"{key} promised {count} times" for key, count in (quotes + leads).items() if count > 1]
    faults += [f"{quote} has {count} sales" for quote, count in of_quote.items() if count > 1]
    sold_leads = {sale["lead_id"] for sale in sales}
    sold = [promise.lead_id for promise in promises if promise.answer["status"] == "sold"]
    return faults + [f"lead {lead_id} was sold but has no sale" for lead_id in sold if lead_id not in sold_leads]


def _offered_again(client: MarketClient, load: Load) -> list[str]:
    """The load's own campaign takes nobody twice: a person it has bought is a duplicate, however many processes died since."""
    faults = []
    for promise in [promise for promise in load.promises if promise.answer["status"] == "sold"][:REPEATED_MAX]:
        hashes = contact_hashes(promise.post["contact"])
        answer = client.post("/api/v1/pings", {**load.demo.sample_ping, **load.ping, "contact_hashes": hashes})
        found = answer.json() or {}
        if "duplicate" not in {reason["code"] for reason in found.get("reasons", ())}:
            faults.append(f"the person of {promise.lead_id} is no duplicate any more: {answer.status} {found.get('status')}")
    return faults


def list_all(client: MarketClient, path: str) -> list[Mapping[str, Any]]:
    """Read every page of a list."""
    rows: list[Mapping[str, Any]] = []
    cursor = ""
    while True:
        joint = "&" if "?" in path else "?"
        answer = client.get(f"{path}{joint}limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        found = answer.json()
        assert answer.status == 200, f"{path} answered {answer.status}: {found}"
        rows += found["data"]
        if not found["has_more"]:
            return rows
        cursor = found["next_cursor"]


def clean_books(exchange: OwnExchange) -> list[str]:
    """Ask the exchange's own checks: the ledger, and the counters against the ledger."""
    ledger, counters = exchange.manage("ledger_check"), exchange.manage("reconcile")
    faults = []
    if ledger.returncode != 0:
        faults.append(f"ledger_check ended with {ledger.returncode}: {(ledger.stdout + ledger.stderr)[-2000:]}")
    if counters.returncode != 0 or counters.stdout.strip() != "no difference":
        faults.append(f"reconcile ended with {counters.returncode}: {(counters.stdout + counters.stderr)[-2000:]}")
    return faults


def _id_of(found: Mapping[str, Any]) -> str:
    return str(found.get("id") or found.get("lead_id") or "")

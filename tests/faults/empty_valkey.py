"""The durable Valkey loses its disk: stopped, emptied, started; counters, duplicates and quotes come back from PostgreSQL."""

from __future__ import annotations

import copy
import secrets
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import made_up
from benchmarks.market_client import MarketClient
from benchmarks.replay_csv import contact_hashes
from tests.faults.load import post_for, settled
from tests.faults.own_exchange import OwnExchange
from tests.faults.promises import clean_books
from tests.races.own_market import open_market

JOURNAL_SECONDS = 3.0  # an answered quote is in PostgreSQL well within this time


def lose_valkey(exchange: OwnExchange) -> list[str]:
    """Sell a lead, quote a second one, lose the disk; gives everything that was forgotten."""
    demo = exchange.demo()
    ping = open_market(demo, dedupe_days=30)
    sold_person, quoted_person = (made_up.contact(secrets.randbits(62)) for _ in range(2))
    with MarketClient(base_url=demo.base_url, key=demo.publisher_key) as client:
        sold = settled(client, post_for(demo, sold_person, _quoted(client, ping, sold_person)))
        assert sold is not None, "no answer to a post before the loss"
        assert sold.json()["status"] == "sold", f"no sale before the loss: {sold.json()}"
        waiting = _quoted(client, ping, quoted_person)
    time.sleep(JOURNAL_SECONDS)
    exchange.stop()
    _empty(exchange.folder / "valkey" / "durable")
    exchange.start()
    faults = []
    with MarketClient(base_url=demo.base_url, key=demo.publisher_key) as client:
        again = _ping(client, ping, sold_person)
        if "duplicate" not in {reason["code"] for reason in again["reasons"]}:
            faults.append(f"after the loss a sold person is no duplicate: {again}")
        posted = settled(client, post_for(demo, quoted_person, waiting), 30)
    found = posted.json() if posted is not None else {}
    if found.get("status") != "sold" and not _is_over(waiting):
        faults.append(f"after the loss an open quote could not be posted: {found}")
    return faults + clean_books(exchange)


def _is_over(quoted: Mapping[str, Any]) -> bool:
    """Tell whether a slow machine took longer to start than a quote lives: then 409 is the right answer."""
    return all(datetime.fromisoformat(quote["expires_at"]) < datetime.now(UTC) for quote in quoted["quotes"])


def _empty(folder: Path) -> None:
    gone = [path for path in folder.iterdir() if path.name != "valkey.conf"]
    assert gone, f"nothing to lose in {folder}"
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _quoted(client: MarketClient, sample: Mapping[str, Any], person: Mapping[str, str]) -> Mapping[str, Any]:
    found = _ping(client, sample, person)
    assert found["status"] == "quoted", found
    return found


def _ping(client: MarketClient, sample: Mapping[str, Any], person: Mapping[str, str]) -> Mapping[str, Any]:
    body = {**copy.deepcopy(dict(sample)), "contact_hashes": contact_hashes(person)}
    answer = client.post("/api/v1/pings", body)
    found = answer.json()
    assert answer.status == 200, f"ping answered {answer.status}: {found}"
    return dict(found)

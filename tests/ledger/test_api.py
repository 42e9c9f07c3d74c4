"""GET /api/v1/ledger/balance and /entries with real keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.core.ids import encode
from accounts.services import issue_key
from tests.ledger.conftest import ACTOR, Cast, written

pytestmark = pytest.mark.services


def get(organization_id: UUID, path: str, scopes: tuple[str, ...] = ("ledger:read",)) -> tuple[int, dict[str, Any]]:
    key = issue_key(organization_id=organization_id, name="test", actor=ACTOR, scopes=scopes).key
    answer = Client().get(f"/api/v1/ledger/{path}", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def test_balance_of_an_advertiser(cast: Cast) -> None:
    cast.deposit(100)
    cast.capture(price=25)
    wallet = {
        "id": encode("account", cast.wallet), "kind": "wallet", "balance": usd("75.00"),
        "credit_limit": usd("0.00"), "spent": usd("25.00"), "unspent": usd("75.00"),
    }  # fmt: skip
    assert get(cast.advertiser.id, "balance") == (200, {"accounts": [wallet]})


def test_balance_of_a_publisher(cast: Cast) -> None:
    cast.capture(price=25, payout=20)
    payable = {"id": encode("account", cast.payable), "kind": "payable", "balance": usd("20.00")}
    assert get(cast.publisher.id, "balance") == (200, {"accounts": [payable]})


def test_entries_come_in_pages(cast: Cast) -> None:
    cast.deposit(100)
    quotes = [cast.capture(price=price) for price in (21, 22, 23)]
    status, first = get(cast.advertiser.id, "entries?limit=2")
    assert (status, first["has_more"]) == (200, True)
    assert [row["amount"] for row in first["data"]] == [usd("-23.00"), usd("-22.00")]
    _, second = get(cast.advertiser.id, f"entries?limit=2&cursor={first['next_cursor']}")
    assert [row["amount"] for row in second["data"]] == [usd("-21.00"), usd("100.00")]
    assert (second["has_more"], second["next_cursor"]) == (False, None)
    shown = [row["quote_id"] for row in first["data"] + second["data"]]
    assert shown == [encode("quote", quote_id) for quote_id in reversed(quotes)] + [None]


def test_an_entry_in_full(cast: Cast) -> None:
    quote_id = cast.capture(price=25, payout=20)
    _, page = get(cast.publisher.id, "entries?kind=capture&account_kind=payable")
    (row,) = page["data"]
    assert row.pop("id")[:4] == "ent_"
    assert row.pop("event_id")[:4] == "evt_"
    assert row == {
        "account_id": encode("account", cast.payable), "account_kind": "payable", "kind": "capture", "amount": usd("20.00"),
        "quote_id": encode("quote", quote_id), "occurred_at": "2026-03-01T12:00:00.000Z",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["balance", "entries"])
def test_a_key_without_the_scope_reads_nothing(cast: Cast, path: str) -> None:
    before = written()
    status, problem = get(cast.advertiser.id, path, scopes=("leads:read",))
    assert (status, problem["code"], "accounts" in problem, "data" in problem) == (403, "forbidden", False, False)
    assert written()[:2] == before[:2]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("kind=gift", "/kind"),
        ("account_kind=x", "/account_kind"),
        ("limit=0", "/limit"),
        ("cursor=ent_1", "/cursor"),
        ("cursor=evt_", "/cursor"),
    ],
)
def test_a_bad_query_is_named(cast: Cast, query: str, pointer: str) -> None:
    status, problem = get(cast.advertiser.id, f"entries?{query}")
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_request", pointer)


def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(cast: Cast) -> None:
    cast.deposit(100)
    for price in (21, 22):
        cast.capture(price=price)
    _, theirs = get(cast.advertiser.id, "entries?limit=1")
    status, page = get(cast.publisher.id, f"entries?cursor={theirs['next_cursor']}")
    assert status == 200
    assert {row["account_kind"] for row in page["data"]} <= {"payable"}


@pytest.mark.parametrize("path", ["balance", "entries"])
def test_without_a_key_nothing_is_told(committed: None, path: str) -> None:
    answer = Client().get(f"/api/v1/ledger/{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

"""The sandbox: every magic zip from ping to post through test keys, and a wall between play money and real money."""

from __future__ import annotations

import time
from typing import Any

import pytest

from accounts.core.ids import decode
from accounts.ledger.books import check_books
from accounts.ledger.models import Account, Entry
from accounts.tenancy import act_as_exchange
from campaigns.core.fields import Field
from campaigns.verticals import load_verticals
from exchange.auction import snapshot
from exchange.auction.journal import Journal
from exchange.auction.models import QuoteSettlement, Sale, SaleSide
from exchange.auction.store import counters
from exchange.delivery.models import Delivery
from exchange.intake.models import Lead
from tests.cast import Member, join
from tests.flow.conftest import LEAD, Market, person

pytestmark = [pytest.mark.services, pytest.mark.django_db]
XTS = {"currency": "XTS"}
PRICE, PAYOUT = 31_250_000, {"amount": "25.00", "currency": "XTS"}
MADE = (Lead, Sale, SaleSide, Delivery, QuoteSettlement, Entry)


def stored() -> dict[str, int]:
    with act_as_exchange("look"):
        return {model.__name__: model.objects.count() for model in MADE}


NOTHING = dict.fromkeys((model.__name__ for model in MADE), 0)


class Developer:
    """A publisher's developer: one test key and what it calls."""

    def __init__(self, market: Market, member: Member) -> None:
        self.client, self.member = market.client, member
        self.source = ""

    def send(self, path: str, body: Any, **headers: str) -> Any:
        headers = {**self.member.test_headers, **headers}
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.member.test_headers)

    def ping(self, zip_code: str, **changes: Any) -> Any:
        lead = {**LEAD, "zip": zip_code}
        return self.send("pings", {"source": self.source, "vertical": "home.roofing", "lead": lead, **changes})

    def post(self, ping_id: str, number: int = 1, **changes: Any) -> Any:
        return self.send("posts", {"ping_id": ping_id, **person(number), **changes})


@pytest.fixture
def developer(sandbox: Market) -> Developer:
    """A publisher that has just signed up: nothing was prepared for it but what accounts.services does."""
    made = Developer(sandbox, join("newcomer", "publisher"))
    with sandbox.capture(execute=True):
        made.source = made.send("sources", {"name": "Test form"}).json()["id"]
    snapshot.refresh()
    return made


@pytest.mark.parametrize("zip_code", ["00001", "00008"])
def test_a_lead_is_sold_at_exactly_25(developer: Developer, zip_code: str) -> None:
    began = time.monotonic()
    answer = developer.ping(zip_code)
    slow = time.monotonic() - began >= 0.9
    quoted = answer.json()
    assert (answer.status_code, quoted["status"], quoted["reasons"]) == (200, "quoted", [])
    assert [(one["payout"], one["pricing"], one["exclusive"]) for one in quoted["quotes"]] == [(PAYOUT, "first_price", True)]
    answer = developer.post(quoted["id"])
    sold = answer.json()
    assert (answer.status_code, sold["status"], sold["payout"], sold["reasons"]) == (201, "sold", PAYOUT, [])
    assert [(leg["status"], leg["payout"]) for leg in sold["legs"]] == [("sold", PAYOUT)]
    assert stored() == {"Lead": 1, "Sale": 1, "SaleSide": 2, "Delivery": 1, "QuoteSettlement": 1, "Entry": 3 + 2}
    assert slow is (zip_code == "00008")


def test_any_other_zip_is_sold_to_the_house(developer: Developer) -> None:
    quoted = developer.ping("78701").json()
    assert [one["payout"] for one in quoted["quotes"]] == [{"amount": "10.00", "currency": "XTS"}]
    assert developer.post(quoted["id"]).json()["status"] == "sold"


@pytest.mark.parametrize(
    ("zip_code", "reasons"),
    [
        ("00002", [{"code": "no_campaign", "detail": "no campaign buys this vertical now", "count": 1}]),
        ("00003", [{"code": "filtered", "detail": "", "count": 2}]),
        ("00004", [{"code": "duplicate", "detail": "", "count": 2}]),
        ("00005", [{"code": "remote_timeout", "detail": "", "count": 2}]),
    ],
)
def test_nobody_buys_for_a_known_reason(developer: Developer, zip_code: str, reasons: list[Any]) -> None:
    answer = developer.ping(zip_code)
    body = answer.json()
    assert (answer.status_code, body["status"], body["quotes"]) == (200, "no_bid", [])
    assert body["reasons"] == reasons
    Journal([counters(mode) for mode in snapshot.MODES]).drain()
    refused = developer.post(body["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert stored() == {**NOTHING, "Entry": 2}
    lead = {
        "source": developer.source,
        "vertical": "home.roofing",
        "lead": {**LEAD, "zip": zip_code},
        **person(),
        "external_id": "x",
    }
    direct = developer.send("leads", lead)
    assert (direct.status_code, direct.json()["status"], direct.json()["legs"]) == (201, "rejected", [])
    assert direct.json()["reasons"] == reasons
    assert stored() == {**NOTHING, "Entry": 2, "Lead": 1}


def test_consent_is_refused_at_the_post(developer: Developer) -> None:
    quoted = developer.ping("00006").json()
    assert [one["payout"] for one in quoted["quotes"]] == [PAYOUT]
    answer = developer.post(quoted["id"])
    body = answer.json()
    assert (answer.status_code, body["status"], body["payout"]) == (201, "rejected", {"amount": "0.00", "currency": "XTS"})
    assert [(leg["status"], leg["reasons"]) for leg in body["legs"]] == [("refused", [{"code": "consent_scope"}])]
    assert stored() == {**NOTHING, "Lead": 1, "QuoteSettlement": 1, "Entry": 2}


def test_a_rate_limit_is_rehearsed_and_nothing_is_stored(developer: Developer) -> None:
    before = counters("test").client.dbsize()
    answer = developer.ping("00007")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "rate_limited", "1")
    assert counters("test").client.dbsize() == before
    assert stored() == {**NOTHING, "Entry": 2}
    # The limits themselves are far away, and told all the same.
    assert answer["RateLimit-Policy"] == '"key";q=1000;w=2, "source";q=1000;w=2'
    assert answer["RateLimit"].startswith('"key";r=')


@pytest.mark.parametrize("slug", sorted(load_verticals()))
def test_each_vertical_has_its_house_buyer(developer: Developer, slug: str) -> None:
    fields = load_verticals()[slug].fields.values()
    lead = {field.name: _any(field) for field in fields if field.required and field.stage == "ping"} | {"zip": "00001"}
    quoted = developer.send("pings", {"source": developer.source, "vertical": slug, "lead": lead}).json()
    assert [one["payout"] for one in quoted["quotes"]] == [PAYOUT], quoted


def _any(field: Field) -> Any:
    """Give some value that a field takes."""
    entry = {name: _any(item) for name, item in field.items.items() if item.required}
    known = {"boolean": True, "integer": 1, "number": 1, "zip": "00001", "state": "TX", "text": "any", "list": [entry]}
    if field.kind == "choice":
        return field.choices[0]
    return max(known[field.kind], int(field.minimum)) if field.minimum is not None else known[field.kind]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sub_id6": "x"}, "/sub_id6"),
        ({"a/b~c": "x"}, "/a~1b~0c"),
        ({"behaviour": {"pages": 3}}, "/behaviour/pages"),
        ({"behaviour": {"events": [{"action": "view"}, {"action": "view", "when": "now"}]}}, "/behaviour/events/1/when"),
        ({"touchpoints": [{"channel": "search", "cost": 1}]}, "/touchpoints/0/cost"),
        ({"min_price": {"amount": "1.00", "currency": "XTS", "note": ""}}, "/min_price/note"),
    ],
)
def test_unknown_fields_are_refused_here_and_ignored_live(
    developer: Developer, sandbox: Market, changes: Any, pointer: str
) -> None:
    answer = developer.ping("00001", **changes)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, "unknown_field")]
    lead = {"source": developer.source, "vertical": "home.roofing", "lead": {**LEAD, "zip": "00001"}, **person(), **changes}
    assert [error["pointer"] for error in developer.send("leads", {**lead, "external_id": "1"}).json()["errors"]] == [pointer]
    live = changes if "min_price" not in changes else {"min_price": {"amount": "1.00", "currency": "USD", "note": ""}}
    assert sandbox.ping(**live).status_code == 200
    assert stored() == {**NOTHING, "Entry": 2}


def test_unknown_fields_of_a_post(developer: Developer, sandbox: Market) -> None:
    quoted = developer.ping("00001").json()
    refused = developer.post(quoted["id"], nonsense=1)
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/nonsense", "unknown_field")]
    assert developer.post(quoted["id"]).json()["status"] == "sold"
    sandbox.fund(sandbox.bob, "1000.00")
    sandbox.publish(sandbox.bob, "Bob's roofs", "50.00")
    assert sandbox.post(sandbox.ping().json()["id"], nonsense=1).json()["status"] == "sold"


@pytest.mark.parametrize("zip_code", ["00001", "00002", "00007"])
def test_magic_zips_do_not_exist_live(sandbox: Market, zip_code: str) -> None:
    answer = sandbox.ping(lead={**LEAD, "zip": zip_code})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/lead/zip"]


def test_live_and_test_keys_see_nothing_of_each_other(developer: Developer, sandbox: Market) -> None:
    market, newcomer = sandbox, developer.member
    sold = developer.post(developer.ping("00001").json()["id"]).json()
    open_ping = developer.ping("00001").json()["id"]
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Bob's roofs", "50.00")
    live_ping = market.ping().json()["id"]
    live_lead = market.post(market.ping().json()["id"]).json()["lead_id"]
    Journal([counters(mode) for mode in snapshot.MODES]).drain()
    theirs = [f"pings/{open_ping}", f"leads/{sold['lead_id']}", f"sources/{developer.source}"]
    for path in theirs:
        assert developer.get(path).status_code == 200
        assert market.client.get(f"/api/v1/{path}", headers=newcomer.headers).status_code == 404
    for path in (f"pings/{live_ping}", f"leads/{live_lead}", f"sources/{market.source}"):
        assert market.client.get(f"/api/v1/{path}", headers=market.alice.headers).status_code == 200
        assert market.client.get(f"/api/v1/{path}", headers=market.alice.test_headers).status_code == 404
    before = stored()
    assert market.post(open_ping, newcomer).status_code == 404
    assert market.ping(newcomer, source=developer.source).status_code == 404
    assert developer.post(live_ping).status_code == 404
    assert developer.ping("00001", source=market.source).status_code == 404
    for path in ("sources", "sales", "ledger/entries"):
        assert market.client.get(f"/api/v1/{path}", headers=newcomer.headers).json()["data"] == []
        assert market.client.get(f"/api/v1/{path}", headers=market.alice.test_headers).json()["data"] == []
    assert stored() == before


def test_play_money_stays_play_money(developer: Developer, sandbox: Market) -> None:
    assert developer.get("me").json()["mode"] == "test"
    assert developer.get("me").json()["currency"] == "XTS"
    assert developer.ping("00001", min_price={"amount": "1.00", "currency": "USD"}).status_code == 422
    assert developer.post(developer.ping("00001").json()["id"]).json()["status"] == "sold"
    accounts = developer.get("ledger/balance").json()["accounts"]
    assert [(one["kind"], one["balance"]) for one in accounts] == [("payable", PAYOUT)]
    entries = developer.get("ledger/entries").json()["data"]
    assert [(one["kind"], one["amount"]) for one in entries] == [("capture", PAYOUT)]
    with act_as_exchange("look"):
        assert set(Entry.objects.values_list("currency", flat=True)) == {"XTS"}
        moved = {one.account.kind: one.amount for one in Entry.objects.select_related("account").filter(kind="capture")}
    assert moved == {"wallet": -PRICE, "payable": 25_000_000, "margin": 6_250_000}
    live = counters("live").client
    assert (live.xlen(counters("live").stream), live.xlen(counters("test").stream)) == (0, 1)
    assert check_books() == ()


def test_a_new_organization_has_its_accounts_in_both_modes(sandbox: Market) -> None:
    both = join("both-sides", "both")
    with act_as_exchange("look"):
        rows = Account.objects.filter(organization_id__in=[both.organization_id, both.sandbox_id])
        found = sorted((row.organization_id == both.sandbox_id, row.currency, row.kind) for row in rows)
    assert found == [(False, "USD", "payable"), (False, "USD", "wallet"), (True, "XTS", "payable"), (True, "XTS", "wallet")]


def test_a_test_lead_says_so_to_its_buyer(developer: Developer) -> None:
    from exchange.delivery.selectors import get_payload

    sold = developer.post(developer.ping("00001").json()["id"]).json()
    with act_as_exchange("look"):
        delivery = Delivery.objects.get(lead_id=decode("lead", sold["lead_id"]))
        assert get_payload(delivery.id)["test"] is True

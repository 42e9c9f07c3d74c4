"""Shared, hybrid and second price sales from the ping to the ledger and the deliveries, with real stores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from accounts.core.ids import decode, encode
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account, get_balance, get_house_account
from accounts.tenancy import act_as_exchange
from campaigns.core.fields import Vertical
from campaigns.services import supply
from campaigns.verticals import load_verticals
from exchange.auction import snapshot
from exchange.auction.counters import Counters
from exchange.auction.journal import Journal
from exchange.auction.models import Auction, QuoteSettlement, Sale, SaleSide
from exchange.auction.store import counters
from exchange.core.reading import read_record, steps_out
from exchange.delivery.models import Delivery
from exchange.intake.models import Lead
from tests.cast import Member, join
from tests.flow.conftest import LEAD, Market, person

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000
CROWD = {"20.00": "bob", "18.00": "carol", "16.00": "dave", "12.00": "erin"}


def usd(text: str) -> dict[str, str]:
    return {"amount": text, "currency": "USD"}


def wallet_of(member: Member) -> Any:
    return get_account(organization_id=member.organization_id, kind=AccountKind.WALLET, currency="USD").id


def balance(member: Member, kind: AccountKind = AccountKind.WALLET) -> int:
    with act_as_exchange("look"):
        account = get_account(organization_id=member.organization_id, kind=kind, currency="USD")
        return get_balance(account_id=account.id).balance_amount


def margin() -> int:
    with act_as_exchange("look"):
        house = get_house_account(kind=AccountKind.MARGIN, currency="USD")
        return get_balance(account_id=house.id).balance_amount


def stored() -> dict[str, int]:
    with act_as_exchange("look"):
        return {model.__name__: model.objects.count() for model in (Lead, Sale, SaleSide, Delivery, QuoteSettlement)}


def trace_of(ping_id: str) -> dict[str, Any]:
    """Let the journal carry the auction over, and give its record."""
    Journal([counters("live")]).drain()
    with act_as_exchange("look"):
        record = read_record(Auction.objects.get(ping_id=decode("ping", ping_id)).record)
    read: dict[str, Any] = msgspec.to_builtins(record)
    bids = [bid | {"arithmetic": steps_out(one.arithmetic)} for bid, one in zip(read["bids"], record.bids, strict=True)]
    return read | {"bids": bids}


class Crowd:
    """A market with four advertisers that share, and a fifth that does not."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.cast = {
            "bob": market.bob,
            "carol": market.carol,
            **{name: join(name, "advertiser") for name in ("dave", "erin", "zoe")},
        }
        for member in self.cast.values():
            market.fund(member, "1000.00")

    def publish(self, bids: Mapping[str, str], **draft: Any) -> None:
        for price, name in bids.items():
            self.market.publish(self.cast[name], f"{name} {price}", price, **draft)

    def names(self, quotes: Iterable[Mapping[str, Any]]) -> list[str]:
        known = {encode("organization", one.organization_id): name for name, one in self.cast.items()}
        return [known[quote["advertiser"]["id"]] for quote in quotes]

    def spent(self) -> dict[str, int]:
        """What each advertiser has paid, in micros."""
        return {name: paid for name, member in self.cast.items() if (paid := 1000 * DOLLAR - balance(member))}

    def held(self) -> int:
        return sum(counters("live").balance(wallet_of(member))[2] for member in self.cast.values())


@pytest.fixture
def crowd(market: Market) -> Crowd:
    made = Crowd(market)
    made.publish(CROWD, exclusive=False)
    return made


@pytest.fixture
def second_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let roofs be sold at second price."""
    known = load_verticals()
    changed: Mapping[str, Vertical] = {**known, "home.roofing": replace(known["home.roofing"], pricing="second_price")}
    monkeypatch.setattr(snapshot, "load_verticals", lambda: MappingProxyType(changed))


def test_a_lead_is_sold_to_three_at_once(crowd: Crowd) -> None:
    market = crowd.market
    quoted = market.ping(max_sales=3).json()
    assert crowd.names(quoted["quotes"]) == ["bob", "carol", "dave"]
    assert [quote["payout"]["amount"] for quote in quoted["quotes"]] == ["16.00", "14.40", "12.80"]
    assert quoted["payout"] == usd("43.20")
    assert {quote["exclusive"] for quote in quoted["quotes"]} == {False}
    assert crowd.held() == 54 * DOLLAR
    sold = market.post(quoted["id"]).json()
    assert (sold["status"], sold["payout"], sold["reasons"]) == ("sold", usd("43.20"), [])
    assert [(leg["status"], leg["payout"]) for leg in sold["legs"]] == [("sold", quote["payout"]) for quote in quoted["quotes"]]
    assert stored() == {"Lead": 1, "Sale": 3, "SaleSide": 6, "Delivery": 3, "QuoteSettlement": 3}
    assert crowd.spent() == {"bob": 20 * DOLLAR, "carol": 18 * DOLLAR, "dave": 16 * DOLLAR}
    assert balance(market.alice, AccountKind.PAYABLE) == 43_200_000
    assert margin() == 10_800_000
    assert crowd.held() == 0
    with act_as_exchange("look"):
        buyers = set(Delivery.objects.values_list("organization_id", flat=True))
    assert buyers == {crowd.cast[name].organization_id for name in ("bob", "carol", "dave")}


def test_a_post_against_some_of_its_quotes_sells_those_only(crowd: Crowd) -> None:
    quoted = crowd.market.ping(max_sales=3).json()
    first, _, third = (quote["id"] for quote in quoted["quotes"])
    sold = crowd.market.post(quoted["id"], quote_ids=[third, first]).json()
    assert (sold["payout"], {leg["quote_id"] for leg in sold["legs"]}) == (usd("28.80"), {first, third})
    assert crowd.spent() == {"bob": 20 * DOLLAR, "dave": 16 * DOLLAR}
    assert crowd.held() == 18 * DOLLAR


def test_one_leg_is_refused_and_the_others_are_sold(crowd: Crowd) -> None:
    market = crowd.market
    assert market.post(market.ping().json()["id"]).json()["payout"] == usd("16.00")
    again = market.post(market.ping(max_sales=3).json()["id"]).json()
    assert [(leg["status"], leg["reasons"]) for leg in again["legs"]] == [
        ("refused", [{"code": "duplicate"}]), ("sold", []), ("sold", []),
    ]  # fmt: skip
    assert (again["status"], again["payout"]) == ("sold", usd("27.20"))
    assert crowd.spent() == {"bob": 20 * DOLLAR, "carol": 18 * DOLLAR, "dave": 16 * DOLLAR}
    assert stored()["Sale"] == 3


def test_who_is_known_to_have_bought_makes_room_at_the_ping(crowd: Crowd) -> None:
    market = crowd.market
    assert market.post(market.ping().json()["id"]).json()["status"] == "sold"
    phone = hashlib.sha256(person()["contact"]["phone"].encode()).hexdigest()
    quoted = market.ping(max_sales=3, contact_hashes={"phone_sha256": phone}).json()
    assert crowd.names(quoted["quotes"]) == ["carol", "dave", "erin"]


def test_a_direct_lead_is_sold_to_several(crowd: Crowd) -> None:
    body = {
        "source": crowd.market.source,
        "vertical": "home.roofing",
        "lead": LEAD,
        **person(),
        "external_id": "1",
        "max_sales": 2,
    }
    sold = crowd.market.send("leads", body).json()
    assert (sold["status"], sold["payout"], len(sold["legs"])) == ("sold", usd("30.40"), 2)
    assert stored() == {"Lead": 1, "Sale": 2, "SaleSide": 4, "Delivery": 2, "QuoteSettlement": 2}


def test_how_often_is_asked_by_the_ping_else_by_the_source_within_the_vertical(crowd: Crowd) -> None:
    market = crowd.market

    def sales(**changes: Any) -> int:
        return len(market.ping(**changes).json()["quotes"])

    crowd.publish({"11.00": "zoe"}, exclusive=False)
    assert (sales(), sales(max_sales=2), sales(max_sales=10)) == (1, 2, 4)
    with market.capture(execute=True):
        supply.update_source(
            organization_id=market.alice.organization_id,
            source_id=decode("source", market.source),
            changes={"sales_max": 3},
            actor="t",
        )
    snapshot.refresh()
    assert (sales(), sales(max_sales=1)) == (3, 1)


def test_hybrid_the_exclusive_bid_wins(crowd: Crowd) -> None:
    crowd.publish({"55.00": "zoe"})
    quoted = crowd.market.ping(max_sales=3).json()
    assert crowd.names(quoted["quotes"]) == ["zoe"]
    assert (quoted["payout"], quoted["quotes"][0]["exclusive"]) == (usd("44.00"), True)
    assert crowd.market.post(quoted["id"]).json()["status"] == "sold"
    assert stored()["Sale"] == 1
    assert crowd.spent() == {"zoe": 55 * DOLLAR}


def test_hybrid_the_shared_sum_wins(crowd: Crowd) -> None:
    crowd.publish({"50.00": "zoe"})
    quoted = crowd.market.ping(max_sales=3).json()
    assert crowd.names(quoted["quotes"]) == ["bob", "carol", "dave"]
    assert crowd.market.post(quoted["id"]).json()["payout"] == usd("43.20")
    assert crowd.spent() == {"bob": 20 * DOLLAR, "carol": 18 * DOLLAR, "dave": 16 * DOLLAR}
    lost = {bid["bid_price"]: (bid["reason"], bid["detail"]) for bid in trace_of(quoted["id"])["bids"] if bid["status"] == "lost"}
    assert lost == {50 * DOLLAR: ("outbid", "bid 50.00, sold to 3 together"), 12 * DOLLAR: ("outbid", "bid 12.00")}


def test_an_advertiser_with_two_campaigns_buys_once(crowd: Crowd) -> None:
    crowd.publish({"19.00": "bob"}, exclusive=False)
    quoted = crowd.market.ping(max_sales=3).json()
    assert crowd.names(quoted["quotes"]) == ["bob", "carol", "dave"]
    assert quoted["payout"] == usd("43.20")


def test_who_shares_with_one_other_is_never_sold_beside_two(crowd: Crowd) -> None:
    crowd.publish({"40.00": "zoe"}, exclusive=False, sales_max=2)
    quoted = crowd.market.ping(max_sales=3).json()
    assert crowd.names(quoted["quotes"]) == ["zoe", "bob"]
    assert quoted["payout"] == usd("48.00")


def test_a_leg_without_money_makes_room_for_the_next(crowd: Crowd, market: Market) -> None:
    poor = join("poor", "advertiser")
    market.fund(poor, "10.00")
    market.publish(poor, "Poor", "19.00", exclusive=False)
    quoted = market.ping(max_sales=3).json()
    assert crowd.names(quoted["quotes"]) == ["bob", "carol", "dave"]
    record = trace_of(quoted["id"])
    assert [one["reason"] for one in record["rounds"]] == ["insufficient_balance"]
    assert counters("live").balance(wallet_of(poor))[2] == 0
    assert crowd.held() == 54 * DOLLAR


def test_a_full_source_gets_a_no_bid_at_the_first_try(crowd: Crowd, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []
    reserve = Counters.reserve

    def counted(self: Counters, **values: Any) -> Any:
        tries.append(len(values["quotes"]))
        return reserve(self, **values)

    monkeypatch.setattr(Counters, "reserve", counted)
    settings.OPEN_QUOTES_MAX = 4
    assert crowd.market.ping(max_sales=3).json()["status"] == "quoted"
    answer = crowd.market.ping(max_sales=3).json()
    assert (answer["status"], answer["payout"], answer["quotes"]) == ("no_bid", usd("0.00"), [])
    assert answer["reasons"] == [{"code": "open_quotes", "detail": "", "count": 4}]
    assert tries == [3, 3]
    assert {bid["reason"] for bid in trace_of(answer["id"])["bids"]} == {"open_quotes"}
    assert crowd.market.ping(max_sales=1).json()["status"] == "quoted"


def test_second_price_of_three_with_the_trace_that_says_why(second_price: None, crowd: Crowd) -> None:
    market = crowd.market
    quoted = market.ping(max_sales=3).json()
    assert [(quote["payout"]["amount"], quote["pricing"]) for quote in quoted["quotes"]] == [("9.60", "second_price")] * 3
    assert crowd.held() == 36 * DOLLAR
    sold = market.post(quoted["id"]).json()
    assert (sold["status"], sold["payout"]) == ("sold", usd("28.80"))
    assert crowd.spent() == dict.fromkeys(("bob", "carol", "dave"), 12 * DOLLAR)
    assert (balance(market.alice, AccountKind.PAYABLE), margin()) == (28_800_000, 7_200_000)
    record = trace_of(quoted["id"])
    assert record["pricing"] == "second_price"
    for bid in record["bids"][:3]:
        assert bid["arithmetic"][-1] == {"step": "second price: the next bid for this place", "factor": None, "price": "12.00"}
        assert bid["clearing_price"] == 12 * DOLLAR < bid["bid_price"]
    with act_as_exchange("look"):
        assert set(Sale.objects.values_list("pricing", "price")) == {("second_price", 12 * DOLLAR)}


def test_second_price_matches_the_exclusive_bid_that_lost(second_price: None, crowd: Crowd) -> None:
    crowd.publish({"50.00": "zoe"})
    market = crowd.market
    quoted = market.ping(max_sales=3).json()
    assert [quote["payout"]["amount"] for quote in quoted["quotes"]] == ["14.58", "13.34", "12.09"]
    assert quoted["payout"] == usd("40.01")
    assert market.post(quoted["id"]).json()["status"] == "sold"
    assert crowd.spent() == {"bob": 18_220_000, "carol": 16_670_000, "dave": 15_110_000}
    assert balance(market.alice, AccountKind.PAYABLE) + margin() == 50 * DOLLAR
    steps = [bid["arithmetic"][-1]["step"] for bid in trace_of(quoted["id"])["bids"] if bid["status"] == "won"]
    assert steps == ["second price: the winners together match the best combination that lost"] * 3


def test_second_price_without_a_rival_is_the_floor(second_price: None, market: Market) -> None:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Alone", "50.00")
    quoted = market.ping(min_price=usd("10.00")).json()
    assert quoted["payout"] == usd("10.00")
    assert market.post(quoted["id"]).json()["status"] == "sold"
    assert balance(market.bob) == 1000 * DOLLAR - 12_500_000
    (bid,) = trace_of(quoted["id"])["bids"]
    assert bid["arithmetic"][-1]["step"] == "second price: no rival, so the smallest price"

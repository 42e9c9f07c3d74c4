"""What each role may read, without any store."""

from __future__ import annotations

import json
from uuid import UUID

import msgspec

from accounts.core.clock import from_ms, rfc3339
from accounts.core.ids import encode, uuid7
from campaigns.core.bids import Step
from exchange.core.news import EndingNews, QuoteEnding
from exchange.core.record import AuctionRecord, BidRecord, PingRecord, ReasonCount, RoundRecord, ScoreRecord
from reporting.core.masking import mask_contact
from reporting.core.news import decode_news, endings, events_of
from reporting.core.traces import buyer_trace, operator_trace, publisher_trace

PUBLISHER, BUYER, RIVAL, OTHER = (uuid7() for _ in range(4))
SOURCE, PING, CAMPAIGN = uuid7(), uuid7(), uuid7()
AT = 1_773_000_000_123


def bid(owner: UUID, price: int, **more: object) -> BidRecord:
    facts = {"campaign_id": uuid7(), "revision_id": uuid7(), "status": "lost", "reason": "outbid"} | more
    return BidRecord(organization_id=owner, bid_price=price, **facts)  # type: ignore[arg-type]


def record(*bids: BidRecord) -> AuctionRecord:
    reasons = [ReasonCount("filtered", "state in TX", 3)]
    ping = PingRecord(PING, PUBLISHER, SOURCE, "home.roofing", "form", "quoted", AT, {"zip": "78701"}, reasons=reasons)
    return AuctionRecord(
        uuid7(), "live", 1, 7, "seed", "USD", "first_price", 0, 0, {"kind": "percent", "value": "0.20"}, ping,
        ScoreRecord(0.7125, 71, 88.5, "prior-1"), list(bids), [RoundRecord(CAMPAIGN, "cap_reached", "c:1")],
        [("check", 212), ("bid", 1_094)],
    )  # fmt: skip


WON = bid(
    BUYER, 50_000_000, status="won", reason="", clearing_price=50_000_000, payout_amount=40_000_000, margin_amount=10_000_000,
    campaign_id=CAMPAIGN, arithmetic=(Step("base", None, 50_000_000),),
)  # fmt: skip


def test_a_publisher_reads_counts() -> None:
    trace = publisher_trace(record(WON, bid(RIVAL, 45_000_000), bid(RIVAL, 1, reason="cap_reached")))
    assert trace == {
        "stages": [{"stage": "check", "ms": 0.212}, {"stage": "bid", "ms": 1.094}],
        "candidates": {"matched": 3, "won": 1},
        "reasons": [{"code": "filtered", "detail": "state in TX", "count": 3}, {"code": "outbid", "detail": "", "count": 1}],
    }


def test_a_buyer_reads_its_own_arithmetic_only() -> None:
    trace = buyer_trace(record(WON, bid(RIVAL, 45_000_000)), BUYER)
    (own,) = trace["bids"]
    assert (own["status"], own["bid"], own["price"]) == ("won", *[{"amount": "50.00", "currency": "USD"}] * 2)
    assert own["arithmetic"] == [{"step": "base", "factor": None, "price": {"amount": "50.00", "currency": "USD"}}]
    assert "payout" not in own
    assert buyer_trace(record(WON), OTHER)["bids"] == []


def test_the_operator_reads_everything() -> None:
    trace = operator_trace(record(WON, bid(RIVAL, 45_000_000)))
    assert [one["organization_id"] for one in trace["bids"]] == [encode("organization", one) for one in (BUYER, RIVAL)]
    assert trace["bids"][0]["margin"] == {"amount": "10.00", "currency": "USD"}
    assert trace["rounds"] == [{"campaign_id": encode("campaign", CAMPAIGN), "reason": "cap_reached", "key": "c:1"}]
    assert (trace["probability"], trace["model_version"], trace["seed"]) == (0.7125, "prior-1", "seed")


def test_a_contact_is_masked() -> None:
    contact = {
        "phone": "+15125550142", "email": "jane@mail.example.com", "first_name": "Jane", "birth_date": 1, "street": "",
        "consent_ip": "203.0.113.7", "consent_user_agent": "Firefox", "vin": "1",
    }  # fmt: skip
    assert mask_contact(contact) == {
        "phone": "+1***42", "email": "j***@m***.com", "first_name": "J***", "birth_date": "***", "street": "***", "vin": "1***",
    }  # fmt: skip
    assert mask_contact({"phone": "+1234"}) == {"phone": "***"}


def announced(*bids: dict[str, object], status: str = "quoted") -> bytes:
    news = {
        "news": "auction", "us": 12_345, "facts": {"zip": "78701", "state": "TX"}, "ping_id": str(PING),
        "publisher_id": str(PUBLISHER), "source_id": str(SOURCE), "status": status,
        "vertical": "home.roofing", "received_at_ms": AT, "score": 71, "currency": "USD", "bids": bids,
        "reasons": [] if bids else [{"code": "filtered", "detail": "state", "count": 3}],
    }  # fmt: skip
    return json.dumps([news]).encode()


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def bid_news(owner: UUID, price: int, clearing: int = 0, payout: int = 0, reason: str = "") -> dict[str, object]:
    return {
        "organization_id": str(owner), "campaign_id": str(CAMPAIGN), "bid_price": price, "clearing_price": clearing,
        "payout_amount": payout, "status": "lost" if reason else "won", "reason": reason,
    }  # fmt: skip


def test_news_is_cut_by_organization() -> None:
    won, lost = bid_news(BUYER, 50_000_000, 50_000_000, 40_000_000), bid_news(RIVAL, 45_000_000, reason="outbid")
    (news,) = decode_news(announced(won, lost))
    (first, ping), (second, bought), (third, missed) = events_of(news)
    assert (first, second, third) == (PUBLISHER, BUYER, RIVAL)
    ping_id, source_id, campaign_id = encode("ping", PING), encode("source", SOURCE), encode("campaign", CAMPAIGN)
    at = rfc3339(from_ms(AT))
    shared = {
        "at": at, "ping_id": ping_id, "vertical": "home.roofing", "source_id": source_id, "state": "TX", "zip3": "787",
        "score": 71, "ms": 12.3, "ended_at": None, "reason": None, "detail": None, "status": "quoted",
    }  # fmt: skip
    assert ping == {**shared, "key": ping_id, "kind": "ping", "payout": usd("40.00"), "lead_id": None}
    own = {"key": f"{ping_id}/{campaign_id}", "kind": "bid", "campaign_id": campaign_id}
    assert bought == {**shared, **own, "bid": usd("50.00"), "price": usd("50.00")}
    assert (missed["status"], missed["reason"], missed["price"]) == ("lost", "outbid", None)
    assert "50.00" not in json.dumps(missed)


def test_a_ping_without_a_quote_pays_nothing() -> None:
    (news,) = decode_news(announced(status="no_bid"))
    ((owner, event),) = events_of(news)
    assert (owner, event["status"], event["payout"]) == (PUBLISHER, "no_bid", None)
    assert (event["reason"], event["detail"]) == ("filtered", "state")


def test_an_ending_tells_each_party_what_changed() -> None:
    lead_id, other = uuid7(), uuid7()
    quotes = (QuoteEnding(BUYER, CAMPAIGN, "sold", 50_000_000), QuoteEnding(RIVAL, other, "refused", 0, ("duplicate",)))
    news = EndingNews(PING, PUBLISHER, "sold", 40_000_000, "USD", AT, quotes, lead_id)
    (decoded,) = decode_news(msgspec.json.encode([news]))
    told = dict(endings(decoded))
    ping_id, at = encode("ping", PING), rfc3339(from_ms(AT))
    assert told[PUBLISHER] == {
        "key": ping_id, "kind": "ping", "status": "sold", "ended_at": at, "lead_id": encode("lead", lead_id), "reason": None,
        "detail": None, "payout": usd("40.00"),
    }  # fmt: skip
    assert told[BUYER] == {
        "key": f"{ping_id}/{encode('campaign', CAMPAIGN)}", "kind": "bid", "status": "sold", "ended_at": at, "reason": None,
        "detail": None, "price": usd("50.00"),
    }  # fmt: skip
    assert (told[RIVAL]["status"], told[RIVAL]["reason"], "price" in told[RIVAL]) == ("refused", "duplicate", False)


def test_a_ping_that_stays_sold_hears_nothing_of_a_later_ending() -> None:
    news = EndingNews(PING, PUBLISHER, None, 0, "USD", AT, (QuoteEnding(BUYER, CAMPAIGN, "expired"),))
    assert [owner for owner, _ in endings(news)] == [BUYER]

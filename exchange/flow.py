"""The page to read first: what happens to a ping, to a post, and to a direct lead, in order.

ping   read -> check -> what is known of the person -> score -> match and bid -> auction and hold -> quote
post   read -> claim the quotes -> check -> verdicts -> one transaction: settlement, lead, sales, money, deliveries -> answer
lead   ping and post in one
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.core.ids import uuid7
from accounts.identity import Caller
from accounts.ledger.core.postings import Capture
from accounts.ledger.inserts import insert_captures
from accounts.tenancy import act_as_exchange
from exchange.auction import answers, claims, quoting, records, settlement, snapshot
from exchange.auction.answers import PostAnswer
from exchange.auction.bidding import Bidding, Stages, bid
from exchange.auction.holds import Stored
from exchange.auction.store import counters
from exchange.core import verdict
from exchange.core.record import PingFacts, QuoteFacts
from exchange.core.verdict import Verdict
from exchange.delivery import services as delivery
from exchange.intake import bodies, pings, posts, sandbox
from exchange.intake import services as intake
from exchange.intake.bodies import LeadBody, PingBody, PostBody
from exchange.intake.posts import AcceptedPost
from exchange.intake.services import Once
from scoring import services as scoring


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who, the raw body, and its keys."""

    caller: Caller
    raw: bytes
    request_id: str
    idempotency_key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; `replayed` when an earlier request is answered again."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


def ping(call: Call) -> Answer:
    """Answer a ping with firm quotes, or with the reasons why nobody bids. Raises Problem."""
    body, stages = bodies.decode(call.raw), Stages()
    pings.refuse_personal_data(body)
    shaped = bodies.shape(body, PingBody, strict=call.caller.mode == "test")
    fingerprint = posts.fingerprint(body) if call.idempotency_key else ""
    heard = _hear(call, shaped, stages)
    if isinstance(heard, Stored):
        return Answer(200, answers.again(heard, fingerprint), replayed=True)
    return Answer(
        200, quoting.reserve(counters(call.caller.mode), heard, stages, key=call.idempotency_key, fingerprint=fingerprint)
    )


def _hear(call: Call, body: PingBody | LeadBody, stages: Stages) -> Bidding | Stored:
    mode = call.caller.mode
    market = snapshot.current(mode)
    source = snapshot.find_source(market, pings.read_source(body.source), call.caller.organization_id)
    vertical = pings.find_vertical(market.verticals, body.vertical)
    accepted = pings.accept(body, source=source, vertical=vertical, caller=call.caller, at=call.at, request_id=call.request_id)
    rehearsal = sandbox.rehearse(mode, accepted.record.lead)
    stages.done("check")
    known = claims.known_of(counters(mode), accepted.keys, call.caller.organization_id, call.idempotency_key)
    if known.stored is not None:
        return known.stored
    stages.done("facts")
    score = scoring.score(vertical.slug, accepted.signals, call.at)
    stages.done("score")
    bidding = bid(market, source, accepted, score, known, rehearsal, call.at)
    stages.done("bid")
    return bidding


def post(call: Call) -> Answer:
    """Sell a lead on its quotes, refuse it with reasons, or give the first answer again. Raises Problem."""
    body = bodies.decode(call.raw)
    shaped = bodies.shape(body, PostBody, strict=call.caller.mode == "test")
    ping_id = posts.read_id("ping", shaped.ping_id, "/ping_id")
    wanted = [posts.read_id("quote", text, f"/quote_ids/{place}") for place, text in enumerate(shaped.quote_ids or ())]
    fingerprint = posts.fingerprint(body)
    claim = claims.claim(counters(call.caller.mode), ping_id, call.caller.organization_id, wanted)
    if claim is None:
        return Answer(201, claims.first_answer(ping_id, call.caller.organization_id, fingerprint), replayed=True)
    ping_facts, quotes = claim
    vertical = pings.find_vertical(snapshot.current(call.caller.mode).verticals, ping_facts.vertical)
    accepted = posts.accept(vertical, shaped, at=call.at, mode=call.caller.mode)
    answer = _sell(call, ping_facts, quotes, accepted, Once(fingerprint, external_id=shaped.external_id))
    if answer is None:
        return Answer(201, claims.first_answer(ping_id, call.caller.organization_id, fingerprint), replayed=True)
    return Answer(201, answer)


def lead(call: Call) -> Answer:
    """Ping and post in one call, once per key of idempotency or external id. Raises Problem."""
    body, stages = bodies.decode(call.raw), Stages()
    shaped = bodies.shape(body, LeadBody, strict=call.caller.mode == "test")
    pings.refuse_personal_data({name: value for name, value in body.items() if name not in {"contact", "consent"}})
    once = Once(posts.fingerprint(body), intake.key_of_lead(call.idempotency_key, shaped), shaped.external_id)
    stored = intake.first_answer(call.caller.organization_id, once)
    if stored is not None:
        return Answer(201, stored, replayed=True)
    vertical = pings.find_vertical(snapshot.current(call.caller.mode).verticals, shaped.vertical)
    accepted = posts.accept(vertical, shaped, at=call.at, mode=call.caller.mode)
    bidding = _hear(replace(call, idempotency_key=""), shaped, stages)
    assert isinstance(bidding, Bidding), "a ping without a key of idempotency is never a repeat"
    quoted = quoting.reserve(counters(call.caller.mode), bidding, stages, key="", fingerprint="")
    quotes = [records.quote_facts(bidding, winner) for winner in bidding.winners]
    answer = _sell(call, records.ping_facts(bidding), quotes, accepted, once, reasons=quoted["reasons"])
    if answer is None:
        return Answer(201, intake.first_answer(call.caller.organization_id, once) or {}, replayed=True)
    return Answer(201, answer)


def _sell(
    call: Call,
    ping_facts: PingFacts,
    quotes: Sequence[QuoteFacts],
    accepted: AcceptedPost,
    once: Once,
    reasons: Sequence[dict[str, Any]] = (),
) -> dict[str, Any] | None:
    """Judge the lead on each quote and write what follows; None when another request was first: its answer stands."""
    mode = call.caller.mode
    standing = claims.standing_of(counters(mode), accepted.keys)
    rehearsal, changed = sandbox.rehearse(mode, ping_facts.lead), posts.contradictions(ping_facts, accepted)
    circumstances = verdict.Circumstances(accepted.consent, accepted.keys, standing, changed, rehearsal, call.at)
    verdicts = [verdict.judge(quote, circumstances) for quote in quotes]
    answer = answers.post_answer(uuid7(), verdicts, ping_facts.currency, reasons)
    if not _settle(call, ping_facts, accepted, verdicts, answer, once):
        return None
    claims.settle(counters(mode), verdicts, accepted.keys)
    delivery.nudge()
    return answer.body


def _settle(
    call: Call, ping_facts: PingFacts, accepted: AcceptedPost, verdicts: Sequence[Verdict], answer: PostAnswer, once: Once
) -> bool:
    """Write everything a post causes in one transaction; False, and nothing written, when it was not the first."""
    with act_as_exchange("a post touches rows of both sides") as door:
        first = settlement.settle(ping_facts, verdicts, fingerprint=once.fingerprint, answer=answer.body, at=call.at)
        first = first and intake.keep_answer(call.caller.organization_id, once, answer.body, at=call.at)
        if not first:
            return door.roll_back()
        intake.store_lead(
            ping_facts,
            accepted,
            intake.Fate(answer.lead_id, answer.status, answer.payout_amount, answer.reasons),
            once,
            at=call.at,
        )
        captures = []
        for sold in (one.quote for one in verdicts if one.sold):
            sale_id = settlement.record_sale(
                ping_facts, sold, lead_id=answer.lead_id, mode=call.caller.mode, keys=accepted.keys, at=call.at
            )
            captures.append(
                Capture(sold.quote_id, sold.advertiser_account, ping_facts.account_id, sold.price, sold.payout_amount, call.at)
            )
            delivery.queue(sale_id=sale_id, lead_id=answer.lead_id, ping=ping_facts, post=accepted, quote=sold, at=call.at)
        with connection.cursor() as cursor:
            insert_captures(cursor, captures)
    return True

"""The page to read first: what happens to a ping, to a post, and to a direct lead, in order.

ping   read -> check -> what is known of the person -> score -> match and bid -> auction and hold -> quote
post   read -> claim the quotes -> check -> verdicts -> one transaction: settlement, lead, sales, money, deliveries -> answer
lead   ping and post in one
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts import idempotency
from accounts.core.bodies import fingerprint
from accounts.core.errors import unavailable
from accounts.core.ids import uuid7
from accounts.idempotency import Ask
from accounts.identity import Caller
from accounts.ledger.core.postings import Capture
from accounts.ledger.inserts import insert_captures
from accounts.tenancy import act_as_exchange
from exchange.auction import answers, claims, news, quoting, records, settlement, snapshot
from exchange.auction.answers import PostAnswer
from exchange.auction.bidding import Bidding, Stages, bid
from exchange.auction.quoting import Key
from exchange.auction.store import counters
from exchange.core import verdict
from exchange.core.dedupe import ContactKeys
from exchange.core.record import PingFacts, QuoteFacts
from exchange.core.verdict import Verdict
from exchange.delivery import services as delivery
from exchange.intake import bodies, pings, posts, sandbox
from exchange.intake import services as intake
from exchange.intake.bodies import LeadBody, PingBody, PostBody
from exchange.intake.posts import AcceptedPost
from scoring import services as scoring


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who, what it says (`loose`: in text only, as forms do), and its keys (a lead's is kept so long)."""

    caller: Caller
    body: dict[str, Any]
    request_id: str
    idempotency_key: str
    at: datetime
    loose: bool = False
    key_kept_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """A lead judged on each of its quotes; nothing of it is written yet."""

    ping: PingFacts
    post: AcceptedPost
    verdicts: Sequence[Verdict]
    answer: PostAnswer


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; `replayed` when an earlier request is answered again."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


def ping(call: Call) -> Answer:
    """Answer a ping with firm quotes, or with the reasons why nobody bids. Raises Problem."""
    body, stages = call.body, Stages()
    pings.refuse_personal_data(body)
    shaped = bodies.shape(body, PingBody, strict=call.caller.mode == "test", loose=call.loose)
    key = Key(call.idempotency_key, fingerprint(body)) if call.idempotency_key else None
    quoted = quoting.reserve(counters(call.caller.mode), _hear(call, shaped, stages), stages, key)
    return Answer(200, quoted.body, quoted.replayed)


def _hear(call: Call, body: PingBody | LeadBody, stages: Stages, contact: ContactKeys | None = None) -> Bidding:
    mode = call.caller.mode
    market = snapshot.current(mode)
    source = snapshot.find_source(market, pings.read_source(body.source), call.caller.organization_id)
    vertical = pings.find_vertical(market.verticals, body.vertical)
    accepted = pings.accept(body, source, vertical, call.caller, at=call.at, request_id=call.request_id, loose=call.loose)
    rehearsal = sandbox.rehearse(mode, accepted.record.lead)
    stages.done("check")
    contact_keys = contact.by_name if contact else None
    drawn = scoring.draw_arms(mode, vertical.slug, accepted.record, contact_keys)
    score = scoring.score(vertical.slug, accepted.signals, call.at, drawn.champion)
    stages.done("score")
    bidding = bid(market, source, accepted, score, rehearsal, call.at, drawn, contact_keys)
    stages.done("bid")
    return bidding


def post(call: Call) -> Answer:
    """Sell a lead on its quotes, refuse it with reasons, or give the first answer again. Raises Problem."""
    shaped = bodies.shape(call.body, PostBody, strict=call.caller.mode == "test", loose=call.loose)
    ping_id = posts.read_id("ping", shaped.ping_id, "/ping_id")
    wanted = [posts.read_id("quote", text, f"/quote_ids/{place}") for place, text in enumerate(shaped.quote_ids or ())]
    ask = Ask(call.caller.organization_id, "posts", call.idempotency_key, fingerprint(call.body))
    claim = claims.claim(counters(call.caller.mode), ping_id, call.caller.organization_id, wanted)
    if claim.ping is None or not claim.quotes:
        return _replay(call, ping_id, ask, quoted=claim.ping is not None)
    vertical = pings.find_vertical(snapshot.current(call.caller.mode).verticals, claim.ping.vertical)
    accepted = posts.accept(vertical, shaped, at=call.at, mode=call.caller.mode, loose=call.loose)
    deal = _judge(call, claim.ping, claim.quotes, accepted)
    with act_as_exchange("a post touches rows of both sides", timeout_ms=settings.POST_TRANSACTION_MS) as door:
        kept = idempotency.take(ask, at=call.at)
        first = kept is None and (_write(call, deal, ask, shaped.external_id or None) or door.roll_back())
    if kept is not None:
        return Answer(kept.status, kept.body, replayed=True)
    return _ended(call, deal) if first else _replay(call, ping_id, ask, quoted=True)


def _replay(call: Call, ping_id: UUID, ask: Ask, *, quoted: bool) -> Answer:
    """Give the answer of the post that ended the quotes. Raises Problem quote_used, quote_expired or not_found."""
    body = claims.first_answer(ping_id, call.caller.organization_id, ask.fingerprint, quoted=quoted)
    return Answer(201, body, replayed=True)


def lead(call: Call) -> Answer:
    """Ping and post in one call, once per key of idempotency or external id. Raises Problem."""
    body, stages = call.body, Stages()
    shaped = bodies.shape(body, LeadBody, strict=call.caller.mode == "test", loose=call.loose)
    pings.refuse_personal_data({name: value for name, value in body.items() if name not in {"contact", "consent"}})
    key = intake.key_of_lead(call.idempotency_key, shaped)
    ask = Ask(call.caller.organization_id, "leads", key, fingerprint(body), call.key_kept_for)
    # The key is taken before anything is held: of two requests with one key the second waits here and holds nothing.
    with act_as_exchange("a lead touches rows of both sides, once per key", timeout_ms=settings.POST_TRANSACTION_MS):
        kept = idempotency.take(ask, at=call.at)
        if kept is not None:
            return Answer(kept.status, kept.body, replayed=True)
        vertical = pings.find_vertical(snapshot.current(call.caller.mode).verticals, shaped.vertical)
        accepted = posts.accept(vertical, shaped, at=call.at, mode=call.caller.mode, loose=call.loose)
        bidding = _hear(call, shaped, stages, accepted.keys)
        intake.refuse_known(bidding.source.source_id, shaped.external_id or None)
        quoted = quoting.reserve(counters(call.caller.mode), bidding, stages)
        quotes = [records.quote_facts(bidding, quote) for quote in bidding.quotes]
        deal = _judge(call, records.ping_facts(bidding), quotes, accepted, reasons=quoted.body["reasons"])
        if not _write(call, deal, ask, shaped.external_id or None):
            raise unavailable("The quote of this lead ended before the lead was sold: its store")
    return _ended(call, deal)


def _judge(
    call: Call,
    ping_facts: PingFacts,
    quotes: Sequence[QuoteFacts],
    accepted: AcceptedPost,
    reasons: Sequence[dict[str, Any]] = (),
) -> Deal:
    """Say on which quotes the lead is sold, and what the publisher will read; writes nothing."""
    mode = call.caller.mode
    standing = claims.standing_of(counters(mode), accepted.keys)
    rehearsal, changed = sandbox.rehearse(mode, ping_facts.lead), posts.contradictions(ping_facts, accepted)
    circumstances = verdict.Circumstances(accepted.consent, accepted.keys, standing, changed, rehearsal, call.at)
    verdicts = [verdict.judge(quote, circumstances) for quote in quotes]
    return Deal(ping_facts, accepted, verdicts, answers.post_answer(uuid7(), verdicts, ping_facts.currency, reasons))


def _write(call: Call, deal: Deal, ask: Ask, external_id: str | None) -> bool:
    """Write everything a post causes inside the caller's door; False when another post ended a quote first: roll back then."""
    ping_facts, answer = deal.ping, deal.answer
    if not settlement.settle(ping_facts, deal.verdicts, fingerprint=ask.fingerprint, answer=answer.body, at=call.at):
        return False
    idempotency.keep(ask, 201, answer.body)
    fate = intake.Fate(answer.lead_id, answer.status, answer.payout_amount, answer.reasons)
    intake.store_lead(ping_facts, deal.post, fate, external_id, at=call.at)
    captures = []
    for sold in (one.quote for one in deal.verdicts if one.sold):
        sale_id = settlement.record_sale(
            ping_facts, sold, lead_id=answer.lead_id, mode=call.caller.mode, keys=deal.post.keys, at=call.at
        )
        captures.append(
            Capture(sold.quote_id, sold.advertiser_account, ping_facts.account_id, sold.price, sold.payout_amount, call.at)
        )
        delivery.queue(sale_id=sale_id, lead_id=answer.lead_id, ping=ping_facts, post=deal.post, quote=sold, at=call.at)
    with connection.cursor() as cursor:
        insert_captures(cursor, captures)
    return True


def _ended(call: Call, deal: Deal) -> Answer:
    """Tell the counters and the worker what was committed, then answer."""
    claims.settle(counters(call.caller.mode), deal.verdicts, deal.post.keys)
    news.tell_of_post(call.caller.mode, deal.ping, deal.verdicts, lead_id=deal.answer.lead_id, at=call.at)
    delivery.nudge()
    return Answer(201, deal.answer.body)

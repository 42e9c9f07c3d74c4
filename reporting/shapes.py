"""Projections in their wire form: what each role reads of a ping, a lead, a sale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.core.clock import from_ms, rfc3339
from accounts.core.ids import encode
from accounts.core.money import Money
from exchange.core.record import AuctionRecord, QuoteFacts
from exchange.delivery.selectors import DeliveryFacts
from reporting.core.advice import Advice, NextWindow
from reporting.core.traces import bid_out, bids_of, buyer_trace, operator_trace, publisher_trace, stages
from reporting.scores import score_out
from reporting.selectors import BoughtLead, ConsentSummary, Decision, OwnArm, PostedLead, SaleFacts

SOLD = "sold"
ENDED: Mapping[str, str] = {"captured": SOLD, "refused": "refused", "expired": "expired"}
OPEN = "quoted"
ONE_TO_ONE = "one_to_one"


def ping_out(decision: Decision, reader: UUID) -> dict[str, Any]:
    """Write a ping for its reader, who is the organization `reader`."""
    if decision.role == "advertiser":
        return _ping_of_buyer(decision, reader)
    seen = _ping_of_publisher(decision)
    if decision.role == "publisher":
        return {**seen, "trace": publisher_trace(decision.record)}
    owner = encode("organization", decision.record.ping.organization_id)
    return {**seen, "role": "operator", "publisher_id": owner, "trace": operator_trace(decision.record)}


def _ping_of_publisher(decision: Decision) -> dict[str, Any]:
    record = decision.record
    ping = record.ping
    return {
        "role": "publisher",
        "id": encode("ping", ping.id),
        "status": ping.status,
        "received_at": rfc3339(from_ms(ping.received_at_ms)),
        "source_id": encode("source", ping.source_id),
        "sub_ids": ping.sub_ids,
        "vertical": ping.vertical,
        "kind": ping.kind,
        "lead": ping.lead,
        "payout": Money(sum(quote.payout_amount for quote in decision.quotes), record.currency).as_json(),
        "quotes": [_quote(quote, decision) for quote in decision.quotes],
        "reasons": [_reason(one.code, one.detail, one.count) for one in ping.reasons] if not decision.quotes else [],
        "score": score_out(record.score, decision.role),
        "commitment": decision.commitment or None,
        "lead_id": None if decision.lead_id is None else encode("lead", decision.lead_id),
    }


def _quote(quote: QuoteFacts, decision: Decision) -> dict[str, Any]:
    # A buyer's name is shown only where the form must name it; elsewhere its id tells buyers apart.
    name = quote.advertiser_name if quote.consent_policy == ONE_TO_ONE else None
    return {
        "id": encode("quote", quote.quote_id),
        "status": _status(quote.quote_id, decision),
        "payout": Money(quote.payout_amount, quote.currency).as_json(),
        "pricing": quote.pricing,
        "advertiser": {"id": encode("organization", quote.advertiser_id), "name": name},
        "expires_at": rfc3339(decision.expires_at) if decision.expires_at else None,
    }


def _ping_of_buyer(decision: Decision, reader: UUID) -> dict[str, Any]:
    record = decision.record
    ping, bids = record.ping, bids_of(record, reader)
    return {
        "role": "advertiser",
        "id": encode("ping", ping.id),
        "received_at": rfc3339(from_ms(ping.received_at_ms)),
        "source_id": encode("source", ping.source_id),
        "vertical": ping.vertical,
        "bids": [
            {
                **bid_out(bid, record.currency),
                "quote_status": _status(bid.quote_id, decision),
                "experiment": _arm(decision.arms.get(bid.campaign_id)),
            }
            for bid in bids
        ],
        "score": score_out(record.score, decision.role, bought=any(_status(bid.quote_id, decision) == SOLD for bid in bids)),
        "commitment": decision.commitment or None,
        "trace": {"stages": stages(record)},
    }


def _arm(own: OwnArm | None) -> dict[str, Any] | None:
    return (
        None
        if own is None
        else {"id": encode("experiment", own.experiment_id), "name": own.name, "arm": own.arm, "revision": own.revision}
    )


def _status(quote_id: UUID | None, decision: Decision) -> str | None:
    """Say how a quote ended; until PostgreSQL knows an end it is open, whatever the clock says."""
    return None if quote_id is None else ENDED.get(decision.outcomes.get(quote_id, ""), OPEN)


def _reason(code: str, detail: str, count: int) -> dict[str, Any]:
    return {"code": code, "detail": detail, "count": count}


def lead_out(lead: PostedLead | BoughtLead, reader: UUID) -> dict[str, Any]:
    """Write a lead for its reader, who is the organization `reader`."""
    if isinstance(lead, BoughtLead):
        return _bought_out(lead, reader)
    seen = _posted_out(lead)
    if lead.role == "publisher":
        return {**seen, "trace": publisher_trace(lead.decision.record) if lead.decision else None}
    sales = [{key: value for key, value in _sale(sale).items() if key != "lead_id"} for sale in lead.sales]
    return {**seen, "sales": sales, "trace": operator_trace(lead.decision.record) if lead.decision else None}


def _posted_out(lead: PostedLead) -> dict[str, Any]:
    return {
        "role": lead.role,
        "id": encode("lead", lead.lead_id),
        "status": lead.status,
        "payout": Money(lead.payout_amount, lead.currency).as_json(),
        "reasons": lead.reasons,
        "legs": lead.legs,
        "received_at": rfc3339(lead.received_at),
        "ping_id": encode("ping", lead.ping_id),
        "commitment": lead.decision.commitment or None if lead.decision else None,
        "source_id": encode("source", lead.source_id),
        "external_id": lead.external_id,
        "vertical": lead.vertical,
        "lead": lead.fields,
        "contact": lead.contact,
        "consent": _consent(lead.consent) if lead.consent else None,
    }


def _consent(consent: ConsentSummary) -> dict[str, Any]:
    return {
        "id": encode("consent", consent.consent_id),
        "method": consent.method or None,
        "captured_at": rfc3339(consent.captured_at) if consent.captured_at else None,
        "sellers": list(consent.sellers),
        "text_sha256": consent.text_sha256 or None,
        "rule_set": consent.decision.get("rule_set"),
        "reasons": consent.decision.get("reasons", []),
    }


def _bought_out(lead: BoughtLead, reader: UUID) -> dict[str, Any]:
    first, record = lead.sales[0], lead.decision.record if lead.decision else None
    total = sum(sale.amount for sale in lead.sales)
    return {
        "role": "advertiser",
        "id": encode("lead", lead.lead_id),
        "status": first.status,
        "price": Money(total, first.currency).as_json(),
        "bought_at": rfc3339(first.created_at),
        "ping_id": None if first.ping_id is None else encode("ping", first.ping_id),
        "commitment": lead.decision.commitment or None if lead.decision else None,
        "source_id": encode("source", record.ping.source_id) if record else None,
        "vertical": first.vertical,
        "sales": [_bought_sale(sale) for sale in lead.sales],
        "deliveries": [_delivery(one) for one in lead.deliveries],
        "trace": buyer_trace(record, reader) if record else None,
    }


def timing_out(advice: Advice) -> dict[str, Any]:
    """Write when a bought lead should be called."""
    urgency, window = advice.urgency, advice.window
    return {
        "state": advice.state,
        "contacted_at": rfc3339(advice.contacted_at) if advice.contacted_at else None,
        "call_within_minutes": urgency.minutes if urgency else None,
        "call_by": rfc3339(urgency.by) if urgency else None,
        "chance": round(urgency.chance, 3) if urgency else None,
        "basis": None if urgency is None else "own_calls" if urgency.own else "documented",
        "time_zone": advice.home.zone if advice.home else None,
        "may_call_now": advice.may_call_now,
        "next_window": None if window is None else _window(window),
    }


def _window(window: NextWindow) -> dict[str, Any]:
    chance = None if window.chance is None else round(window.chance, 3)
    return {"starts_at": rfc3339(window.starts_at), "ends_at": rfc3339(window.ends_at), "chance": chance}


def _bought_sale(sale: SaleFacts) -> dict[str, Any]:
    return {
        "id": encode("sale", sale.sale_id),
        "campaign_id": None if sale.campaign_id is None else encode("campaign", sale.campaign_id),
        "quote_id": encode("quote", sale.quote_id),
        "status": sale.status,
        "price": Money(sale.amount, sale.currency).as_json(),
    }


def _delivery(one: DeliveryFacts) -> dict[str, Any]:
    return {
        "id": encode("delivery", one.delivery_id),
        "sale_id": encode("sale", one.sale_id),
        "state": one.state,
        "attempts": one.attempts,
        "reason": one.reason or None,
        "next_attempt_at": rfc3339(one.next_attempt_at) if one.next_attempt_at else None,
        "ended_at": rfc3339(one.ended_at) if one.ended_at else None,
    }


def sale_out(sale: SaleFacts, record: AuctionRecord | None, reader: UUID, *, operator: bool) -> dict[str, Any]:
    """Write one row of /sales; `record` may be missing while the journal is on its way."""
    trace = None if record is None else _trace_of_side(sale, record, reader, operator=operator)
    return {**_sale(sale), "trace": trace}


def _trace_of_side(sale: SaleFacts, record: AuctionRecord, reader: UUID, *, operator: bool) -> dict[str, Any]:
    if operator:
        return operator_trace(record)
    return publisher_trace(record) if sale.side == "publisher" else buyer_trace(record, reader)


def _sale(sale: SaleFacts) -> dict[str, Any]:
    return {
        "id": encode("sale", sale.sale_id),
        "side": sale.side,
        "status": sale.status,
        "amount": Money(sale.amount, sale.currency).as_json(),
        "vertical": sale.vertical,
        "sold_at": rfc3339(sale.created_at),
        "quote_id": encode("quote", sale.quote_id),
        "ping_id": None if sale.ping_id is None else encode("ping", sale.ping_id),
        "lead_id": encode("lead", sale.lead_id),
        "source_id": None if sale.source_id is None else encode("source", sale.source_id),
        "campaign_id": None if sale.campaign_id is None else encode("campaign", sale.campaign_id),
    }

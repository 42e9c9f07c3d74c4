"""One example per operation and role, as they stand in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

BODY = "01k2j3h4g5f6e7d8c9b0a1z2y3"
AT = "2026-11-22T13:05:09.120Z"


def _usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


STAGES = [{"stage": "check", "ms": 0.212}, {"stage": "score", "ms": 0.061}, {"stage": "bid", "ms": 0.094}]
COMMITMENT = "8b2e1f0c5d7a4936b1c8e2f47a905d3c6e1b8f2a7c4d9053e6f18b2a7d4c9e05"
PUBLISHER_TRACE: dict[str, Any] = {
    "stages": STAGES,
    "candidates": {"matched": 2, "won": 1},
    "reasons": [{"code": "filtered", "detail": "state in TX", "count": 3}, {"code": "outbid", "detail": "", "count": 1}],
}
BID: dict[str, Any] = {
    "campaign_id": f"cmp_{BODY}",
    "revision_id": f"rev_{BODY}",
    "status": "won",
    "reason": None,
    "bid": _usd("50.00"),
    "price": _usd("50.00"),
    "quote_id": f"qte_{BODY}",
    "arithmetic": [{"step": "base", "factor": None, "price": _usd("50.00")}],
}
SCORE: dict[str, Any] = {
    "score": 7,
    "percentile": 88.5,
    "model_version": "home.roofing/3",
    "badge": "learned from 4,210 real outcomes",
    "outcome": "sale",
    "horizon_days": 30,
    "low": 0.068,
    "high": 0.079,
    "completeness": {
        "share": 0.744,
        "words": "7 of 8 parts of a ping were sent; no contact hints. Not answered: timeframe.",
        "absent": ["contact hints"],
        "unanswered": ["timeframe"],
    },
    "factors": [
        {"feature": "lead.home_ownership", "words": "Home ownership: own", "beside": [], "odds": 1.401},
        {"feature": "behaviour.pages_viewed", "words": "Pages viewed: 5", "beside": ["Pages a session: 5"], "odds": 1.248},
        {"feature": "contact.phone_type", "words": "No contact hints sent", "beside": [], "odds": 0.912},
    ],
    "note": None,
}
NAMED = [
    {"feature": "lead.home_ownership", "words": "Home ownership", "beside": [], "odds": 1.401},
    {"feature": "behaviour.pages_viewed", "words": "Pages viewed", "beside": ["Pages a session"], "odds": 1.248},
    {"feature": "contact.phone_type", "words": "No contact hints sent", "beside": [], "odds": 0.912},
]
PING_OF_PUBLISHER = OpenApiExample(
    "A publisher's ping that was sold",
    {
        "role": "publisher",
        "id": f"png_{BODY}",
        "status": "quoted",
        "received_at": AT,
        "source_id": f"src_{BODY}",
        "sub_ids": ["spring"],
        "vertical": "home.roofing",
        "kind": "form",
        "lead": {"zip": "78701", "state": "TX", "project": "repair"},
        "payout": _usd("40.00"),
        "quotes": [
            {
                "id": f"qte_{BODY}",
                "status": "sold",
                "payout": _usd("40.00"),
                "pricing": "first_price",
                "advertiser": {"id": f"org_{BODY}", "name": None},
                "expires_at": "2026-11-22T13:06:09.120Z",
            }
        ],
        "reasons": [],
        "score": SCORE,
        "commitment": COMMITMENT,
        "lead_id": f"led_{BODY}",
        "trace": PUBLISHER_TRACE,
    },
    response_only=True,
)
PING_OF_BUYER = OpenApiExample(
    "The same ping for an advertiser that bid",
    {
        "role": "advertiser",
        "id": f"png_{BODY}",
        "received_at": AT,
        "source_id": f"src_{BODY}",
        "vertical": "home.roofing",
        "bids": [{**BID, "quote_status": "sold", "experiment": None}],
        "score": {**SCORE, "probability": 0.073214, "factors": NAMED},
        "commitment": COMMITMENT,
        "trace": {"stages": STAGES},
    },
    response_only=True,
)
LEAD_OF_PUBLISHER = OpenApiExample(
    "A publisher's lead",
    {
        "role": "publisher",
        "id": f"led_{BODY}",
        "status": "sold",
        "payout": _usd("40.00"),
        "reasons": [],
        "legs": [{"quote_id": f"qte_{BODY}", "status": "sold", "payout": _usd("40.00"), "reasons": []}],
        "received_at": AT,
        "ping_id": f"png_{BODY}",
        "commitment": COMMITMENT,
        "source_id": f"src_{BODY}",
        "external_id": None,
        "vertical": "home.roofing",
        "lead": {"zip": "78701", "state": "TX", "project": "repair"},
        "contact": {"first_name": "J***", "last_name": "D***", "phone": "+1***42", "email": "j***@e***.com"},
        "consent": {
            "id": f"cns_{BODY}",
            "method": "checkbox",
            "captured_at": AT,
            "sellers": [],
            "text_sha256": None,
            "rule_set": "basic-1",
            "reasons": [],
        },
        "trace": PUBLISHER_TRACE,
    },
    response_only=True,
)
LEAD_OF_BUYER = OpenApiExample(
    "The same lead for the advertiser that bought it",
    {
        "role": "advertiser",
        "id": f"led_{BODY}",
        "status": "sold",
        "price": _usd("50.00"),
        "bought_at": AT,
        "ping_id": f"png_{BODY}",
        "commitment": COMMITMENT,
        "source_id": f"src_{BODY}",
        "vertical": "home.roofing",
        "sales": [
            {
                "id": f"sal_{BODY}",
                "campaign_id": f"cmp_{BODY}",
                "quote_id": f"qte_{BODY}",
                "status": "sold",
                "price": _usd("50.00"),
            }
        ],
        "deliveries": [
            {
                "id": f"dlv_{BODY}",
                "sale_id": f"sal_{BODY}",
                "state": "accepted",
                "attempts": 1,
                "reason": None,
                "next_attempt_at": None,
                "ended_at": AT,
            }
        ],
        "timing": {
            "state": "open",
            "contacted_at": None,
            "call_within_minutes": 5.0,
            "call_by": "2026-11-22T13:10:09.120Z",
            "chance": 0.59,
            "basis": "documented",
            "time_zone": "America/Chicago",
            "may_call_now": False,
            "next_window": {"starts_at": "2026-11-22T18:00:00.000Z", "ends_at": "2026-11-22T19:00:00.000Z", "chance": None},
        },
        "trace": {"stages": STAGES, "bids": [BID]},
    },
    response_only=True,
)
SALES = OpenApiExample(
    "What a publisher sold",
    {
        "data": [
            {
                "id": f"sal_{BODY}",
                "side": "publisher",
                "status": "sold",
                "amount": _usd("40.00"),
                "vertical": "home.roofing",
                "sold_at": AT,
                "quote_id": f"qte_{BODY}",
                "ping_id": f"png_{BODY}",
                "lead_id": f"led_{BODY}",
                "source_id": f"src_{BODY}",
                "campaign_id": None,
                "trace": PUBLISHER_TRACE,
            }
        ],
        "has_more": False,
        "next_cursor": None,
    },
    response_only=True,
)

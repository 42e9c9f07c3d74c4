"""Shapes of bodies and answers about dispositions, for the OpenAPI document, with their examples."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.core.clock import rfc3339
from accounts.core.ids import encode
from accounts.core.money import Money
from accounts.rest.schemas import FieldErrorOut, MoneySerializer
from exchange.aftercare.selectors import DispositionFacts
from exchange.aftercare.services import Told
from exchange.core.dispositions import BY_FAMILY, COMMON, STAGES

RESULTS = ("recorded", "repeated", "refused")
_OWN = "; ".join(f"{family}: {', '.join(words)}" for family, words in BY_FAMILY.items())
STATUSES_TOLD = f"One of {', '.join(COMMON)}, or a word of the vertical ({_OWN})."


class DispositionIn(serializers.Serializer):  # type: ignore[type-arg]
    """What became of a lead you bought. Repeating it changes nothing; a correction is another report."""

    sale_id = serializers.CharField(required=False, help_text="Either this or lead_id.")
    lead_id = serializers.CharField(required=False)
    status = serializers.CharField(help_text=STATUSES_TOLD)
    occurred_at = serializers.DateTimeField()
    revenue = MoneySerializer(required=False)
    agent = serializers.CharField(required=False, max_length=120)


class DispositionsIn(serializers.Serializer):  # type: ignore[type-arg]
    """One report, or up to 500 under `dispositions`; a body has at most 64 kB."""

    dispositions = DispositionIn(many=True)


class DispositionOut(serializers.Serializer):  # type: ignore[type-arg]
    """A report as it is kept."""

    id = serializers.CharField()
    sale_id = serializers.CharField()
    lead_id = serializers.CharField()
    campaign_id = serializers.CharField(allow_null=True)
    vertical = serializers.CharField()
    status = serializers.CharField()
    stage = serializers.ChoiceField(choices=list(STAGES), help_text="What the status means: won and lost are outcomes.")
    occurred_at = serializers.DateTimeField()
    revenue = MoneySerializer(allow_null=True)
    agent = serializers.CharField(allow_null=True)
    recorded_at = serializers.DateTimeField()


class DispositionsOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of reports, newest first."""

    data = DispositionOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class ToldOut(serializers.Serializer):  # type: ignore[type-arg]
    """What became of one report of a batch."""

    place = serializers.IntegerField(help_text="Its place in the batch from 0; of a CSV the line below the header from 1.")
    result = serializers.ChoiceField(choices=RESULTS)
    id = serializers.CharField(allow_null=True)
    errors = FieldErrorOut(many=True)  # type: ignore[assignment]


class BatchOut(serializers.Serializer):  # type: ignore[type-arg]
    """What became of a batch: each report stands for itself."""

    recorded = serializers.IntegerField()
    repeated = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = ToldOut(many=True)


def show_disposition(row: DispositionFacts) -> dict[str, Any]:
    """Give a report's wire form."""
    return {
        "id": encode("disposition", row.disposition_id),
        "sale_id": encode("sale", row.sale_id),
        "lead_id": encode("lead", row.lead_id),
        "campaign_id": encode("campaign", row.campaign_id) if row.campaign_id else None,
        "vertical": row.vertical,
        "status": row.status,
        "stage": row.stage,
        "occurred_at": rfc3339(row.occurred_at),
        "revenue": None if row.revenue is None else Money(row.revenue, row.currency).as_json(),
        "agent": row.agent or None,
        "recorded_at": rfc3339(row.recorded_at),
    }


def show_batch(told: tuple[Told, ...], first: int = 0) -> dict[str, Any]:
    """Give a batch's wire form; its places count from `first`."""
    counts = {result: sum(one.result == result for one in told) for result in RESULTS}
    return {**counts, "results": [_show_told(place, one, first) for place, one in enumerate(told)]}


def _show_told(place: int, one: Told, first: int) -> dict[str, Any]:
    here = f"/{place}"
    return {
        "place": place + first,
        "result": one.result,
        "id": encode("disposition", one.report.disposition_id) if one.report else None,
        "errors": [{**error.as_json(), "pointer": error.pointer.removeprefix(here)} for error in one.errors],
    }


_ID, _AT = "01k2j3h4g5f6e7d8c9b0a1z2y3", "2026-11-22T13:05:09.120Z"
REPORT: dict[str, Any] = {
    "sale_id": f"sal_{_ID}",
    "status": "sale",
    "occurred_at": "2026-11-22T12:40:00Z",
    "revenue": {"amount": "8400.00", "currency": "USD"},
    "agent": "R. Diaz",
}
DISPOSITION: dict[str, Any] = {
    **REPORT,
    "id": f"dsp_{_ID}",
    "lead_id": f"led_{_ID}",
    "campaign_id": f"cmp_{_ID}",
    "vertical": "home.roofing",
    "stage": "won",
    "recorded_at": _AT,
}
BATCH = {
    "recorded": 1,
    "repeated": 0,
    "refused": 1,
    "results": [
        {"place": 0, "result": "recorded", "id": DISPOSITION["id"], "errors": []},
        {
            "place": 1,
            "result": "refused",
            "id": None,
            "errors": [{"pointer": "/sale_id", "code": "unknown", "detail": "You have bought nothing with this id."}],
        },
    ],
}
CSV = f"sale_id,status,occurred_at,revenue,agent\nsal_{_ID},sale,2026-11-22T12:40:00Z,8400.00,R. Diaz\n"

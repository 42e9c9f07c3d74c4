"""Shapes of bodies and answers, for the OpenAPI document. What a body may say is decided by campaigns.core."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.schemas import Complete, MoneySerializer
from campaigns.core.destinations import KINDS
from campaigns.core.drafts import POLICIES
from campaigns.core.limits import WINDOWS
from campaigns.core.schema import SALES_MAX
from campaigns.core.sources import STATUSES

CAMPAIGN_STATUSES = ("draft", "active", "paused")


class FloorShape(serializers.Serializer):  # type: ignore[type-arg]
    """A smallest payout; null means every vertical, every sub-id."""

    vertical = serializers.CharField(required=False, allow_null=True)
    sub_id = serializers.CharField(required=False, allow_null=True)
    floor_price = MoneySerializer()


class SourceIn(serializers.Serializer):  # type: ignore[type-arg]
    """Where leads come from."""

    name = serializers.CharField(max_length=120)
    status = serializers.ChoiceField(choices=list(STATUSES), required=False)
    verticals = serializers.ListField(child=serializers.CharField(), required=False, help_text="Empty means all.")
    floors = FloorShape(many=True, required=False)
    allowed_advertisers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Ids org_...; when there are any, only those may buy."
    )
    blocked_advertisers = serializers.ListField(child=serializers.CharField(), required=False, help_text="Ids org_...")
    sales_max = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=SALES_MAX,
        help_text="To how many advertisers a lead may go; a ping may say otherwise.",
    )


class SourceOut(Complete, SourceIn):
    """A source."""

    id = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SourcesOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of sources, newest first."""

    data = SourceOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class BandShape(serializers.Serializer):  # type: ignore[type-arg]
    """From this score percentile upward: another price, or a factor."""

    percentile_from = serializers.CharField(help_text="0 to 100; higher is better.")
    price = MoneySerializer(required=False)
    factor = serializers.CharField(required=False)


class MultiplierShape(serializers.Serializer):  # type: ignore[type-arg]
    """A condition as in filters, and the factor it brings; 0 excludes."""

    field = serializers.CharField(help_text="A field of the vertical, sub_id, device, kind, source or hour_of_week.")
    op = serializers.CharField()
    value = serializers.JSONField(required=False)
    factor = serializers.CharField()


class ValueShape(serializers.Serializer):  # type: ignore[type-arg]
    """Bid chance x value x (1 - margin), once the model is proven on real outcomes."""

    value = MoneySerializer()
    margin = serializers.CharField(required=False)


class BidShape(serializers.Serializer):  # type: ignore[type-arg]
    """What the campaign offers."""

    base_price = MoneySerializer()
    bands = BandShape(many=True, required=False)
    multipliers = MultiplierShape(many=True, required=False)
    min_price = MoneySerializer(required=False, allow_null=True)
    max_price = MoneySerializer(required=False, allow_null=True)
    value = ValueShape(required=False, allow_null=True)


class CapShape(serializers.Serializer):  # type: ignore[type-arg]
    """At most so many leads in each window, of all sources or of one."""

    window = serializers.ChoiceField(choices=list(WINDOWS))
    limit = serializers.IntegerField(min_value=0)
    source = serializers.CharField(required=False)  # type: ignore[assignment]


class BudgetShape(serializers.Serializer):  # type: ignore[type-arg]
    """At most so much money in each window, for all sources or for one."""

    window = serializers.ChoiceField(choices=list(WINDOWS))
    limit = MoneySerializer()
    source = serializers.CharField(required=False)  # type: ignore[assignment]


class ConsentShape(serializers.Serializer):  # type: ignore[type-arg]
    """What a lead's consent must be."""

    policy = serializers.ChoiceField(choices=list(POLICIES), required=False)
    age_days_max = serializers.IntegerField(min_value=1, required=False)


class DestinationIn(serializers.Serializer):  # type: ignore[type-arg]
    """Where leads go: an HTTP address; each request is signed as a Standard Webhook."""

    kind = serializers.ChoiceField(choices=list(KINDS), required=False)
    url = serializers.CharField(max_length=500)
    headers = serializers.DictField(child=serializers.CharField(), required=False, help_text="Sent along; never shown again.")
    secret = serializers.CharField(required=False, help_text="whsec_...; made by the exchange when left out.")


class DestinationOut(serializers.Serializer):  # type: ignore[type-arg]
    """A destination; its secret is shown only in the answer to the request that set it."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KINDS))
    url = serializers.CharField()
    secret = serializers.CharField(required=False)


class CampaignPatch(serializers.Serializer):  # type: ignore[type-arg]
    """Parts of a campaign; null resets a part to its default."""

    name = serializers.CharField(max_length=120, required=False)
    zone = serializers.CharField(required=False, help_text="Time zone of all its windows and hours, such as America/Chicago.")
    filter = serializers.DictField(
        required=False, allow_null=True, help_text='{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead.'
    )
    bid = BidShape(required=False, allow_null=True)
    caps = CapShape(many=True, required=False)
    budgets = BudgetShape(many=True, required=False)
    schedule = serializers.DictField(
        required=False, allow_null=True, help_text='{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open.'
    )
    exclusive = serializers.BooleanField(required=False)
    sales_max = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=2,
        max_value=SALES_MAX,
        help_text="Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows.",
    )
    score_percentile_min = serializers.CharField(required=False, allow_null=True)
    dedupe_days = serializers.IntegerField(required=False, min_value=0, max_value=365)
    allowed_sources = serializers.ListField(child=serializers.CharField(), required=False)
    blocked_sources = serializers.ListField(child=serializers.CharField(), required=False)
    consent = ConsentShape(required=False)
    destination = DestinationIn(required=False)


class CampaignIn(CampaignPatch):
    """A new campaign."""

    name = serializers.CharField(max_length=120)
    vertical = serializers.CharField()


class RevisionOut(serializers.Serializer):  # type: ignore[type-arg]
    """The revision in force."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    published_at = serializers.DateTimeField()


class CampaignOut(Complete, CampaignIn):
    """A campaign: its draft, and which revision is in force."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=CAMPAIGN_STATUSES)
    paused_reason = serializers.CharField(allow_null=True, help_text="Set when the exchange paused it; says what to do.")
    filter_text = serializers.CharField()
    destination = DestinationOut(allow_null=True)  # type: ignore[assignment]
    revision = RevisionOut(allow_null=True)
    unpublished_changes = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CampaignsOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of campaigns, newest first."""

    data = CampaignOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


_AT = "2026-11-22T13:05:09.120Z"
_ID = "01k2j3h4g5f6e7d8c9b0a1z2y3"
SOURCE_IN: dict[str, Any] = {
    "name": "roofing-quotes.example",
    "verticals": ["home.roofing"],
    "floors": [{"vertical": "home.roofing", "sub_id": None, "floor_price": {"amount": "8.00", "currency": "USD"}}],
}
SOURCE_OUT: dict[str, Any] = {
    "id": f"src_{_ID}",
    "name": SOURCE_IN["name"],
    "status": "active",
    "verticals": SOURCE_IN["verticals"],
    "floors": SOURCE_IN["floors"],
    "allowed_advertisers": [],
    "blocked_advertisers": [],
    "sales_max": 1,
    "created_at": _AT,
    "updated_at": _AT,
}
CAMPAIGN_IN: dict[str, Any] = {
    "name": "Texas roofs",
    "vertical": "home.roofing",
    "zone": "America/Chicago",
    "filter": {
        "all": [
            {"field": "state", "op": "in", "value": ["OK", "TX"]},
            {"field": "home_ownership", "op": "eq", "value": "own"},
        ]
    },
    "bid": {
        "base_price": {"amount": "40.00", "currency": "USD"},
        "bands": [{"percentile_from": "80", "factor": "1.25"}],
        "multipliers": [{"field": "storm_damage", "op": "is_true", "factor": "1.1"}],
        "max_price": {"amount": "60.00", "currency": "USD"},
    },
    "caps": [{"window": "day", "limit": 50}],
    "budgets": [{"window": "day", "limit": {"amount": "1500.00", "currency": "USD"}}],
    "schedule": {"hours": {"mon": [[8, 20]], "tue": [[8, 20]]}, "holidays": ["2026-12-25"]},
    "destination": {"url": "https://crm.example.com/leads"},
}
DESTINATION_OUT = {"id": f"dst_{_ID}", "kind": "http", "url": "https://crm.example.com/leads"}
CAMPAIGN_OUT: dict[str, Any] = {
    **CAMPAIGN_IN,
    "id": f"cmp_{_ID}",
    "status": "active",
    "paused_reason": None,
    "exclusive": True,
    "sales_max": None,
    "score_percentile_min": None,
    "dedupe_days": 90,
    "allowed_sources": [],
    "blocked_sources": [],
    "consent": {"policy": "basic", "age_days_max": 30},
    "filter_text": "state in (OK, TX) and home_ownership = own",
    "destination": DESTINATION_OUT,
    "revision": {"id": f"rev_{_ID}", "number": 1, "published_at": _AT},
    "unpublished_changes": False,
    "created_at": _AT,
    "updated_at": _AT,
}

"""The 17 fields of a ping, checked one by one."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from benchmarks.market import CHOICES, STATES


class LeadSerializer(serializers.Serializer[dict[str, Any]]):
    """The vertical's own fields."""

    zip = serializers.RegexField(r"^\d{5}$")
    state = serializers.ChoiceField(choices=STATES)
    scope = serializers.ChoiceField(choices=CHOICES["scope"])
    home_ownership = serializers.ChoiceField(choices=CHOICES["home_ownership"])
    property_type = serializers.ChoiceField(choices=CHOICES["property_type"], required=False)
    timeframe = serializers.ChoiceField(choices=CHOICES["timeframe"], required=False)
    roof_type = serializers.ChoiceField(choices=CHOICES["roof_type"], required=False)
    credit_band = serializers.ChoiceField(choices=CHOICES["credit_band"], required=False)
    roof_age_years = serializers.IntegerField(min_value=0, max_value=150, required=False)
    stories = serializers.IntegerField(min_value=1, max_value=10, required=False)
    utility_bill = serializers.IntegerField(min_value=0, max_value=5000, required=False)
    storm_damage = serializers.BooleanField(required=False)


class BehaviourSerializer(serializers.Serializer[dict[str, Any]]):
    """What the visitor did before the lead."""

    device = serializers.ChoiceField(choices=("desktop", "mobile", "tablet", "other"), required=False)
    pages_viewed = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    time_on_site_seconds = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)


class ContactHashesSerializer(serializers.Serializer[dict[str, Any]]):
    """Who it is, as hashes."""

    phone_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    email_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")


class PingSerializer(serializers.Serializer[dict[str, Any]]):
    """The body of POST /pings."""

    source = serializers.CharField(max_length=120)
    vertical = serializers.CharField(max_length=40)
    lead = LeadSerializer()
    behaviour = BehaviourSerializer(required=False)
    contact_hashes = ContactHashesSerializer()

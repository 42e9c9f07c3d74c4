"""What every app says to OpenAPI in the same words: an amount of money, the problem document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Complete(serializers.Serializer[Any]):
    """An answer made of the members of its request: what may be left out there always stands here."""

    def get_fields(self) -> dict[str, Any]:
        """Give the fields, all of them required."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = True
        return fields


class MoneySerializer(serializers.Serializer[Any]):
    """An amount in the currency of the caller's market: USD with live keys, XTS with test keys."""

    amount = serializers.RegexField(r"^-?\d+(\.\d{1,6})?$", help_text='Decimal number as text, such as "41.50".')
    currency = serializers.CharField(min_length=3, max_length=3)


class FieldErrorOut(serializers.Serializer[Any]):
    """One wrong field."""

    pointer = serializers.CharField(help_text="JSON pointer into the body")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemOut(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="stable; branch on this")
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors = FieldErrorOut(many=True, required=False)  # type: ignore[assignment]


def problems(*statuses: int) -> dict[Any, Any]:
    """Give the refusals that only this operation knows, for extend_schema(responses=...); accounts.rest.openapi adds the rest."""
    return {(status, "application/problem+json"): ProblemOut for status in statuses}

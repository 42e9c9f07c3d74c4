"""GET /api/v1/me: who am I, in which mode, allowed to do what."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.ids import encode
from accounts.core.roles import KINDS
from accounts.rest.limits import rate_of
from accounts.rest.views import TenantView


class OrganizationOut(serializers.Serializer):  # type: ignore[type-arg]
    """The caller's organization."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KINDS))


class MeOut(serializers.Serializer):  # type: ignore[type-arg]
    """What a key is."""

    organization = OrganizationOut()
    mode = serializers.ChoiceField(choices=["live", "test"])
    currency = serializers.CharField()
    key_id = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    rate_limit = serializers.IntegerField(help_text="requests a second for this key, 0 for no limit")


EXAMPLE = OpenApiExample(
    "A publisher's live key",
    {
        "organization": {"id": "org_01k2j3h4g5f6e7d8c9b0a1z2y3", "name": "Bright Homes Media", "kind": "publisher"},
        "mode": "live",
        "currency": "USD",
        "key_id": "key_01k2j3h4g5f6e7d8c9b0a1z2y3",
        "scopes": ["leads:read", "pings:write"],
        "rate_limit": 500,
    },
    response_only=True,
)


class MeView(TenantView):
    """The best first call."""

    @extend_schema(operation_id="getMe", tags=["Identity"], responses=MeOut, examples=[EXAMPLE])
    def get(self, request: Request) -> Response:
        """Say who this key is."""
        caller = self.caller
        return Response(
            {
                "organization": {
                    "id": encode("organization", caller.organization_id),
                    "name": caller.organization_name,
                    "kind": caller.kind,
                },
                "mode": caller.mode,
                "currency": caller.currency,
                "key_id": encode("key", caller.key_id),
                "scopes": sorted(caller.scopes),
                "rate_limit": rate_of(caller),
            }
        )

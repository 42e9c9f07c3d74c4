"""/api/v1/evidence: what each model version has scored, and its signed file."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import rfc3339, utc_now
from accounts.core.errors import FieldError, Problem, invalid
from accounts.rest.bodies import answered
from accounts.rest.views import TenantView
from accounts.signing import public_key
from reporting.evidence import Held, export_holdout, list_held

TAGS = ["Evidence"]
_KEY, _AT = "qzBOBaz1lEZ8mGQuP5WdZ2Vj0m2oRXbCh5HkQj6DqZU=", "2026-11-22T13:05:09.120Z"
HELD = {"version": "home.roofing/1", "leads": 4210, "known": 1877, "first_at": _AT, "latest_at": _AT}


class HeldOut(serializers.Serializer):  # type: ignore[type-arg]
    """A model version, and the leads of yours that it scored."""

    version = serializers.CharField()
    leads = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Those with a final report.")
    first_at = serializers.DateTimeField()
    latest_at = serializers.DateTimeField()


class EvidenceOut(serializers.Serializer):  # type: ignore[type-arg]
    """What there is to verify, and the key that verifies it."""

    public_key = serializers.CharField(help_text="Ed25519, base64.")
    versions = HeldOut(many=True)


class EvidenceFileOut(serializers.Serializer):  # type: ignore[type-arg]
    """A signed file: write `content` to a file as it is, and verify it."""

    name = serializers.CharField()
    content = serializers.CharField()


class EvidenceView(TenantView):
    """The versions that scored the caller's leads."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="listEvidence",
        tags=TAGS,
        responses={200: EvidenceOut},
        examples=[answered("One version", {"public_key": _KEY, "versions": [HELD]})],
    )
    def get(self, request: Request) -> Response:
        """List the model versions that scored leads you bought (the operator: anybody's), the latest first."""
        return Response({"public_key": public_key(), "versions": [_shown(held) for held in list_held(self.caller)]})


class EvidenceFileView(TenantView):
    """The signed file of one version."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="getEvidenceFile",
        tags=TAGS,
        responses={200: EvidenceFileOut},
        parameters=[OpenApiParameter("version", str, required=True, description="Such as home.roofing/1.")],
        examples=[answered("A file", {"name": "calibration-home.roofing-1.jsonl", "content": '{"format": "leadwright-...'})],
    )
    def get(self, request: Request) -> Response:
        """Read the holdout of a model version: chances, outcomes, salts and hashes, signed; verify_calibration.py checks it."""
        version = request.query_params.get("version", "")
        if not version:
            raise invalid([FieldError("/version", "required", "Name a version of GET /evidence.")])
        try:
            made = export_holdout(self.caller, version, at=utc_now())
        except Problem as problem:
            if problem.code != "not_found":
                raise
            words = "No lead of yours was scored by it; GET /evidence lists yours."
            raise invalid([FieldError("/version", "unknown", words)]) from problem
        return Response({"name": made.name, "content": made.content.decode()})


def _shown(held: Held) -> dict[str, Any]:
    return {
        "version": held.version, "leads": held.leads, "known": held.known, "first_at": rfc3339(held.first_at),
        "latest_at": rfc3339(held.latest_at),
    }  # fmt: skip

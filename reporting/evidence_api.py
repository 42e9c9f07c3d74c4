"""/api/v1/evidence: what each model version has scored, and its signed file."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import rfc3339, utc_now
from accounts.core.errors import FieldError, Problem, invalid
from accounts.rest.bodies import answered, day_asked
from accounts.rest.views import TenantView
from accounts.signing import public_key
from reporting.evidence import WINDOW_DAYS, Held, Window, export_holdout, latest_window, list_held

TAGS = ["Evidence"]
DAYS_MAX, LEADS_MAX = 366, 20_000
SERVED = [
    OpenApiParameter("from", date, description=f"First day of serving, UTC; {WINDOW_DAYS} days back unless given."),
    OpenApiParameter("to", date, description="Last day of serving, UTC, itself included; today unless given."),
]
_KEY, _AT = "qzBOBaz1lEZ8mGQuP5WdZ2Vj0m2oRXbCh5HkQj6DqZU=", "2026-11-22T13:05:09.120Z"
HELD = {"version": "home.roofing/1", "leads": 4210, "known": 1877, "first_at": _AT, "latest_at": _AT}


class HeldOut(serializers.Serializer):  # type: ignore[type-arg]
    """A model version, and the leads of yours that it scored."""

    version = serializers.CharField()
    leads = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Those that are mature and have an outcome: the figures of the file are of these.")
    first_at = serializers.DateTimeField()
    latest_at = serializers.DateTimeField()


class EvidenceOut(serializers.Serializer):  # type: ignore[type-arg]
    """What there is to verify, and the key that verifies it."""

    public_key = serializers.CharField(help_text="Ed25519, base64.")
    versions = HeldOut(many=True)


class EvidenceFileOut(serializers.Serializer):  # type: ignore[type-arg]
    """A signed file of at most 20,000 leads: write `content` to a file as it is, and verify it."""

    name = serializers.CharField()
    content = serializers.CharField()


class EvidenceView(TenantView):
    """The versions that scored the caller's leads."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="listEvidence",
        tags=TAGS,
        responses={200: EvidenceOut},
        parameters=SERVED,
        examples=[answered("One version", {"public_key": _KEY, "versions": [HELD]})],
    )
    def get(self, request: Request) -> Response:
        """List the model versions that scored leads you bought (the operator: anybody's), the latest first."""
        at = utc_now()
        held = list_held(self.caller, _window(request, at), at=at)
        return Response({"public_key": public_key(), "versions": [_shown(one) for one in held]})


class EvidenceFileView(TenantView):
    """The signed file of one version."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="getEvidenceFile",
        tags=TAGS,
        responses={200: EvidenceFileOut},
        parameters=[OpenApiParameter("version", str, required=True, description="Such as home.roofing/1."), *SERVED],
        examples=[answered("A file", {"name": "calibration-home.roofing-1.jsonl", "content": '{"format": "leadwright-...'})],
    )
    def get(self, request: Request) -> Response:
        """Read the holdout of a model version: chances, outcomes, salts and hashes, signed; verify_calibration.py checks it."""
        version, at = request.query_params.get("version", ""), utc_now()
        if not version:
            raise invalid([FieldError("/version", "required", "Name a version of GET /evidence.")])
        try:
            # An answer is one JSON object in memory, so it holds so many leads at most; the page's file has no such end.
            made = export_holdout(self.caller, version, _window(request, at), at=at, leads_max=LEADS_MAX)
        except Problem as problem:
            if problem.code != "not_found":
                raise
            words = "No lead of yours was scored by it in these days; GET /evidence lists yours."
            raise invalid([FieldError("/version", "unknown", words)]) from problem
        with made.file as file:
            return Response({"name": made.name, "content": file.read().decode()})


def _window(request: Request, at: datetime) -> Window:
    since, last = day_asked(request, "from"), day_asked(request, "to")
    until = at if last is None else last + timedelta(days=1)
    window = latest_window(until) if since is None else Window(since, until)
    if not timedelta(0) < window.until - window.since <= timedelta(days=DAYS_MAX):
        raise invalid([FieldError("/from", "out_of_range", f"Ask for 1 to {DAYS_MAX} days, from the first to the last.")])
    return window


def _shown(held: Held) -> dict[str, Any]:
    return {
        "version": held.version, "leads": held.leads, "known": held.known, "first_at": rfc3339(held.first_at),
        "latest_at": rfc3339(held.latest_at),
    }  # fmt: skip

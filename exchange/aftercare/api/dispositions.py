"""POST /api/v1/dispositions (one, a batch) and /dispositions/csv, and the list of what was reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, Problem, invalid
from accounts.rest.bodies import PAGE, answered, asked, body_of, id_asked, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from exchange.aftercare import selectors, services
from exchange.aftercare.api.shapes import (
    BATCH,
    CSV,
    DISPOSITION,
    REPORT,
    BatchOut,
    DispositionIn,
    DispositionOut,
    DispositionsIn,
    DispositionsOut,
    show_batch,
    show_disposition,
)
from exchange.core.dispositions import ENTRIES_MAX, rows_of_csv

TAGS = ["Dispositions"]
SCOPE = "dispositions:write"


class DispositionsView(TenantView):
    """All reports of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read", "POST": SCOPE}

    @extend_schema(
        operation_id="listDispositions",
        tags=TAGS,
        responses={200: DispositionsOut},
        examples=[answered("One report", page(DISPOSITION))],
        parameters=[
            *PAGE,
            OpenApiParameter("sale_id", str, description="Only those on one sale."),
            OpenApiParameter("lead_id", str, description="Only those on one lead."),
        ],
    )
    def get(self, request: Request) -> Response:
        """List your reports, newest first; of one sale the latest by occurred_at counts."""
        rows = selectors.disposition_rows(
            sale_id=id_asked(request, "sale_id", "sale"), lead_id=id_asked(request, "lead_id", "lead")
        )
        shown = page_of(request, rows, "disposition", lambda row: show_disposition(selectors.disposition_facts(row)))
        return Response(shown)

    @extend_schema(
        operation_id="createDispositions",
        tags=TAGS,
        parameters=[KEY],
        request=PolymorphicProxySerializer(
            component_name="DispositionsBody", serializers=[DispositionIn, DispositionsIn], resource_type_field_name=None
        ),
        responses={
            201: DispositionOut,
            200: PolymorphicProxySerializer(
                component_name="DispositionsAnswer", serializers=[BatchOut, DispositionOut], resource_type_field_name=None
            ),
        },
        examples=[
            asked("One report", REPORT),
            asked("A batch", {"dispositions": [REPORT]}),
            answered("Recorded", DISPOSITION, "201"),
            answered("A batch with one refusal", BATCH),
            answered("Known before", DISPOSITION),
        ],
    )
    def post(self, request: Request) -> Response:
        """Report what became of a lead: 201, or 200 when it was known. A batch answers 200 with a result for each."""
        body = body_of(request)
        if "dispositions" not in body:
            told = services.record_disposition(**self._who(), data=body)
            assert told.report is not None, "a refused report raises"
            return Response(show_disposition(told.report), status=201 if told.result == "recorded" else 200)
        entries = body.pop("dispositions")
        if body or not isinstance(entries, list) or not 1 <= len(entries) <= ENTRIES_MAX:
            words = f"Must be a list of 1 to {ENTRIES_MAX} reports, and nothing beside it."
            raise invalid([FieldError("/dispositions", "wrong_type", words)])
        return Response(show_batch(services.record_dispositions(**self._who(), entries=entries)))

    def _who(self) -> dict[str, Any]:
        caller = self.caller
        return {
            "organization_id": caller.organization_id,
            "currency": caller.currency,
            "actor": self.actor,
            "at": utc_now(),
        }


class CsvText(BaseParser):
    """CSV in UTF-8."""

    media_type = "text/csv"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Give the text; raises Problem malformed_body."""
        try:
            text: str = stream.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Problem("malformed_body", "This is not CSV in UTF-8.") from error
        if "\0" in text:
            raise Problem("malformed_body", "The text contains the NUL character; leave it out.")
        return text


class DispositionsCsvView(DispositionsView):
    """Reports as a file."""

    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}
    http_method_names = ("post", "options")
    parser_classes = (CsvText,)

    @extend_schema(
        operation_id="uploadDispositions",
        tags=TAGS,
        parameters=[KEY],
        request={"text/csv": OpenApiTypes.STR},
        responses={200: BatchOut},
        examples=[OpenApiExample("Two lines", CSV, request_only=True, media_type="text/csv"), answered("Each line", BATCH)],
    )
    def post(self, request: Request) -> Response:
        """Report by CSV: a header line with sale_id or lead_id, status, occurred_at, revenue, agent; then at most 500 lines."""
        entries = rows_of_csv(str(request.data or ""), currency=self.caller.currency)
        return Response(show_batch(services.record_dispositions(**self._who(), entries=entries), first=1))

"""CRUD /api/v1/sources."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.bodies import PAGE, answered, asked, body_of, id_of, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from campaigns import selectors, services
from campaigns.api.rows import show_source
from campaigns.api.shapes import SOURCE_IN, SOURCE_OUT, SourceIn, SourceOut, SourcesOut


class SourcesView(TenantView):
    """All sources of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "sources:read", "POST": "sources:write"}

    @extend_schema(
        operation_id="listSources",
        tags=["Sources"],
        responses=SourcesOut,
        parameters=PAGE,
        examples=[answered("One source", page(SOURCE_OUT))],
    )
    def get(self, request: Request) -> Response:
        """List your sources, newest first."""
        return Response(page_of(request, selectors.source_rows(), "source", lambda row: show_source(row, self.caller.currency)))

    @extend_schema(
        operation_id="createSource",
        tags=["Sources"],
        parameters=[KEY],
        request=SourceIn,
        responses={201: SourceOut},
        examples=[asked("A site with a floor", SOURCE_IN), answered("The new source", SOURCE_OUT, "201")],
    )
    def post(self, request: Request) -> Response:
        """Create a source; it may ping at once."""
        row = services.create_source(organization_id=self.caller.organization_id, data=body_of(request), actor=self.actor)
        return Response(show_source(row, self.caller.currency), status=201)


class SourceView(TenantView):
    """One source of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "sources:read", "PATCH": "sources:write", "DELETE": "sources:write"}

    @extend_schema(operation_id="getSource", tags=["Sources"], responses=SourceOut, examples=[answered("A source", SOURCE_OUT)])
    def get(self, request: Request, source_id: str) -> Response:
        """Read a source."""
        row = selectors.get_source(source_id=id_of("source", source_id))
        return Response(show_source(row, self.caller.currency))

    @extend_schema(
        operation_id="updateSource",
        tags=["Sources"],
        request=SourceIn,
        responses=SourceOut,
        examples=[asked("Pause it", {"status": "paused"}), answered("The source", {**SOURCE_OUT, "status": "paused"})],
    )
    def patch(self, request: Request, source_id: str) -> Response:
        """Change parts of a source; null resets one to its default."""
        row = services.update_source(
            organization_id=self.caller.organization_id,
            source_id=id_of("source", source_id),
            changes=body_of(request),
            actor=self.actor,
        )
        return Response(show_source(row, self.caller.currency))

    @extend_schema(operation_id="deleteSource", tags=["Sources"], responses={204: None})
    def delete(self, request: Request, source_id: str) -> Response:
        """Remove a source for good; its leads and sales stay."""
        services.archive_source(
            organization_id=self.caller.organization_id, source_id=id_of("source", source_id), actor=self.actor
        )
        return Response(status=204)

"""CRUD /api/v1/campaigns, and publish, pause, resume."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.errors import FieldError, invalid
from accounts.rest.bodies import PAGE, answered, asked, body_of, id_of, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from campaigns import selectors, services
from campaigns.api.rows import show_campaign
from campaigns.api.shapes import (
    CAMPAIGN_IN,
    CAMPAIGN_OUT,
    DESTINATION_OUT,
    CampaignIn,
    CampaignOut,
    CampaignPatch,
    CampaignsOut,
)

TAGS = ["Campaigns"]
DRAFT = {**CAMPAIGN_OUT, "status": "draft", "revision": None, "unpublished_changes": True}
DRAFT_WITH_SECRET = {**DRAFT, "destination": {**DESTINATION_OUT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}


class CampaignsView(TenantView):
    """All campaigns of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "campaigns:read", "POST": "campaigns:write"}

    @extend_schema(
        operation_id="listCampaigns",
        tags=TAGS,
        responses=CampaignsOut,
        parameters=PAGE,
        examples=[answered("One campaign", page(CAMPAIGN_OUT))],
    )
    def get(self, request: Request) -> Response:
        """List your campaigns, newest first."""
        rows = selectors.list_campaigns()
        return Response(page_of(request, rows, "campaign", lambda row: show_campaign(row, self.caller.currency)))

    @extend_schema(
        operation_id="createCampaign",
        tags=TAGS,
        parameters=[KEY],
        request=CampaignIn,
        responses={201: CampaignOut},
        examples=[asked("Roofs in two states", CAMPAIGN_IN), answered("The draft", DRAFT_WITH_SECRET, "201")],
    )
    def post(self, request: Request) -> Response:
        """Create a campaign as a draft; publish it to start buying. The destination's secret is shown only here."""
        body = body_of(request)
        row = services.create_campaign(
            organization_id=self.caller.organization_id,
            name=body.pop("name", ""),
            vertical=body.pop("vertical", ""),
            destination=body.pop("destination", None),
            draft=body,
            actor=self.actor,
        )
        return Response(show_campaign(row, self.caller.currency, with_secret=True), status=201)


class CampaignView(TenantView):
    """One campaign of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "campaigns:read", "PATCH": "campaigns:write", "DELETE": "campaigns:write"}

    @extend_schema(operation_id="getCampaign", tags=TAGS, responses=CampaignOut, examples=[answered("A campaign", CAMPAIGN_OUT)])
    def get(self, request: Request, campaign_id: str) -> Response:
        """Read a campaign: its draft, and which revision is in force."""
        row = selectors.get_campaign(campaign_id=id_of("campaign", campaign_id))
        return Response(show_campaign(row, self.caller.currency))

    @extend_schema(
        operation_id="updateCampaign",
        tags=TAGS,
        request=CampaignPatch,
        responses=CampaignOut,
        examples=[
            asked("A higher cap", {"caps": [{"window": "day", "limit": 80}]}),
            answered("The draft", {**CAMPAIGN_OUT, "caps": [{"window": "day", "limit": 80}], "unpublished_changes": True}),
        ],
    )
    def patch(self, request: Request, campaign_id: str) -> Response:
        """Change parts of the draft; publish to put them in force. Name and destination change at once."""
        body = body_of(request)
        if "vertical" in body:
            raise invalid([FieldError("/vertical", "not_allowed", "A campaign keeps its vertical; create another one.")])
        destination = body.pop("destination", None)
        row = services.update_draft(
            organization_id=self.caller.organization_id,
            campaign_id=id_of("campaign", campaign_id),
            name=body.pop("name", None),
            destination=destination,
            changes=body,
            actor=self.actor,
        )
        return Response(show_campaign(row, self.caller.currency, with_secret=destination is not None))

    @extend_schema(operation_id="deleteCampaign", tags=TAGS, responses={204: None})
    def delete(self, request: Request, campaign_id: str) -> Response:
        """Remove a campaign for good; what it bought stays."""
        services.archive(
            organization_id=self.caller.organization_id, campaign_id=id_of("campaign", campaign_id), actor=self.actor
        )
        return Response(status=204)


class _ActionView(TenantView):
    scopes: ClassVar[dict[str, str]] = {"POST": "campaigns:write"}

    def act(self, campaign_id: str, service: Any) -> Response:
        """Call a service on one campaign and show what became of it."""
        row = service(organization_id=self.caller.organization_id, campaign_id=id_of("campaign", campaign_id), actor=self.actor)
        return Response(show_campaign(row, self.caller.currency))


class PublishView(_ActionView):
    """Put a draft in force."""

    @extend_schema(
        operation_id="publishCampaign",
        tags=TAGS,
        parameters=[KEY],
        request=None,
        responses=CampaignOut,
        examples=[answered("In force", CAMPAIGN_OUT)],
    )
    def post(self, request: Request, campaign_id: str) -> Response:
        """Put the draft in force as a new revision; the first time this starts the campaign."""
        return self.act(campaign_id, services.publish)


class PauseView(_ActionView):
    """Take a campaign out of the market."""

    @extend_schema(
        operation_id="pauseCampaign",
        tags=TAGS,
        parameters=[KEY],
        request=None,
        responses=CampaignOut,
        examples=[answered("Paused", {**CAMPAIGN_OUT, "status": "paused"})],
    )
    def post(self, request: Request, campaign_id: str) -> Response:
        """Stop buying; quotes already given stay firm."""
        return self.act(campaign_id, services.pause)


class ResumeView(_ActionView):
    """Put a paused campaign back into the market."""

    @extend_schema(
        operation_id="resumeCampaign",
        tags=TAGS,
        parameters=[KEY],
        request=None,
        responses=CampaignOut,
        examples=[answered("Active", CAMPAIGN_OUT)],
    )
    def post(self, request: Request, campaign_id: str) -> Response:
        """Buy again."""
        return self.act(campaign_id, services.resume)

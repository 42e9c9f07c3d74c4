"""POST /api/v1/campaigns/{id}/test-lead: try the destination with a made-up lead."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.rest.bodies import answered, id_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from exchange.delivery.api.shapes import TRIAL, TrialOut, show_trial
from exchange.delivery.trials import send_test_lead


class LeadTrialView(TenantView):
    """A test lead."""

    scopes: ClassVar[dict[str, str]] = {"POST": "campaigns:write"}

    @extend_schema(
        operation_id="sendTestLead",
        tags=["Deliveries"],
        parameters=[KEY],
        request=None,
        responses={200: TrialOut},
        examples=[answered("It was accepted", TRIAL)],
    )
    def post(self, request: Request, campaign_id: str) -> Response:
        """Send a made-up lead, marked as such, to the campaign's destination now: no sale, no money; gives the real answer."""
        trial = send_test_lead(
            campaign_id=id_of("campaign", campaign_id), currency=self.caller.currency, actor=self.actor, at=utc_now()
        )
        return Response(show_trial(trial))

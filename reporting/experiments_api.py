"""/api/v1/experiments: experiments created, started, stopped and read with what they show.

The operator has its own, and each advertiser those on the bid rules of its campaigns: nobody finds anybody else's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.rest.bodies import PAGE, answered, asked, body_of, id_of, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from reporting.experiments import results_of, whose, writes
from reporting.experiments_shapes import (
    EXPERIMENT,
    ON_A_BID_RULE,
    ROW,
    RUNNING,
    STOPPED,
    WISH,
    ExperimentIn,
    ExperimentOut,
    ExperimentsOut,
    show_experiment,
    show_results,
)
from reporting.experiments_shapes import SHOWN as WITH_RESULTS
from reporting.selectors import reach
from scoring import experiments as services
from scoring.experiments import ExperimentFacts

TAGS = ["Experiments"]
READ, WRITE, OPERATE = "campaigns:read", "campaigns:write", "exchange:operate"
ID = [OpenApiParameter("experiment_id", str, OpenApiParameter.PATH, description="exp_...")]


class ExperimentsView(TenantView):
    """The caller's experiments."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ, "POST": WRITE}
    operator_scope = OPERATE

    @extend_schema(
        operation_id="listExperiments",
        tags=TAGS,
        responses={200: ExperimentsOut},
        parameters=PAGE,
        examples=[answered("One experiment", page(ROW))],
    )
    def get(self, request: Request) -> Response:
        """List your experiments, newest first: the operator's, or those on the bid rules of your campaigns."""
        with reach(self.caller):
            rows = services.experiment_rows(self.caller.mode, whose(self.caller))
            return Response(page_of(request, rows, "experiment", lambda row: show_experiment(services.facts_of(row))))

    @extend_schema(
        operation_id="createExperiment",
        tags=TAGS,
        parameters=[KEY],
        request=ExperimentIn,
        responses={201: ExperimentOut},
        examples=[asked("Two smallest prices", WISH), answered("The draft", EXPERIMENT, "201")],
    )
    def post(self, request: Request) -> Response:
        """Draft an experiment: the first arm is the control, and nothing is served by it until it is started.

        An advertiser tries published revisions of one campaign: it names `campaign_id` instead of `vertical`, and each arm's
        setting is the number of the revision by whose bid rule it bids. All else of the campaign stays as it is in force.
        """
        made = writes(self.caller).create_experiment(data=body_of(request), **_who(self))
        return Response(_whole(made), status=201)


class ExperimentView(TenantView):
    """One experiment."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ}
    operator_scope = OPERATE

    @extend_schema(
        operation_id="getExperiment",
        tags=TAGS,
        responses={200: ExperimentOut},
        parameters=ID,
        examples=[answered("It shows something", WITH_RESULTS), answered("On a campaign's bid rule", ON_A_BID_RULE)],
    )
    def get(self, request: Request, experiment_id: str) -> Response:
        """Read an experiment with what it shows now: the intervals hold however often you look."""
        return Response(_whole(services.get_experiment(id_of("experiment", experiment_id), self.caller.mode, whose(self.caller))))


class StartView(TenantView):
    """The start of an experiment."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}
    operator_scope = OPERATE

    @extend_schema(
        operation_id="startExperiment",
        tags=TAGS,
        request=None,
        responses={200: ExperimentOut},
        parameters=[*ID, KEY],
        examples=[answered("It runs", RUNNING)],
    )
    def post(self, request: Request, experiment_id: str) -> Response:
        """Divide the pings of the vertical, or those the campaign matches, among the arms; within two seconds everywhere."""
        asked_for = id_of("experiment", experiment_id)
        return Response(_whole(writes(self.caller).start_experiment(experiment_id=asked_for, **_who(self))))


class StopView(TenantView):
    """The end of an experiment."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}
    operator_scope = OPERATE

    @extend_schema(
        operation_id="stopExperiment",
        tags=TAGS,
        request=None,
        responses={200: ExperimentOut},
        parameters=[*ID, KEY],
        examples=[answered("It is over", STOPPED)],
    )
    def post(self, request: Request, experiment_id: str) -> Response:
        """Serve every ping as before; what was seen stays, and goes on maturing."""
        asked_for = id_of("experiment", experiment_id)
        return Response(_whole(writes(self.caller).stop_experiment(experiment_id=asked_for, **_who(self))))


def _who(view: TenantView) -> dict[str, Any]:
    caller = view.caller
    return {"mode": caller.mode, "organization_id": caller.organization_id, "actor": view.actor, "at": utc_now()}


def _whole(found: ExperimentFacts) -> dict[str, Any]:
    return {**show_experiment(found), "results": show_results(results_of(found, at=utc_now()))}

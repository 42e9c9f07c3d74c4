"""Experiments and who was exposed to which arm. An exposure is written by the journal and never changes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel, Uuid7Field
from scoring.core.arms import BID_RULE, KINDS, METRICS, UNITS

STATES = (("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped"))


class Experiment(ExchangeModel):
    """One question put to the traffic of a vertical. `arms` are {name, weight, setting}; the first is the control.

    `window_days`: a win counts when it happened so soon after the ping. `guardrails` are {metric, harm_max}. An experiment on
    the bid rule of a campaign is its advertiser's, which may read it; the others are the operator's.
    """

    id = Uuid7Field()
    name = models.CharField(max_length=80)
    hypothesis = models.CharField(max_length=500)
    mode = models.CharField(max_length=4, choices=(("live", "Live"), ("test", "Test")))
    vertical = models.CharField(max_length=60)
    advertiser_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=8, choices=list(KINDS.items()))
    unit = models.CharField(max_length=6, choices=list(UNITS.items()))
    arms = models.JSONField()
    salt = models.CharField(max_length=32)
    metric = models.CharField(max_length=10, choices=list(METRICS.items()))
    guardrails = models.JSONField(default=list)
    window_days = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=STATES, default="draft")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("advertiser_id", "id"), name="experiment_of_advertiser"),)
        constraints = (
            models.UniqueConstraint(
                fields=("mode", "vertical", "kind"),
                condition=Q(state="running", campaign_id=None),
                name="experiment_one_of_a_kind_runs",
            ),
            models.UniqueConstraint(
                fields=("campaign_id",), condition=Q(state="running"), name="experiment_one_of_a_campaign_runs"
            ),
            models.CheckConstraint(
                name="experiment_of_its_side",
                condition=Q(kind=BID_RULE, advertiser_id__isnull=False, campaign_id__isnull=False)
                | (~Q(kind=BID_RULE) & Q(advertiser_id=None, campaign_id=None)),
            ),
            models.CheckConstraint(
                name="experiment_times",
                condition=Q(state="draft", started_at=None, stopped_at=None)
                | Q(state="running", started_at__isnull=False, stopped_at=None)
                | Q(state="stopped", started_at__isnull=False, stopped_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Exposure(ExchangeModel):
    """One ping that was served an arm. `unit` is the keyed hash the arm was drawn by: it names nobody."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="+")
    ping_id = models.UUIDField()
    arm = models.CharField(max_length=40)
    unit = models.CharField(max_length=32)
    served_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("experiment", "ping_id"), name="exposure_once"),)

    def __str__(self) -> str:
        return f"{self.ping_id} {self.arm}"

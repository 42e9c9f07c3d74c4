"""What learning leaves behind beside versions: levels, verdicts, runs, layers of campaigns, and the challenger's answers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel, ReferenceModel, Uuid7Field
from scoring.models.registry import Model, ModelVersion


class Level(ReferenceModel):
    """One fit of a vertical's intercept on a version; the newest of a version counts. `before` is the shift until then."""

    id = Uuid7Field()
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="levels")
    shift = models.FloatField()
    before = models.FloatField()
    labels = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    expected = models.FloatField()
    fitted_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("version", "-id"), name="level_newest"),)

    def __str__(self) -> str:
        return f"{self.version_id} {self.shift:+.3f}"


class Challenge(ReferenceModel):
    """One paired comparison of champion and challenger on the newest mature labels, and what came of it."""

    id = Uuid7Field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="challenges")
    champion = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    challenger = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    champion_loss = models.FloatField()
    challenger_loss = models.FloatField()
    gain = models.FloatField()
    z = models.FloatField()
    won = models.BooleanField()
    reason = models.CharField(max_length=200)
    judged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.challenger_id} against {self.champion_id}"


class TrainingRun(ExchangeModel):
    """One training of a vertical: asked for, under way, and how it ended. At most one of a vertical is open."""

    STATES = (
        ("queued", "Waiting"),
        ("running", "Training"),
        ("done", "Done"),
        ("refused", "Refused"),
        ("failed", "Failed"),
    )

    id = Uuid7Field()
    vertical = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=STATES, default="queued")
    percent = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)
    organization_id = models.UUIDField()
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    detail = models.CharField(max_length=1000, blank=True, default="")
    findings = models.JSONField(default=list)
    asked_at = models.DateTimeField()
    progressed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("vertical",), condition=Q(state__in=("queued", "running")), name="training_run_open_once"
            ),
            models.CheckConstraint(name="training_run_percent", condition=Q(percent__lte=100)),
        )
        indexes = (models.Index(fields=("vertical", "-id"), name="training_run_newest"),)

    def __str__(self) -> str:
        return f"{self.vertical} {self.state}"


class CampaignLayer(ExchangeModel):
    """What a campaign adds to its vertical's answer: sigmoid(a logit(p) + b), and above 1,000 labels trees of its own."""

    PHASES = (
        ("prior", "Vertical's model"),
        ("intercept", "Own level"),
        ("platt", "Own level and spread"),
        ("boosted", "Own corrections"),
        ("local", "Own model"),
    )

    id = Uuid7Field()
    campaign_id = models.UUIDField()
    organization_id = models.UUIDField()
    vertical = models.CharField(max_length=60)
    a = models.FloatField()
    b = models.FloatField()
    phase = models.CharField(max_length=9, choices=PHASES)
    labels = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    features_version = models.PositiveIntegerField()
    columns = models.PositiveIntegerField(default=0)
    booster = models.TextField(blank=True, default="")
    fitted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("campaign_id", "vertical"), name="campaign_layer_once"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.phase}"


class ShadowScore(ExchangeModel):
    """What a challenger would have said of a ping that a champion served. No money follows it."""

    id = models.BigAutoField(primary_key=True)
    ping_id = models.UUIDField()
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    probability = models.FloatField()
    served_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("version", "ping_id"), name="shadow_score_once"),
            models.CheckConstraint(name="shadow_probability", condition=Q(probability__gt=0, probability__lt=1)),
        )
        indexes = (models.Index(fields=("version", "served_at"), name="shadow_window"),)

    def __str__(self) -> str:
        return f"{self.ping_id} {self.probability:.3f}"

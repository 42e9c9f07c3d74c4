"""The registry: one model a vertical, its versions, the aliases that say which version serves, and how they moved."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel, ReferenceModel, Uuid7Field


class Model(ReferenceModel):
    """What is predicted in one vertical: an outcome within a horizon.

    `waiting` mature labels no version had learned from when they were counted. Leads are read for the level `read_days` after
    their sale, None while they are read once they are due.
    """

    id = Uuid7Field()
    vertical = models.CharField(max_length=60, unique=True)
    outcome = models.CharField(max_length=40)
    horizon_days = models.PositiveSmallIntegerField()
    waiting = models.PositiveIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    read_days = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.vertical


class ModelVersion(ReferenceModel):
    """One trained model, never changed. `name` is "home.roofing/3"; `artifact` is compressed JSON, so loading it runs nothing.

    `engine` says what answers: trees, weights, or the mean logit of both; `pipeline` is the skops file of a logistic regression.
    `recipe` names everything a synthetic prior was made of. `judged_from_at` is where the rows begin that trained nothing. `card`
    holds what the model card says beside the figures, `parent` is the champion it was trained to replace. Only a version with
    proven skill on real outcomes may move money.
    """

    ORIGINS = (("synthetic", "Simulated leads"), ("outcomes", "Reported outcomes"))

    id = Uuid7Field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80, unique=True)
    origin = models.CharField(max_length=9, choices=ORIGINS)
    engine = models.CharField(max_length=60, default="lightgbm")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    badge = models.CharField(max_length=80)
    proven = models.BooleanField(default=False)
    recipe = models.CharField(max_length=64)
    features_version = models.PositiveIntegerField()
    simulator_version = models.PositiveIntegerField(null=True)
    rows = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    data_from_at = models.DateTimeField()
    data_until_at = models.DateTimeField()
    judged_from_at = models.DateTimeField(null=True)
    metrics = models.JSONField()
    calibration = models.JSONField()
    card = models.JSONField(default=dict)
    rounds = models.PositiveIntegerField()
    artifact = models.BinaryField()
    pipeline = models.BinaryField(default=bytes)
    artifact_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("model", "number"), name="model_version_number"),
            models.UniqueConstraint(fields=("model", "recipe"), condition=Q(origin="synthetic"), name="model_version_recipe"),
            models.CheckConstraint(name="model_version_honest", condition=Q(origin="outcomes") | Q(proven=False)),
        )

    def __str__(self) -> str:
        return self.name


class SourceSegments(ExchangeModel):
    """How a version did on the leads of each large source; apart from its card, for it is no buyer's business."""

    version = models.OneToOneField(ModelVersion, primary_key=True, on_delete=models.PROTECT, related_name="+")
    segments = models.JSONField()

    def __str__(self) -> str:
        return f"sources of {self.version_id}"


class Alias(ReferenceModel):
    """Which version of a model is its champion or its challenger."""

    NAMES = (("champion", "Champion: it serves"), ("challenger", "Challenger: it is compared"))

    id = Uuid7Field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=10, choices=NAMES)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    moved_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("model", "name"), name="model_alias_once"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.model_id}"


class AliasMove(ReferenceModel):
    """One move of an alias: what it named before, what it names since, who moved it and why."""

    KINDS = (("promoted", "Promoted"), ("rolled_back", "Rolled back"))

    id = Uuid7Field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="moves")
    name = models.CharField(max_length=10, choices=Alias.NAMES)
    kind = models.CharField(max_length=11, choices=KINDS)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True, default="")
    moved_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("model", "name", "-id"), name="alias_move_newest"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.model_id} at {self.moved_at}"

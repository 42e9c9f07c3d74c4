"""The registry: one model a vertical, its versions, and the aliases that say which version serves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ReferenceModel, Uuid7Field


class Model(ReferenceModel):
    """What is predicted in one vertical: an outcome within a horizon."""

    id = Uuid7Field()
    vertical = models.CharField(max_length=60, unique=True)
    outcome = models.CharField(max_length=40)
    horizon_days = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.vertical


class ModelVersion(ReferenceModel):
    """One trained model, never changed. `name` is "home.roofing/3"; `artifact` is compressed JSON, so loading it runs nothing.

    `recipe` names everything a synthetic prior was made of. Only a version with proven skill on real outcomes may move money.
    """

    ORIGINS = (("synthetic", "Simulated leads"), ("outcomes", "Reported outcomes"))

    id = Uuid7Field()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80, unique=True)
    origin = models.CharField(max_length=9, choices=ORIGINS)
    badge = models.CharField(max_length=80)
    proven = models.BooleanField(default=False)
    recipe = models.CharField(max_length=64)
    features_version = models.PositiveIntegerField()
    simulator_version = models.PositiveIntegerField(null=True)
    rows = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    data_from_at = models.DateTimeField()
    data_until_at = models.DateTimeField()
    metrics = models.JSONField()
    calibration = models.JSONField()
    rounds = models.PositiveIntegerField()
    artifact = models.BinaryField()
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

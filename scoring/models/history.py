"""Files of past leads that somebody brought: what was asked of each and what came of it, never a row of the file."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import OwnedModel, Uuid7Field

STATES = (
    ("mapping", "Columns to choose"),
    ("queued", "Queued"),
    ("running", "Running"),
    ("done", "Done"),
    ("refused", "Refused"),
    ("failed", "Failed"),
)

COMMAND = "system:import_history"


class HistoryImport(OwnedModel):
    """One file and its newest run. `plan`, `findings` and `report` are written by scoring.history.runs.

    `test_name`: the file of an official test set that was brought with it, "" for none. `scored_with`: the import whose model
    scores this file; None where it is learned from.

    `lease_until`: a running row whose process has been silent until then is dead. The file lies beside the database, by `id`.
    """

    id = Uuid7Field()
    file_name = models.CharField(max_length=200)
    scored_with = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="scorings")
    test_name = models.CharField(max_length=200, default="", blank=True)
    bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=7, choices=STATES, default="mapping")
    plan = models.JSONField(default=dict)
    percent = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=120, default="", blank=True)
    findings = models.JSONField(default=list)
    report = models.JSONField(null=True)
    refusal = models.TextField(default="", blank=True)
    actor = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["organization", "-id"], name="history_of_organization"),
            models.Index(fields=["state", "id"], condition=Q(state__in=("queued", "running")), name="history_at_work"),
        )
        constraints = (
            # A training takes a core for minutes: the exchange affords one at a time.
            models.UniqueConstraint(fields=("state",), condition=Q(state="running"), name="history_one_runs"),
            models.CheckConstraint(
                name="history_lease",
                condition=Q(state="running", lease_until__isnull=False) | (~Q(state="running") & Q(lease_until=None)),
            ),
            models.CheckConstraint(name="history_done_has_report", condition=~Q(state="done") | Q(report__isnull=False)),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def never_stored(self) -> bool:
        """Say whether manage.py import_history read the file where it lay: it was never one of ours to keep or to delete."""
        return self.actor == COMMAND


class HistoryModel(OwnedModel):
    """What an import learned: compressed JSON with LightGBM's text and skops files, and the columns of a file that it reads."""

    history = models.OneToOneField(HistoryImport, primary_key=True, on_delete=models.CASCADE, related_name="model")
    artifact = models.BinaryField()
    artifact_sha256 = models.CharField(max_length=64)
    columns = models.JSONField()

    def __str__(self) -> str:
        return f"model of {self.history_id}"

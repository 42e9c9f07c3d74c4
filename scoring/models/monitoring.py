"""What the monitors found, and what rang."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel, Uuid7Field

LEVELS = (("green", "Green"), ("amber", "Amber: look"), ("red", "Red: something is done"))


class MonitorReport(ExchangeModel):
    """One look at one vertical, or at one segment of it; never changed. Rows of one look share `watched_at`.

    `kind` "all" with key "" is the vertical itself. `from_at` and `until_at` bound the leads with labels, both null without any.
    """

    KINDS = (("all", "Everything"), ("source", "Source"), ("state", "State"), ("campaign", "Campaign"), ("device", "Device"))

    id = Uuid7Field()
    vertical = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=KINDS)
    key = models.CharField(max_length=200, blank=True, default="")
    model_version = models.CharField(max_length=80)
    watched_at = models.DateTimeField()
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField()
    level = models.CharField(max_length=5, choices=LEVELS)
    figures = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("vertical", "kind", "key", "watched_at"), name="monitor_report_once"),
            models.CheckConstraint(name="monitor_report_level", condition=Q(level__in=("green", "amber", "red"))),
        )
        indexes = (models.Index(fields=("vertical", "kind", "-watched_at"), name="monitor_report_newest"),)

    def __str__(self) -> str:
        return f"{self.vertical} {self.kind} {self.key}"


class Alert(ExchangeModel):
    """An alarm that rang, open until the monitor is quiet again; at most one of a kind is open in a vertical.

    `rang_at` is its last ring, `responses` what was done, in order. For red ones `version`, `watched_until_ms` and
    `watched_shift` say from which label and at which level watching goes on.
    """

    KINDS = (
        ("level", "Level"),
        ("cusum", "Slow change of level"),
        ("inputs", "Inputs"),
        ("importance", "Leading features"),
        ("segments", "Segments"),
    )

    id = Uuid7Field()
    report = models.ForeignKey(MonitorReport, on_delete=models.PROTECT, related_name="alerts")
    vertical = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=KINDS)
    level = models.CharField(max_length=5, choices=LEVELS)
    words = models.CharField(max_length=400)
    figures = models.JSONField()
    responses = models.JSONField(default=list)
    version = models.CharField(max_length=80, blank=True, default="")
    watched_until_ms = models.BigIntegerField(default=0)
    watched_shift = models.FloatField(default=0.0)
    opened_at = models.DateTimeField()
    rang_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("vertical", "kind"), condition=Q(closed_at__isnull=True), name="alert_open_once"),
            models.CheckConstraint(name="alert_level", condition=Q(level__in=("amber", "red"))),
        )
        indexes = (models.Index(fields=("vertical", "-rang_at"), name="alert_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.vertical}"

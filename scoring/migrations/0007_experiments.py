"""Experiments, who was exposed to them, and what was promised of each lead: the exchange's own; a promise never changes."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.core.ids
import accounts.tenancy
from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0006_monitoring"),
    ]

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("hypothesis", models.CharField(max_length=500)),
                ("mode", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                ("vertical", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[("model", "Model version"), ("floor", "Smallest price"), ("sharing", "Most buyers of a lead")],
                        max_length=8,
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[("ping", "Each ping"), ("person", "Each person"), ("source", "Each source")], max_length=6
                    ),
                ),
                ("arms", models.JSONField()),
                ("salt", models.CharField(max_length=32)),
                (
                    "metric",
                    models.CharField(
                        choices=[
                            ("conversion", "Conversion rate"),
                            ("sold", "Sold share"),
                            ("revenue", "Revenue per unit"),
                            ("payout", "Payout per unit"),
                            ("margin", "Margin per unit"),
                        ],
                        max_length=10,
                    ),
                ),
                ("guardrails", models.JSONField(default=list)),
                ("window_days", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped")],
                        default="draft",
                        max_length=7,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("mode", "vertical", "kind"),
                        name="experiment_one_of_a_kind_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("started_at", None), ("state", "draft"), ("stopped_at", None)),
                            models.Q(("started_at__isnull", False), ("state", "running"), ("stopped_at", None)),
                            models.Q(("started_at__isnull", False), ("state", "stopped"), ("stopped_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="experiment_times",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreCommitment",
            fields=[
                ("ping_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("mode", models.CharField(max_length=4)),
                ("vertical", models.CharField(max_length=60)),
                ("model_version", models.CharField(max_length=80)),
                ("probability", models.FloatField()),
                ("state", models.CharField(blank=True, default="", max_length=200)),
                ("salt", models.BinaryField()),
                ("digest", models.BinaryField()),
                ("served_at", models.DateTimeField()),
                ("committed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["mode", "model_version", "served_at"], name="commitment_of_version")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("probability__gt", 0), ("probability__lt", 1)), name="commitment_probability"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ping_id", models.UUIDField()),
                ("arm", models.CharField(max_length=40)),
                ("unit", models.CharField(max_length=32)),
                ("served_at", models.DateTimeField()),
                (
                    "experiment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.experiment"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("experiment", "ping_id"), name="exposure_once")],
            },
        ),
        tenancy.exchange_only("scoring_experiment"),
        tenancy.exchange_only("scoring_exposure"),
        tenancy.exchange_only("scoring_scorecommitment"),
        tenancy.append_only("scoring_scorecommitment"),
    ]

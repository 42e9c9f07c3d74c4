"""Reports of the monitors and their alerts: the exchange's own."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.core.ids
from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0005_registry"),
    ]

    operations = [
        migrations.CreateModel(
            name="MonitorReport",
            fields=[
                ("id", tenancy.Uuid7Field(default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("vertical", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("all", "Everything"),
                            ("source", "Source"),
                            ("state", "State"),
                            ("campaign", "Campaign"),
                            ("device", "Device"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(blank=True, default="", max_length=200)),
                ("model_version", models.CharField(max_length=80)),
                ("watched_at", models.DateTimeField()),
                ("from_at", models.DateTimeField(null=True)),
                ("until_at", models.DateTimeField(null=True)),
                ("rows", models.PositiveIntegerField()),
                (
                    "level",
                    models.CharField(
                        choices=[("green", "Green"), ("amber", "Amber: look"), ("red", "Red: something is done")], max_length=5
                    ),
                ),
                ("figures", models.JSONField()),
            ],
            options={
                "indexes": [models.Index(fields=["vertical", "kind", "-watched_at"], name="monitor_report_newest")],
                "constraints": [
                    models.UniqueConstraint(fields=("vertical", "kind", "key", "watched_at"), name="monitor_report_once"),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ("green", "amber", "red"))), name="monitor_report_level"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", tenancy.Uuid7Field(default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("vertical", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("level", "Level"),
                            ("cusum", "Slow change of level"),
                            ("inputs", "Inputs"),
                            ("importance", "Leading features"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("green", "Green"), ("amber", "Amber: look"), ("red", "Red: something is done")], max_length=5
                    ),
                ),
                ("words", models.CharField(max_length=400)),
                ("figures", models.JSONField()),
                ("responses", models.JSONField(default=list)),
                ("version", models.CharField(blank=True, default="", max_length=80)),
                ("watched_until_ms", models.BigIntegerField(default=0)),
                ("watched_shift", models.FloatField(default=0.0)),
                ("opened_at", models.DateTimeField()),
                ("rang_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, default="", max_length=80)),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="scoring.monitorreport"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["vertical", "-rang_at"], name="alert_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)), fields=("vertical", "kind"), name="alert_open_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("level__in", ("amber", "red"))), name="alert_level"),
                ],
            },
        ),
        tenancy.exchange_only("scoring_monitorreport"),
        tenancy.exchange_only("scoring_alert"),
    ]

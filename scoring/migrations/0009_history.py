"""Files of past leads that people bring: what was asked of each and what came of it; their own."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.core.ids
from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_pools_outcomes"),
        ("scoring", "0008_rates"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryImport",
            fields=[
                ("id", tenancy.Uuid7Field(default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=200)),
                ("bytes", models.PositiveBigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("mapping", "Columns to choose"),
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                        ],
                        default="mapping",
                        max_length=7,
                    ),
                ),
                ("plan", models.JSONField(default=dict)),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("stage", models.CharField(blank=True, default="", max_length=120)),
                ("findings", models.JSONField(default=list)),
                ("report", models.JSONField(null=True)),
                ("refusal", models.TextField(blank=True, default="")),
                ("actor", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="history_of_organization"),
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "running"))), fields=["state", "id"], name="history_at_work"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("state", "running")), fields=("state",), name="history_one_runs"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "running")),
                            models.Q(models.Q(("state", "running"), _negated=True), ("lease_until", None)),
                            _connector="OR",
                        ),
                        name="history_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True), ("report__isnull", False), _connector="OR"
                        ),
                        name="history_done_has_report",
                    ),
                ],
            },
        ),
        tenancy.owned("scoring_historyimport"),
    ]

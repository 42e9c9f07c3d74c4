"""What became of each sale: a table of the exchange's own. An example no longer has an outcome, for a ping may be sold twice."""

from django.db import migrations, models

from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_doors"),
        ("scoring", "0003_examples_by_place"),
    ]

    operations = [
        migrations.CreateModel(
            name="Outcome",
            fields=[
                ("sale_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("ping_id", models.UUIDField(null=True)),
                ("organization_id", models.UUIDField()),
                ("campaign_id", models.UUIDField(null=True)),
                ("vertical", models.CharField(max_length=60)),
                ("mode", models.CharField(max_length=4)),
                ("horizon_days", models.PositiveSmallIntegerField()),
                ("sold_at", models.DateTimeField()),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("silent", "Silent"),
                            ("open", "Open"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("invalid", "Invalid"),
                        ],
                        max_length=8,
                    ),
                ),
                ("outcome", models.BooleanField(null=True)),
                ("report_id", models.UUIDField(null=True)),
                ("occurred_at", models.DateTimeField(null=True)),
                ("known_at", models.DateTimeField(null=True)),
                ("first_known_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("swept", models.BooleanField(default=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="trainingexample",
            name="example_outcome",
        ),
        migrations.RemoveField(
            model_name="trainingexample",
            name="outcome",
        ),
        migrations.RemoveField(
            model_name="trainingexample",
            name="outcome_at",
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["mode", "vertical", "sold_at"], name="outcome_window"),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["campaign_id"], name="outcome_of_campaign"),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(condition=models.Q(("swept", True)), fields=["sold_at"], name="outcome_swept"),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(condition=models.Q(("mode__in", ("live", "test"))), name="outcome_mode"),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__isnull", True), ("report_id__isnull", True), ("revision", 0), ("stage", "silent")),
                    models.Q(
                        models.Q(("stage", "silent"), _negated=True),
                        ("known_at__isnull", False),
                        ("occurred_at__isnull", False),
                        ("report_id__isnull", False),
                        ("revision__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="outcome_told",
            ),
        ),
        tenancy.exchange_only("scoring_outcome"),
    ]

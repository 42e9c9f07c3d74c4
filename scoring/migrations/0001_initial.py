"""Tables of the registry and of the examples."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.core.ids
import accounts.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Model",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("vertical", models.CharField(max_length=60, unique=True)),
                ("outcome", models.CharField(max_length=40)),
                ("horizon_days", models.PositiveSmallIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "origin",
                    models.CharField(choices=[("synthetic", "Simulated leads"), ("outcomes", "Reported outcomes")], max_length=9),
                ),
                ("badge", models.CharField(max_length=80)),
                ("proven", models.BooleanField(default=False)),
                ("recipe", models.CharField(max_length=64)),
                ("features_version", models.PositiveIntegerField()),
                ("simulator_version", models.PositiveIntegerField(null=True)),
                ("rows", models.PositiveIntegerField()),
                ("positives", models.PositiveIntegerField()),
                ("data_from_at", models.DateTimeField()),
                ("data_until_at", models.DateTimeField()),
                ("metrics", models.JSONField()),
                ("calibration", models.JSONField()),
                ("rounds", models.PositiveIntegerField()),
                ("artifact", models.BinaryField()),
                ("artifact_sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="scoring.model"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        choices=[("champion", "Champion: it serves"), ("challenger", "Challenger: it is compared")], max_length=10
                    ),
                ),
                ("moved_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="aliases", to="scoring.model"),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="aliases", to="scoring.modelversion"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrainingExample",
            fields=[
                ("ping_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("mode", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                ("vertical", models.CharField(max_length=60)),
                ("features", models.BinaryField()),
                ("probability", models.FloatField()),
                ("model_version", models.CharField(max_length=80)),
                ("served_at", models.DateTimeField()),
                ("outcome", models.BooleanField(null=True)),
                ("outcome_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["mode", "vertical", "served_at"], name="example_window")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("probability__gt", 0), ("probability__lt", 1)), name="example_probability"
                    ),
                    models.CheckConstraint(condition=models.Q(("mode__in", ("live", "test"))), name="example_mode"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__isnull", True), ("outcome_at__isnull", False), _connector="OR"),
                        name="example_outcome",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(fields=("model", "number"), name="model_version_number"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", "synthetic")), fields=("model", "recipe"), name="model_version_recipe"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin", "outcomes"), ("proven", False), _connector="OR"), name="model_version_honest"
            ),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.UniqueConstraint(fields=("model", "name"), name="model_alias_once"),
        ),
    ]

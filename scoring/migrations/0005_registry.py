"""The registry remembers moves, levels, challenges and runs; campaigns get layers, challengers their own answers."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.core.ids
import accounts.tenancy
from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0004_outcomes"),
    ]

    operations = [
        migrations.AddField("model", "waiting", models.PositiveIntegerField(null=True)),
        migrations.AddField("model", "counted_at", models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="modelversion",
            name="card",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="engine",
            field=models.CharField(default="lightgbm", max_length=60),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="judged_from_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="parent",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="scoring.modelversion"
            ),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="pipeline",
            field=models.BinaryField(default=bytes),
        ),
        migrations.CreateModel(
            name="CampaignLayer",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("campaign_id", models.UUIDField()),
                ("organization_id", models.UUIDField()),
                ("vertical", models.CharField(max_length=60)),
                ("a", models.FloatField()),
                ("b", models.FloatField()),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("vertical", "Vertical prior"),
                            ("intercept", "Own intercept"),
                            ("platt", "Own slope and intercept"),
                            ("boosted", "Trees on the vertical's answer"),
                            ("local", "Own model"),
                        ],
                        max_length=9,
                    ),
                ),
                ("labels", models.PositiveIntegerField()),
                ("positives", models.PositiveIntegerField()),
                ("features_version", models.PositiveIntegerField()),
                ("columns", models.PositiveIntegerField(default=0)),
                ("booster", models.TextField(blank=True, default="")),
                ("fitted_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("campaign_id", "vertical"), name="campaign_layer_once")],
            },
        ),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rows", models.PositiveIntegerField()),
                ("positives", models.PositiveIntegerField()),
                ("champion_loss", models.FloatField()),
                ("challenger_loss", models.FloatField()),
                ("gain", models.FloatField()),
                ("z", models.FloatField()),
                ("won", models.BooleanField()),
                ("reason", models.CharField(max_length=200)),
                ("judged_at", models.DateTimeField()),
                (
                    "challenger",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.modelversion"),
                ),
                (
                    "champion",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.modelversion"),
                ),
                (
                    "model",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="challenges", to="scoring.model"),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AliasMove",
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
                ("kind", models.CharField(choices=[("promoted", "Promoted"), ("rolled_back", "Rolled back")], max_length=11)),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("moved_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="scoring.model"),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.modelversion"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.modelversion"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["model", "name", "-id"], name="alias_move_newest")],
            },
        ),
        migrations.CreateModel(
            name="Level",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("shift", models.FloatField()),
                ("before", models.FloatField()),
                ("labels", models.PositiveIntegerField()),
                ("positives", models.PositiveIntegerField()),
                ("expected", models.FloatField()),
                ("fitted_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="levels", to="scoring.modelversion"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["version", "-id"], name="level_newest")],
            },
        ),
        migrations.CreateModel(
            name="ShadowScore",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ping_id", models.UUIDField()),
                ("probability", models.FloatField()),
                ("served_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.modelversion"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["version", "served_at"], name="shadow_window")],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "ping_id"), name="shadow_score_once"),
                    models.CheckConstraint(
                        condition=models.Q(("probability__gt", 0), ("probability__lt", 1)), name="shadow_probability"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrainingRun",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("vertical", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Training"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("stage", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(max_length=80)),
                ("actor", models.CharField(max_length=80)),
                ("organization_id", models.UUIDField()),
                ("detail", models.CharField(blank=True, default="", max_length=1000)),
                ("findings", models.JSONField(default=list)),
                ("asked_at", models.DateTimeField()),
                ("progressed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "version",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.modelversion"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["vertical", "-id"], name="training_run_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=("vertical",),
                        name="training_run_open_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("percent__lte", 100)), name="training_run_percent"),
                ],
            },
        ),
        tenancy.reference("scoring_aliasmove"),
        tenancy.reference("scoring_level"),
        tenancy.reference("scoring_challenge"),
        tenancy.reference("scoring_trainingrun"),
        tenancy.exchange_only("scoring_campaignlayer"),
        tenancy.exchange_only("scoring_shadowscore"),
    ]

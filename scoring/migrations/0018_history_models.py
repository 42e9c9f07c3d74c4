"""An import keeps the model it learned, and files can be scored with it."""

import django.db.models.deletion
from django.db import migrations, models

from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_pools_outcomes"),
        ("scoring", "0017_history_test_set"),
    ]

    operations = [
        migrations.AddField(
            model_name="historyimport",
            name="scored_with",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="scorings", to="scoring.historyimport"
            ),
        ),
        migrations.CreateModel(
            name="HistoryModel",
            fields=[
                (
                    "history",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="model",
                        serialize=False,
                        to="scoring.historyimport",
                    ),
                ),
                ("artifact", models.BinaryField()),
                ("artifact_sha256", models.CharField(max_length=64)),
                ("columns", models.JSONField()),
                (
                    "organization",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"),
                ),
            ],
            options={"abstract": False},
        ),
        tenancy.owned("scoring_historymodel"),
    ]

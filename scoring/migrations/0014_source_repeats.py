"""How often sources repeat persons: counts, for the exchange alone."""

from django.db import migrations, models
from django.db.models import F, Q

from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [("scoring", "0013_run_labels")]

    operations = [
        migrations.CreateModel(
            name="SourceRepeats",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("vertical", models.CharField(max_length=60)),
                ("source_id", models.UUIDField()),
                ("sub_id", models.CharField(blank=True, default="", max_length=200)),
                ("leads", models.PositiveIntegerField()),
                ("repeats", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("vertical", "source_id", "sub_id"), name="source_repeats_once"),
                    models.CheckConstraint(condition=Q(("repeats__lte", F("leads"))), name="source_repeats_of_leads"),
                ],
            },
        ),
        tenancy.exchange_only("scoring_sourcerepeats"),
    ]

"""Rates of the market: everybody may read them, only the exchange writes them."""

from django.db import migrations, models

import accounts.core.ids
import accounts.tenancy
from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [("scoring", "0007_experiments")]

    operations = [
        migrations.CreateModel(
            name="Rate",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("series", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("value", models.FloatField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("series", "at"), name="rate_once")],
            },
        ),
        tenancy.reference("scoring_rate"),
    ]

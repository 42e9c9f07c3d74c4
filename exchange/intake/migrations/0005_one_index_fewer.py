"""Pings lose an index that the longer one begins with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_key_rate_limit"),
        ("intake", "0004_journalled_rows_are_light"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ping",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
    ]

"""Bids lose two indexes: one that the longer one begins with, and one that 0003 meant to drop.

Partitioning had given it another name, so dropping it by its old one did nothing.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_key_rate_limit"),
        ("auction", "0003_journalled_rows_are_light"),
    ]

    operations = [
        migrations.RunSQL("DROP INDEX IF EXISTS auction_bid_organization_id_campaign_id_id_idx", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="bid",
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

"""Partitions of the pings, and who may see what came in."""

from django.db import migrations

from accounts import tenancy
from exchange.intake.partitions import MAKE_PARTITION, partitioned


class Migration(migrations.Migration):
    """Everything belongs to its publisher; consent records are never changed."""

    dependencies = (("intake", "0001_initial"), ("accounts", "0002_doors"))

    operations = (
        migrations.RunSQL(MAKE_PARTITION, "DROP FUNCTION leadwright_make_partition(text, date)"),
        partitioned("intake_ping"),
        tenancy.owned("intake_ping", writable=False),
        tenancy.owned("intake_lead", writable=False),
        tenancy.owned("intake_consentrecord", writable=False),
        tenancy.append_only("intake_consentrecord"),
        tenancy.owned("intake_suppression"),
    )

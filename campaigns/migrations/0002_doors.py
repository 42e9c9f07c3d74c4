"""Row level security of supply and demand, and the trigger that keeps published revisions as they are."""

from django.db import migrations

from accounts import tenancy


class Migration(migrations.Migration):
    """Close every table; open those of an organization to it."""

    dependencies = (("campaigns", "0001_initial"), ("accounts", "0002_doors"))

    operations = (
        tenancy.owned("campaigns_source"),
        tenancy.owned("campaigns_floorrule"),
        tenancy.owned("campaigns_campaign"),
        tenancy.owned("campaigns_campaignrevision"),
        tenancy.append_only("campaigns_campaignrevision"),
        tenancy.owned("campaigns_limit"),
        tenancy.owned("campaigns_destination"),
        tenancy.exchange_only("campaigns_marketversion"),
    )

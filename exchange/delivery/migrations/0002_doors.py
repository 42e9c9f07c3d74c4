"""Who sees deliveries: the advertiser reads its own, only the exchange writes."""

from django.db import migrations

from accounts import tenancy


class Migration(migrations.Migration):
    """Close the tables, open the doors."""

    dependencies = (("delivery", "0001_initial"), ("accounts", "0002_doors"))

    operations = (
        tenancy.owned("delivery_delivery", writable=False),
        tenancy.owned("delivery_attempt", writable=False),
    )

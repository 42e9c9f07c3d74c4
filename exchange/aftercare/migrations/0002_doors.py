"""Who sees dispositions: the advertiser reads its own and adds to them; nobody changes one."""

from django.db import migrations

from accounts import tenancy


class Migration(migrations.Migration):
    """Close the table, open the doors."""

    dependencies = (("aftercare", "0001_initial"), ("accounts", "0002_doors"))

    operations = (
        tenancy.owned("aftercare_disposition"),
        tenancy.append_only("aftercare_disposition"),
    )

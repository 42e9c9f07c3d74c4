"""Everybody may read the registry, only the exchange writes it; examples are the exchange's own."""

from django.db import migrations

from accounts import tenancy


class Migration(migrations.Migration):
    """Grant and close."""

    dependencies = (("accounts", "0002_doors"), ("scoring", "0001_initial"))

    operations = (
        tenancy.reference("scoring_model"),
        tenancy.reference("scoring_modelversion"),
        tenancy.reference("scoring_alias"),
        tenancy.exchange_only("scoring_trainingexample"),
    )

"""Invitations; and the doors of what signing in keeps: addresses and second factors."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.core.ids
import accounts.tenancy
from accounts import tenancy

SIGN_IN = ("account_emailaddress", "account_emailconfirmation", "mfa_authenticator")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_doors"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    accounts.tenancy.Uuid7Field(
                        default=accounts.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("role", models.CharField(max_length=12)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("invited_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at__isnull", True), ("revoked_at__isnull", True)),
                        fields=("organization", "email"),
                        name="invitation_open_once",
                    )
                ],
            },
        ),
        tenancy.owned("accounts_invitation"),
        *(door(table) for table in SIGN_IN for door in (tenancy.exchange_only, tenancy.known_to_identity)),
    ]

"""Row level security of the identity tables, and the trigger that keeps the audit trail append-only."""

from django.db import migrations

from accounts import tenancy

REFUSE_CHANGE = """
CREATE FUNCTION leadwright_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: write a new, linked row instead', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    """Close every identity table, then open the doors it needs."""

    dependencies = (("accounts", "0001_initial"), ("sessions", "0001_initial"))

    operations = (
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION leadwright_refuse_change()"),
        tenancy.exchange_only("accounts_organization"),
        tenancy.known_to_identity("accounts_organization"),
        tenancy.shown_to("accounts_organization", "id"),
        tenancy.exchange_only("accounts_user"),
        tenancy.known_to_identity("accounts_user"),
        tenancy.owned("accounts_membership"),
        tenancy.known_to_identity("accounts_membership"),
        tenancy.owned("accounts_apikey"),
        tenancy.known_to_identity("accounts_apikey"),
        tenancy.owned("accounts_auditentry"),
        tenancy.append_only("accounts_auditentry"),
        tenancy.owned("accounts_idempotencykey"),
        tenancy.exchange_only("django_session"),
        tenancy.known_to_identity("django_session"),
    )

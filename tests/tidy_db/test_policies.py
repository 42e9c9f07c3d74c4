"""Row level security is enabled and forced on every tenant table and on each of its partitions."""

from __future__ import annotations

import re

import pytest

from accounts.tenancy import ENGINE, IDENTITY, PORTAL
from tests.tidy_db.catalogue import column, owned_tables, partitions, rows, tenant_tables

pytestmark = [pytest.mark.services, pytest.mark.django_db]

# The closed list of what signing in needs to know.
KNOWN_TO_IDENTITY = {
    "accounts_user",
    "accounts_organization",
    "accounts_membership",
    "accounts_apikey",
    "accounts_session",
    "django_session",
}
ONE_VALUE = re.compile(r"^\((\w+) = \(NULLIF\(current_setting\('app\.org_id'::text, true\), ''::text\)\)::uuid\)$")


def unforced(table: str) -> bool:
    enabled, forced = rows("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table)[0]
    return not (enabled and forced)


def policies(table: str, role: str) -> list[tuple[str, str | None, str | None]]:
    """Verb, condition on reading and condition on writing of a role's policies."""
    return rows(
        "SELECT cmd, qual, with_check FROM pg_policies WHERE tablename = %s AND %s = ANY(roles) ORDER BY policyname", table, role
    )


def test_there_are_tenant_tables():
    assert set(owned_tables()) < set(tenant_tables())


def test_every_tenant_table_is_enabled_and_forced():
    assert [table for table in tenant_tables() if unforced(f'"{table}"')] == []


def test_every_partition_is_enabled_and_forced():
    assert [part for table in tenant_tables() for part in partitions(table) if unforced(part)] == []


def test_every_tenant_table_has_the_engines_policy():
    assert [table for table in tenant_tables() if policies(table, ENGINE) != [("ALL", "true", "true")]] == []


def test_the_portal_sees_rows_by_equality_with_one_value():
    conditions = {
        (table, condition) for table in tenant_tables() for _, *both in policies(table, PORTAL) for condition in both if condition
    }
    assert sorted((table, condition) for table, condition in conditions if not ONE_VALUE.match(condition)) == []


def test_every_owned_table_compares_its_own_organization():
    def columns(table: str) -> set[str]:
        found = [ONE_VALUE.match(qual or "") for _, qual, _ in policies(table, PORTAL)]
        return {match[1] for match in found if match}

    assert [table for table in owned_tables() if columns(table) != {"organization_id"}] == []


def test_identity_knows_only_who_somebody_is():
    known = {table for table in tenant_tables() if policies(table, IDENTITY)}
    assert known - KNOWN_TO_IDENTITY == set()


def test_a_policy_of_everybody_does_not_exist():
    assert rows("SELECT tablename, policyname FROM pg_policies WHERE 'public' = ANY(roles)") == []


def test_the_portal_reaches_no_partition_directly():
    parts = [part for table in tenant_tables() for part in partitions(table)]
    reached = [
        part
        for part in parts
        for role in (PORTAL, IDENTITY)
        if column("SELECT has_table_privilege(%s, %s, 'SELECT')", role, part)[0]
    ]
    assert reached == []

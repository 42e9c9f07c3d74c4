"""The application's roles are ordinary: no superuser, none that bypasses policies, and the login role alone sees nothing."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from accounts.tenancy import ENGINE, IDENTITY, PORTAL
from tests.tidy_db.catalogue import column, rows, tenant_tables

pytestmark = [pytest.mark.services, pytest.mark.django_db]

DOORS = (PORTAL, ENGINE, IDENTITY)
ROLE = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s"


@pytest.mark.parametrize("role", DOORS)
def test_a_door_has_no_power_beyond_its_policies(role):
    assert rows(ROLE, role) == [(False, False, False, False, False)]
    assert column("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", role) == [False]


def test_the_login_role_is_neither_superuser_nor_bypasses_policies():
    assert rows("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = session_user") == [
        (False, False, False)
    ]


def test_the_login_role_may_enter_the_three_doors_and_no_other_role():
    member = "SELECT rolname FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER') AND rolname <> session_user ORDER BY 1"
    assert column(member) == sorted(DOORS)


def test_the_login_role_owns_no_table():
    mine = "SELECT relname FROM pg_class WHERE relowner = to_regrole(session_user::text) AND relkind IN ('r', 'p')"
    assert column(mine) == []


def test_the_owner_of_the_tables_is_subject_to_policies_too():
    owner = (
        "SELECT DISTINCT rolsuper, rolbypassrls FROM pg_roles JOIN pg_class ON relowner = pg_roles.oid WHERE relname = ANY(%s)"
    )
    assert rows(owner, tenant_tables()) == [(False, False)]


def test_the_login_role_has_no_privilege_on_any_tenant_table():
    held = "SELECT has_table_privilege(session_user, %s, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
    assert [table for table in tenant_tables() if column(held, f'"{table}"')[0]] == []


def test_no_tenant_table_can_be_read_outside_a_door():
    readable = [table for table in tenant_tables() if _can_read(table)]
    assert readable == []


def test_nobody_but_the_owner_may_truncate_or_alter():
    truncate = "SELECT has_table_privilege(%s, %s, 'TRUNCATE, TRIGGER, REFERENCES')"
    assert [(role, table) for table in tenant_tables() for role in DOORS if column(truncate, role, f'"{table}"')[0]] == []


def test_no_door_may_create_in_the_schema():
    assert column("SELECT has_schema_privilege(unnest(%s::text[]), 'public', 'CREATE')", list(DOORS)) == [False, False, False]


def _can_read(table: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
    except ProgrammingError as refusal:
        if not isinstance(refusal.__cause__, InsufficientPrivilege):
            raise
        return False
    return True

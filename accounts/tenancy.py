"""The one place where tenancy is decided: three kinds of rows, three doors, and the policies behind them.

Two independent checks stand behind each door: django-scopes managers, which raise outside a door, and forced PostgreSQL row level
security, which shows nothing. Policies compare one value (`organization_id = app.org_id`), because that keeps the index.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal
from uuid import UUID

from django.db import connection, migrations, models, transaction
from django_scopes import ScopedManager, scope, scopes_disabled

from accounts.core.ids import uuid7

PORTAL, ENGINE, IDENTITY = "portal", "engine", "identity"
_inside: ContextVar[UUID | None] = ContextVar("organization inside whose door we are", default=None)


class OwnedModel(models.Model):
    """A row of exactly one organization, which alone sees it."""

    organization = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    objects = ScopedManager(organization="organization_id")

    class Meta:
        abstract = True


class JournalModel(OwnedModel):
    """A row that the journal writes in bulk, for organizations it has just traded with.

    PostgreSQL does not look each of them up again: that costs half of what the row does (measured: 6 us of 13). Every such table
    has an index that begins with the organization, so it needs none for it alone.
    """

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        abstract = True


class ExchangeModel(models.Model):
    """A row of the exchange itself; no tenant sees it."""

    class Meta:
        abstract = True


class ReferenceModel(models.Model):
    """A row every organization may read and only the exchange may write."""

    class Meta:
        abstract = True


class Uuid7Field(models.UUIDField):  # type: ignore[type-arg]
    """Primary key that sorts by creation."""

    def __init__(self, **options: object) -> None:
        """Default to a fresh UUIDv7 primary key."""
        super().__init__(**{"primary_key": True, "default": uuid7, "editable": False, **options})  # type: ignore[arg-type]


_ENTER = (
    "select current_setting('role'), coalesce(current_setting('app.org_id', true), ''),"
    " set_config('role', %s, true), set_config('app.org_id', %s, true)"
)
# The timeout holds until the transaction ends, also when the door was an inner one.
_ENTER_TIMED = _ENTER + ", set_config('transaction_timeout', %s, true)"
_LEAVE = "select set_config('role', %s, true), set_config('app.org_id', %s, true)"


class Door:
    """An open door: a way to leave it without a trace."""

    def roll_back(self) -> Literal[False]:
        """Undo what was written inside when the block ends; gives False, for `return door.roll_back()`."""
        transaction.set_rollback(True)
        return False


@contextmanager
def _door(role: str, org_id: str, timeout_ms: int | None = None) -> Iterator[Door]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            if timeout_ms is None:
                cursor.execute(_ENTER, [role, org_id])
            else:
                cursor.execute(_ENTER_TIMED, [role, org_id, str(timeout_ms)])
            before = cursor.fetchone()[:2]
        yield Door()
        # A rollback restores role and organization by itself; on a clean exit an outer block would keep ours.
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(_LEAVE, before)


@contextmanager
def act_as(org_id: UUID) -> Iterator[Door]:
    """See and change the rows of one organization only, in a transaction of its own."""
    token = _inside.set(org_id)
    try:
        with _door(PORTAL, str(org_id)) as door, scope(organization=org_id):
            yield door
    finally:
        _inside.reset(token)


@contextmanager
def act_as_exchange(reason: str, *, timeout_ms: int | None = None) -> Iterator[Door]:
    """Act for the exchange over everybody's rows; `reason` says why, for whoever reads the call.

    PostgreSQL ends a transaction that takes longer than `timeout_ms`.
    """
    if not reason:
        raise ValueError("say why the exchange needs everybody's rows")
    with _door(ENGINE, "", timeout_ms) as door, scopes_disabled():
        yield door


@contextmanager
def act_as_identity() -> Iterator[Door]:
    """Look up who somebody is: users, sessions, keys, memberships, organizations, and nothing else."""
    with _door(IDENTITY, "") as door, scopes_disabled():
        yield door


def current_organization() -> UUID:
    """Give the organization inside whose door the caller stands; RuntimeError outside."""
    org_id = _inside.get()
    if org_id is None:
        raise RuntimeError("no organization: enter act_as(org_id) first")
    return org_id


def _policy(table: str, role: str, condition: str, verb: str = "ALL") -> str:
    check = "" if verb == "SELECT" else f" WITH CHECK ({condition})"
    name = role.lower().strip('"')
    return f'CREATE POLICY {name}_{verb.lower()} ON "{table}" FOR {verb} TO {role} USING ({condition}){check};'


def _forced(table: str) -> str:
    everything = _policy(table, ENGINE, "true") + _policy(table, "CURRENT_USER", "true")
    return (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY; ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY;'
        f'{everything} GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {ENGINE};'
    )


_MINE = "{column} = nullif(current_setting('app.org_id', true), '')::uuid"


def owned(table: str, *, writable: bool = True) -> migrations.RunSQL:
    """Make the policies of an OwnedModel's table; `writable=False` lets its organization read only."""
    mine = _MINE.format(column="organization_id")
    verb, grant = ("ALL", "SELECT, INSERT, UPDATE, DELETE") if writable else ("SELECT", "SELECT")
    sql = _forced(table) + _policy(table, PORTAL, mine, verb) + f'GRANT {grant} ON "{table}" TO {PORTAL};'
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


def exchange_only(table: str) -> migrations.RunSQL:
    """Make the policies of an ExchangeModel's table."""
    return migrations.RunSQL(_forced(table), migrations.RunSQL.noop)


def reference(table: str) -> migrations.RunSQL:
    """Let everybody read a ReferenceModel's table and the exchange write it."""
    sql = f'GRANT SELECT ON "{table}" TO {PORTAL}, {IDENTITY}; GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {ENGINE};'
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


def withdrawn(table: str) -> migrations.RunSQL:
    """Turn the table of a ReferenceModel into one of an ExchangeModel."""
    back = (
        f'DROP POLICY {ENGINE}_all ON "{table}"; DROP POLICY current_user_all ON "{table}";'
        f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY; ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY;'
        f'GRANT SELECT ON "{table}" TO {PORTAL}, {IDENTITY};'
    )
    return migrations.RunSQL(f'REVOKE ALL ON "{table}" FROM {PORTAL}, {IDENTITY};{_forced(table)}', back)


def known_to_identity(table: str) -> migrations.RunSQL:
    """Open a table to the identity door as well."""
    sql = _policy(table, IDENTITY, "true") + f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {IDENTITY};'
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


def shown_to(table: str, column: str) -> migrations.RunSQL:
    """Let an organization read the rows whose `column` is its own id, and change none."""
    sql = _policy(table, PORTAL, _MINE.format(column=column), "SELECT") + f'GRANT SELECT ON "{table}" TO {PORTAL};'
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


def append_only(table: str) -> migrations.RunSQL:
    """Forbid UPDATE, DELETE and TRUNCATE on a table by trigger, for every role."""
    sql = f"""
        CREATE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION leadwright_refuse_change();
        CREATE TRIGGER "{table}_never_truncated" BEFORE TRUNCATE ON "{table}"
            FOR EACH STATEMENT EXECUTE FUNCTION leadwright_refuse_change();
    """
    return migrations.RunSQL(sql, migrations.RunSQL.noop)

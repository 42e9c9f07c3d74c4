"""Roles and the database: the only work that needs a superuser."""

from __future__ import annotations

import psycopg
from psycopg import sql

SWITCHED = ("portal", "engine", "identity")
OWNER, APPLICATION = "leadwright_owner", "leadwright_app"
LIMITS = "NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"


def create_roles(superuser_url: str, *, owner_password: str, application_password: str, database: str) -> None:
    """Create or correct the roles and the database; safe to repeat."""
    with psycopg.connect(superuser_url, autocommit=True, connect_timeout=5) as connection:
        _login(connection, OWNER, owner_password, f"CREATEDB INHERIT {LIMITS}")
        _login(connection, APPLICATION, application_password, f"NOCREATEDB NOINHERIT {LIMITS}")
        for role in SWITCHED:
            _create(connection, role, f"NOLOGIN NOCREATEDB {LIMITS}")
            grant_switch(connection, role, (OWNER, APPLICATION))
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER)))


def ensure_switched(owner: psycopg.Connection[tuple[object, ...]], application: str) -> None:
    """Make the roles that the application switches to, over a connection that may create roles; skip what is there."""
    for role in SWITCHED:
        member = "SELECT pg_has_role(%s, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s"
        found = owner.execute(member, (application, role)).fetchone()
        if found is None:
            _create(owner, role, "NOLOGIN")
        if found is None or not found[0]:
            grant_switch(owner, role, (application,))
        owned = owner.execute("SELECT pg_has_role(%s, 'MEMBER')", (role,)).fetchone()
        if owned is None or not owned[0]:
            grant_switch(owner, role, (str(owner.info.user),))


def grant_switch(connection: psycopg.Connection[tuple[object, ...]], role: str, members: tuple[str, ...]) -> None:
    """Let members SET ROLE without inheriting the role's rights."""
    for member in members:
        statement = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
        connection.execute(statement.format(sql.Identifier(role), sql.Identifier(member)))


def _create(connection: psycopg.Connection[tuple[object, ...]], role: str, options: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = sql.SQL("ALTER ROLE" if exists else "CREATE ROLE")
    connection.execute(sql.SQL("{} {} {}").format(verb, sql.Identifier(role), sql.SQL(options)))


def _login(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str, options: str) -> None:
    _create(connection, role, f"LOGIN {options}")
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))

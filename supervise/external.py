"""Servers that the user brings: DATABASE_URL, VALKEY_URL, VALKEY_VOLATILE_URL. Checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg
import redis

from supervise.failure import Failure
from supervise.roles import SWITCHED, ensure_switched

VALKEYS = {"durable": "VALKEY_URL", "volatile": "VALKEY_VOLATILE_URL"}


def given_addresses(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the addresses of the user's own servers that are set."""
    names = ("DATABASE_URL", "OWNER_DATABASE_URL", *VALKEYS.values())
    return {name: environment[name] for name in names if environment.get(name)}


def check_database(given: Mapping[str, str]) -> None:
    """Make sure both logins work, the application's is no superuser, and the roles it switches to exist."""
    if "DATABASE_URL" not in given:
        return
    if "OWNER_DATABASE_URL" not in given:
        raise Failure(
            "DATABASE_URL is set, OWNER_DATABASE_URL is not.",
            why="migrations need the role that owns the database; the application's role may not be that one.",
            command="OWNER_DATABASE_URL=postgresql://owner:password@host/leadwright make run",
        )
    with _connect("DATABASE_URL", given) as application:
        row = application.execute(
            "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    name, unlimited = row or ("", True)
    if unlimited:
        raise Failure(
            f"The role {name} of DATABASE_URL is a superuser or bypasses row level security.",
            why="then one tenant could read another's rows; the application refuses to run like that.",
            command=f"psql -c 'ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS'",
        )
    with _connect("OWNER_DATABASE_URL", given) as owner:
        try:
            ensure_switched(owner, str(name))
        except psycopg.Error as error:
            roles = ", ".join(SWITCHED)
            raise Failure(
                f"The roles {roles} are missing and the owner may not make them.",
                why=str(error).strip(),
                command="; ".join(
                    f"psql -c 'CREATE ROLE {role} NOLOGIN; GRANT {role} TO {name}, CURRENT_USER'" for role in SWITCHED
                ),
            ) from None


def _connect(name: str, given: Mapping[str, str]) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(given[name], autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        host = urlsplit(given[name]).netloc.rpartition("@")[2]
        why = str(error).strip()
        raise Failure(f"{name} does not work ({host}).", why=why, command=f"psql \"${name}\" -c 'SELECT 1'") from None


def check_valkeys(given: Mapping[str, str]) -> None:
    """Ping every Valkey the user named; the durable one must refuse writes rather than forget."""
    for kind, name in VALKEYS.items():
        if name in given:
            _check_valkey(kind, name, given[name])


def _check_valkey(kind: str, name: str, url: str) -> None:
    try:
        client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        client.ping()
        policy = str(client.info("memory").get("maxmemory_policy", "noeviction"))
    except redis.RedisError as error:
        raise Failure(f"{name} does not work.", why=str(error), command=f'redis-cli -u "${name}" ping') from None
    if kind == "durable" and policy != "noeviction":
        raise Failure(
            f"{name} evicts keys ({policy}).",
            why="budgets and holds live there; a key that is dropped would be sold a second time.",
            command=f'redis-cli -u "${name}" config set maxmemory-policy noeviction',
        )

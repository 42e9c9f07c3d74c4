"""One database for the run, made and migrated by the owner; the tests themselves connect as the application does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Create and migrate a fresh database; the login role of the application could not."""
    name = f"leadwright_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with django_db_blocker.unblock():
        _execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        for alias in ("default", "owner"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
            settings.DATABASES[alias]["NAME"] = name
        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()
    yield
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()


def _execute(*statements: str) -> None:
    url = os.environ.get("OWNER_DATABASE_URL")
    if not url:
        pytest.exit("these tests need PostgreSQL and Valkey: run them through `make test`", returncode=3)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(autouse=True)
def _whole_test_in_one_transaction(settings: Any) -> None:
    """Let a post's transaction take as long as the test around it: here they are one, and the limit would end the test."""
    settings.POST_TRANSACTION_MS = 600_000

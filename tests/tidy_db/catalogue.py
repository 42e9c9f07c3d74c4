"""What PostgreSQL itself says about tables, policies and roles."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection

from accounts.tenancy import ExchangeModel, OwnedModel

PARTITIONS = """
    WITH RECURSIVE below(oid) AS (
        SELECT inhrelid FROM pg_inherits WHERE inhparent = %s::regclass
        UNION ALL SELECT inhrelid FROM pg_inherits JOIN below ON inhparent = below.oid
    )
    SELECT oid::regclass::text FROM below ORDER BY 1
"""


def rows(sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()


def column(sql: str, *arguments: Any) -> list[Any]:
    return [row[0] for row in rows(sql, *arguments)]


def owned_tables() -> list[str]:
    return _tables(OwnedModel)


def tenant_tables() -> list[str]:
    """Tables whose rows are somebody's: an organization's or the exchange's own."""
    return sorted(_tables(OwnedModel) + _tables(ExchangeModel))


def partitions(table: str) -> list[str]:
    return column(PARTITIONS, f'"{table}"')


def _tables(owner: type) -> list[str]:
    # A model without a table of its own rows (abstract, proxy) has nothing to protect; a table made by SQL has.
    return sorted({model._meta.db_table for model in apps.get_models() if issubclass(model, owner)})

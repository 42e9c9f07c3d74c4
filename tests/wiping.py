"""Takes away what a test committed, as the owner of the tables, who alone may switch their triggers off."""

from __future__ import annotations

from django.apps import apps
from django.db import connections

OURS = ("accounts", "campaigns", "exchange", "scoring")
# Trained models stay: training them takes seconds, and tests share them.
SHARED = {"scoring_model", "scoring_modelversion", "scoring_alias"}


def empty_all_tables() -> None:
    """Empty every table but those of the trained models."""
    models = [model for model in apps.get_models() if model.__module__.split(".")[0] in OURS]
    tables = sorted({f'"{model._meta.db_table}"' for model in models if model._meta.db_table not in SHARED})
    with connections["owner"].cursor() as cursor:
        cursor.execute("; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("; ".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
    connections.close_all()

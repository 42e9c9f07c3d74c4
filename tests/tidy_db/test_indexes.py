"""Each index costs every row that is written: the partitioned tables have those that their models name, and no others."""

from __future__ import annotations

import pytest
from django.apps import apps

from exchange.intake.partitions import PARTITIONED
from tests.tidy_db.catalogue import column

COLUMNS = """
    SELECT array_to_string(array(
        SELECT attname FROM unnest(indkey::int[]) WITH ORDINALITY AS key (number, place)
        JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY place
    ), ',') FROM pg_index WHERE indrelid = %s::regclass ORDER BY 1
"""


@pytest.mark.django_db
@pytest.mark.parametrize("table", PARTITIONED)
def test_a_partitioned_table_has_the_indexes_its_model_names(table: str) -> None:
    (model,) = (one for one in apps.get_models() if one._meta.db_table == table)
    fields = {field.name: field for field in model._meta.concrete_fields}
    named = [[fields[name].column for name in index.fields] for index in model._meta.indexes]
    alone = [[field.column] for field in fields.values() if field.primary_key or field.db_index]
    assert column(COLUMNS, table) == sorted(",".join(columns) for columns in named + alone)

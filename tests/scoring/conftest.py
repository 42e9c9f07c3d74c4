"""One small vertical and its prior, trained once; registry rows are taken away after tests that commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from scoring.champions import champions
from scoring.core.features import FeatureSpec, FieldSpec
from scoring.native import load_library
from tests.wiping import empty_all_tables

load_library()  # before anything imports LightGBM, as the services do
from scoring.core.priors import Prior, make_prior  # noqa: E402


def spec_named(vertical: str) -> FeatureSpec:
    return FeatureSpec(
        vertical=vertical,
        label="Test",
        version=1,
        fields=(
            FieldSpec("zip", "zip", required=True),
            FieldSpec("state", "state"),
            FieldSpec("timeframe", "choice", choices=("now", "soon", "later"), required=True),
            FieldSpec("owner", "boolean"),
            FieldSpec("size", "integer", minimum=0.0, maximum=90.0),
        ),
    )


@pytest.fixture(scope="session")
def roof() -> FeatureSpec:
    return spec_named("home.test")


@pytest.fixture(scope="session")
def prior(roof: FeatureSpec) -> Prior:
    return make_prior(roof, rows=10_000)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let a test commit, as the background look at the champions sees committed rows only."""
    champions.close()
    with django_db_blocker.unblock():
        yield
        champions.close()
        with connections["owner"].cursor() as cursor:
            cursor.execute("TRUNCATE scoring_alias, scoring_modelversion, scoring_model, scoring_rate")
        empty_all_tables()

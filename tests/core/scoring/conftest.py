from __future__ import annotations

import pytest

from scoring.core.features import FeatureSpec, FieldSpec


@pytest.fixture
def roofing() -> FeatureSpec:
    return FeatureSpec(
        vertical="home.test",
        label="Roofs",
        version=1,
        fields=(
            FieldSpec("zip", "zip", required=True),
            FieldSpec("state", "state"),
            FieldSpec("scope", "choice", choices=("new", "repair", "replace"), required=True),
            FieldSpec("storm", "boolean"),
            FieldSpec("stories", "integer", minimum=1, maximum=10),
            FieldSpec(
                "rooms",
                "list",
                items=(
                    FieldSpec("size", "number", minimum=0, maximum=100),
                    FieldSpec("use", "choice", choices=("living", "storage")),
                    FieldSpec("damp", "boolean"),
                    FieldSpec("name", "text"),
                ),
            ),
            FieldSpec("note", "text"),
            FieldSpec("first_name", "text", stage="post", protected=True),
            FieldSpec("phone", "text", stage="post"),
        ),
        urgent_words=("leak", "right away"),
        problem_words=(("water", ("leak", "drip")), ("wind", ("storm", "hail"))),
        rate_series="roofs",
    )


@pytest.fixture
def loan() -> FeatureSpec:
    return FeatureSpec(
        vertical="mortgage.test",
        label="Loans",
        version=1,
        fields=(
            FieldSpec("zip", "zip"),
            FieldSpec("gender", "choice", choices=("female", "male"), protected=True),
            FieldSpec("owners", "list", items=(FieldSpec("married", "boolean", protected=True), FieldSpec("income", "number"))),
            FieldSpec("amount", "number", minimum=1000, maximum=500_000),
        ),
        credit_or_housing=True,
    )

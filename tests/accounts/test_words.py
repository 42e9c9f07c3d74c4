"""Values as people read them on pages."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.templatetags.portal import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("cap_reached", "cap reached"),
        (True, "yes"),
        (7, "7"),
        (["roof_repair", "gutters"], "roof repair; gutters"),
        ([{"make": "Ford", "annual_miles": 0}, {"dui": False}], "make Ford, annual miles 0; dui no"),
    ],
)
def test_a_value_is_written_without_signs_of_a_program(value: Any, said: str) -> None:
    assert words(value) == said

"""The generated references say what the code does."""

from __future__ import annotations

import re

import pytest

from config import reference, reference_features
from tests.tidy.sources import product_files, text


@pytest.mark.parametrize(
    ("name", "made"),
    [
        (reference.PAGE, reference.as_page),
        (reference.EXAMPLE, reference.as_example),
        (reference_features.PAGE, reference_features.as_page),
    ],
)
def test_generated_pages_are_up_to_date(name, made):
    assert text(name) == made(), f"{name} and the code differ. Try: make docs"


def test_the_reference_reads_name_kind_default_and_meaning():
    found = {setting.name: setting for setting in reference.list_settings()}
    assert found["QUOTE_LIFETIME_MS"] == reference.Setting(
        "QUOTE_LIFETIME_MS", "whole number", "60000", "How long a quote is firm, in milliseconds."
    )
    assert (found["DEMO"].kind, found["DEMO"].default) == ("true or false", "false")
    assert found["ALLOWED_HOSTS"].default == "127.0.0.1,localhost,[::1],testserver"
    assert found["WIRE_TRUSTED_ORIGINS"].default == "", "a computed default is not shown"


def test_each_variable_is_read_in_one_place():
    names = [setting.name for setting in reference.list_settings()]
    asked = re.compile(r"\benv(?:\.\w+)?\(\"(\w+)\"")
    elsewhere = [name for name in product_files() if asked.search(text(name)) and name not in reference.SOURCES]
    assert (sorted(set(names)) == sorted(names), elsewhere) == (True, [])
    assert sorted(names) == sorted(name for source in reference.SOURCES for name in asked.findall(text(source)))

"""What is generated is up to date, and reads every example of the OpenAPI document."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
import tomllib
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from django.conf import settings

from accounts.core.errors import CATALOGUE
from leadwright import Leadwright, Page, __version__, answers
from leadwright.decoding import decode
from leadwright.problems import CLASSES
from tests.tidy.document import Example, document, examples, operations
from tests.tidy.sources import ROOT, files, text

PACKAGE = "clients/python/leadwright/"
# The faces of other vendors are for their own clients.
OURS = [one for one in operations() if one.described["tags"] != ["Old clients"]]
ANSWERED = [one for one in examples() if one.of.startswith("2") and one.operation in OURS]


def method_of(operation_id: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation_id).lower()


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "clients/python/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


def test_the_client_is_the_one_of_the_document() -> None:
    made, present = generator().files(document()), generator().present(ROOT / PACKAGE / "generated")
    stale = [name for name, content in made.items() if name not in present or text(f"{PACKAGE}generated/{name}") != content]
    assert (stale, present - made.keys()) == ([], set()), "openapi.yaml has moved on. Try: make docs"


def test_a_module_whose_noun_has_gone_goes_too(tmp_path: Path) -> None:
    generate = generator()
    (tmp_path / "__init__.py").write_text("")
    generate.write({"answers/leads.py": "one", "answers/pings.py": "two"}, tmp_path)
    assert generate.present(tmp_path) == {"answers/leads.py", "answers/pings.py"}
    generate.write({"answers/leads.py": "three"}, tmp_path)
    assert generate.present(tmp_path) == {"answers/leads.py"}
    assert [one.read_text() for one in (tmp_path / "__init__.py", tmp_path / "answers" / "leads.py")] == ["", "three"]


def test_what_a_query_must_say_has_no_default() -> None:
    assert inspect.signature(Leadwright.get_evidence_file).parameters["version"].default is inspect.Parameter.empty
    assert inspect.signature(Leadwright.list_sales).parameters["side"].default is None


def test_each_operation_has_a_method() -> None:
    assert [one.id for one in OURS if not callable(getattr(Leadwright, method_of(one.id), None))] == []


@pytest.mark.parametrize("example", ANSWERED, ids=lambda one: one.place)
def test_each_answer_is_read_whole(example: Example) -> None:
    hint = get_type_hints(getattr(Leadwright, method_of(example.operation.id)))["return"]
    if getattr(hint, "__origin__", None) is Page:
        hint, value = get_args(hint)[0], example.value["data"][0]
    else:
        value = example.value
    found = decode(hint, value)
    assert is_dataclass(found)
    assert {one.name for one in fields(found)} >= value.keys()
    for name in value:
        assert_read(getattr(found, name), value[name])


def assert_read(found: Any, value: Any) -> None:
    """Objects became classes all the way down, nothing was dropped."""
    if is_dataclass(found):
        for name, inner in value.items():
            assert_read(getattr(found, name), inner)
    elif isinstance(value, list):
        assert len(found) == len(value)
        for one, inner in zip(found, value, strict=True):
            assert_read(one, inner)
    elif isinstance(found, datetime):
        assert found == datetime.fromisoformat(value)
    else:
        assert found == value


def test_unions_are_told_apart() -> None:
    pings = {one.value["role"]: decode(answers.PingDetail, one.value) for one in ANSWERED if one.operation.id == "getPing"}
    assert {role: type(ping).__name__ for role, ping in pings.items()} == {
        "publisher": "PublisherPing",
        "advertiser": "AdvertiserPing",
    }


def test_what_a_newer_exchange_adds_is_passed_over() -> None:
    money = decode(answers.Money, {"amount": "1.00", "currency": "USD", "words": "one dollar"})
    assert money == answers.Money(amount="1.00", currency="USD")


def test_codes_and_version_are_those_of_the_exchange() -> None:
    assert set(CLASSES) <= set(CATALOGUE)
    assert __version__ == settings.VERSION == document()["info"]["version"]
    project = tomllib.loads(text("clients/python/pyproject.toml"))["project"]
    assert (project["dependencies"], project["requires-python"]) == ([], ">=3.11")


def test_the_client_needs_nothing_but_python() -> None:
    ours = [name for name in files() if name.startswith(PACKAGE) and name.endswith(".py")]
    asked = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for name in ours
        for node in ast.walk(ast.parse(text(name)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert asked - sys.stdlib_module_names == {"leadwright"}

"""Nothing is left for later in the code, and no test is switched off."""

from __future__ import annotations

import ast
import re

from tests.tidy.sources import files, product_files, python_files, text, tree

# The brackets keep this file from finding itself.
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b|coming[ ]soon|lorem[ ]ipsum|pragma: no[ ]cover|\bassert[ ]True\b")
SWITCHED_OFF = re.compile(r"\bmark\.(s[k]ip|s[k]ipif|xf[a]il)|\bpytest\.(s[k]ip|xf[a]il|importors[k]ip)|\bunittest\.s[k]ip")
MISSING = re.compile(r"Not[I]mplemented")
READ = (".py", ".html", ".md", ".js", ".css", ".toml", ".lua", ".sql", ".sh", ".yaml", ".yml", ".json", "Makefile", ".ci/run")


def _places(pattern: re.Pattern[str], names: tuple[str, ...]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in names
        for number, line in enumerate(text(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_nothing_is_left_for_later():
    assert _places(UNFINISHED, tuple(name for name in files() if name.endswith(READ))) == []


def test_no_test_is_switched_off():
    assert _places(SWITCHED_OFF, python_files()) == []


def test_no_function_only_says_that_it_is_missing():
    raised = [
        (name, node) for name in product_files() for node in ast.walk(tree(name)) if isinstance(node, ast.Raise) and node.exc
    ]
    assert [f"{name}:{node.lineno}" for name, node in raised if MISSING.search(ast.unparse(node))] == []


def test_serializers_write_nothing():
    written = [
        f"{name}:{method.lineno} {node.name}.{method.name}"
        for name in product_files()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Serializer")
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name in {"create", "update", "save"}
    ]
    assert written == []

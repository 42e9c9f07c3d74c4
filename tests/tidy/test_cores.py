"""Cores are pure: the same arguments give the same answer, on any machine, at any time."""

from __future__ import annotations

import ast
import re

from tests.tidy.sources import APPS, core_files, imports, python_files, tree

# The shell reads the clock and makes ids here, and hands both to the cores as arguments.
MAKERS = {"accounts/core/clock.py", "accounts/core/ids.py"}
MADE_OUTSIDE = {"accounts.core.clock.utc_now", "accounts.core.ids.uuid7"}
IMPURE_CALLS = re.compile(
    r"^(open|print|input|exec|eval|(\w+\.)*(now|utcnow|today|uuid1|uuid4|urandom|getenv|default_rng)"
    r"|random\.(?!Random$)\w+|(np|numpy)\.random\.(?!Generator$)\w+)$"
)
A_CORE = re.compile(rf"^({'|'.join(APPS)})(\.ledger)?\.core(\.|$)")
SERVICES = {"django", "rest_framework", "channels", "celery", "redis", "psycopg", "aiohttp", "httpx"}


def test_cores_import_only_cores():
    found = [(name, line, what) for name in core_files() for line, what in imports(name)]
    ours = [(name, line, what) for name, line, what in found if what.split(".")[0] in APPS]
    assert [f"{name}:{line} {what}" for name, line, what in ours if not A_CORE.match(what)] == []


def test_cores_ask_no_clock_no_dice_and_no_file():
    calls = [
        (name, node)
        for name in core_files()
        if name not in MAKERS
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and not _seeded(node)
    ]
    assert [
        f"{name}:{node.lineno} {ast.unparse(node.func)}" for name, node in calls if IMPURE_CALLS.match(ast.unparse(node.func))
    ] == []


def test_cores_make_no_ids_and_read_no_time_through_their_neighbours():
    borrowed = [f"{name}:{line} {what}" for name in core_files() for line, what in imports(name) if what in MADE_OUTSIDE]
    assert borrowed == []


def test_tests_of_cores_need_no_service():
    tests = [name for name in python_files() if name.startswith("tests/core/")]
    assert [f"{name}:{line} {what}" for name in tests for line, what in imports(name) if what.split(".")[0] in SERVICES] == []


def _seeded(call: ast.Call) -> bool:
    """A generator made from a seed that was passed in is as good as an argument."""
    return ast.unparse(call.func).endswith("default_rng") and bool(call.args)

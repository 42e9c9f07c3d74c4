"""What the tidy tests look at: every file that git tracks or would track."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "campaigns", "scoring", "exchange", "reporting", "demo")
FOREIGN = ("static/vendor/",)


@cache
def files() -> tuple[str, ...]:
    """Paths from the top of the tree, tracked or not yet added, without what .gitignore names and without vendored code."""
    # A checkout that belongs to another user is still ours to read.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    present = {name for name in listed if name and (ROOT / name).is_file()}
    return tuple(sorted(name for name in present if not name.startswith(FOREIGN)))


def python_files() -> tuple[str, ...]:
    return tuple(name for name in files() if name.endswith(".py"))


def product_files() -> tuple[str, ...]:
    """Python that runs in production: no tests, no migrations."""
    return tuple(name for name in python_files() if not name.startswith("tests/") and "/migrations/" not in name)


def core_files() -> tuple[str, ...]:
    return tuple(name for name in product_files() if "core" in Path(name).parts[1:-1] and name.startswith(APPS))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(text(name), filename=name)


def functions(name: str) -> Iterator[tuple[str, int]]:
    """Each function's place and its length in lines, from `def` to its last line."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{name}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def imports(name: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a file imports; `from a import b` gives a.b."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)

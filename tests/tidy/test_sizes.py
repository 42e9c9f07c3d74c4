"""Small functions, small files. There is no list of exceptions: split by noun instead."""

from __future__ import annotations

from pathlib import Path

from tests.tidy.sources import functions, product_files, python_files, text

FUNCTION_LINES_MAX = 60
FUNCTION_LINES_P95 = 40
FUNCTION_LINES_MEDIAN = 12
TASK_LINES_MAX = 15
FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 500


def test_no_function_is_over_the_hard_limit():
    long = [f"{place}: {lines}" for name in python_files() for place, lines in functions(name) if lines > FUNCTION_LINES_MAX]
    assert long == []


def test_most_functions_are_short():
    lengths = sorted(lines for name in product_files() for _, lines in functions(name))
    median, p95 = lengths[len(lengths) // 2], lengths[len(lengths) * 95 // 100]
    assert (median <= FUNCTION_LINES_MEDIAN, p95 <= FUNCTION_LINES_P95) == (True, True), f"median {median}, 95th percentile {p95}"


def test_a_task_loads_ids_and_calls_one_service():
    tasks = [name for name in product_files() if Path(name).name == "tasks.py" or "tasks" in Path(name).parts]
    long = [f"{place}: {lines}" for name in tasks for place, lines in functions(name) if lines > TASK_LINES_MAX]
    assert long == []


def test_no_file_is_over_its_limit():
    def limit(name: str) -> int:
        return TEST_FILE_LINES_MAX if name.startswith("tests/") else FILE_LINES_MAX

    written = [name for name in python_files() if "/migrations/" not in name]
    lines = {name: text(name).count("\n") for name in written}
    assert [f"{name}: {count}" for name, count in lines.items() if count > limit(name)] == []

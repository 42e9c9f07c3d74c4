"""Everything has a place with a name that says what is in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.tidy.sources import APPS, ROOT, files, product_files, python_files, text, tree

DUMP_ROOM = re.compile(r"(^|/)(utils?|helpers?|commons?|misc|miscellaneous|base|base_utils|lib|shared|stuff|extras?)(\.\w+|/)")
FLOW = "exchange/flow.py"
FLOW_LINES_MAX = 200
DECIDED_ELSEWHERE = re.compile(r"vertical|tenant|connector|organization", re.IGNORECASE)


def test_no_dump_rooms():
    assert [name for name in files() if DUMP_ROOM.search(name)] == []


def test_exchange_holds_only_its_stages_and_the_flow():
    directly_in_it = {Path(name).name for name in files() if name.startswith("exchange/") and name.count("/") == 1}
    assert directly_in_it <= {"__init__.py", "flow.py"}


def test_each_package_says_what_lives_here():
    packages = [name for name in product_files() if Path(name).name == "__init__.py" and "/management/" not in name]
    silent = [name for name in packages if not ast.get_docstring(tree(name))]
    assert silent == []


def test_each_app_stage_and_core_says_who_may_import_it():
    def announces(name: str) -> bool:
        parts = Path(name).parts[:-1]
        return parts[0] in APPS and (len(parts) == 1 or parts[-1] == "core" or (parts[0] == "exchange" and len(parts) == 2))

    packages = [name for name in product_files() if Path(name).name == "__init__.py" and announces(name)]
    incomplete = [name for name in packages if not re.search(r"\bimports?\b", ast.get_docstring(tree(name)) or "")]
    assert incomplete == []


def test_each_source_folder_is_a_package():
    folders = {str(Path(name).parent) for name in product_files() if name.startswith(APPS)}
    assert [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()] == []


def test_flow_fits_on_a_few_screens():
    assert [name for name in files() if name == FLOW and text(name).count("\n") > FLOW_LINES_MAX] == []


def test_flow_decides_nothing_by_vertical_tenant_or_connector():
    asked = [node.test for name in python_files() if name == FLOW for node in ast.walk(tree(name)) if hasattr(node, "test")]
    assert [ast.unparse(question) for question in asked if DECIDED_ELSEWHERE.search(ast.unparse(question))] == []


def test_flow_names_no_vertical_and_no_connector():
    verticals = {Path(name).stem for name in files() if name.startswith("campaigns/verticals/") and name.endswith(".toml")}
    connectors = {name.split("/")[3] for name in files() if re.match(r"exchange/delivery/connectors/\w+/", name)}
    words = {word for name in files() if name == FLOW for word in re.findall(r"[\w.]+", text(name))}
    assert sorted(words & (verticals | connectors)) == []

"""What others wrote stands in static/vendor as their packages hold it, and pages use nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accounts.core.display import STATUSES
from accounts.templatetags.portal import SPRITE
from config.menu import MENU
from config.vendored import FOLDER, MANIFEST, digest, folder_of, read_manifest
from tests.tidy.sources import ROOT, files, product_files, text

LICENCES = {"MIT", "0BSD", "ISC", "OFL-1.1"}
ASSET = re.compile(r"""\{% static '([^']+)' %\}""")
NAMED = re.compile(r"""(?:\{% (?:icon|pill "\w+" "[^"]*") "([a-z0-9-]+)"|\bicon="([a-z0-9-]+)")""")
OTHER_ORIGIN = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]", re.IGNORECASE)


def pages() -> tuple[str, ...]:
    return tuple(name for name in files() if name.startswith("templates/") and name.endswith(".html"))


@pytest.mark.parametrize("package", read_manifest(), ids=lambda package: package["npm"])
def test_each_file_is_the_one_of_its_package(package):
    found = {name: digest(folder_of(package) / name) for name in package["files"]}
    assert found == {name: file["sha384"] for name, file in package["files"].items()}
    assert package["licence"] in LICENCES


def test_nothing_else_stands_there():
    known = {folder_of(package) / name for package in read_manifest() for name in package["files"]} | {MANIFEST}
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == known


def test_pages_name_files_that_exist():
    named = {(name, asset) for name in pages() for asset in ASSET.findall(text(name))}
    assert len(named) > 5
    assert [one for one in sorted(named) if not (ROOT / "static" / one[1]).is_file()] == []


def test_every_icon_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / SPRITE).read_text()))
    named = {one or other for name in pages() for one, other in NAMED.findall(text(name))}
    named |= {status.icon for status in STATUSES.values()} | {entry.icon for entry in MENU}
    assert (len(named) > 30, sorted(named - drawn)) == (True, [])


def test_no_page_names_another_origin():
    ours = [name for name in files() if name.startswith(("templates/", "static/app/"))]
    assert [(name, OTHER_ORIGIN.findall(text(name))) for name in ours if OTHER_ORIGIN.search(text(name))] == []


def test_the_styles_of_others_load_nothing():
    styles = list(FOLDER.rglob("*.css"))
    loading = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""")
    assert [path.name for path in styles if loading.search(path.read_text())] == []


def test_no_page_has_a_script_or_a_style_of_its_own():
    inline = re.compile(r"<script>|<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    assert [name for name in pages() if inline.search(text(name))] == []


def test_pages_are_not_written_twice():
    assert [Path(name).name for name in product_files() if "<html" in text(name)] == []

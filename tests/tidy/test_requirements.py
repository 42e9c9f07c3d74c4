"""Requirements install the same bytes everywhere, from whichever index the reader uses."""

from __future__ import annotations

import re

import pytest

from tests.tidy.sources import ROOT, text

LOCKS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)(\[[\w,-]+\])?==(?P<version>[\w.!+]+)( ;.*)?$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS = re.compile(
    r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host|^-[if] | @ |(^|\s)(/|\./|\.\./)\w", re.MULTILINE
)
HOST = re.compile(r"https?://(?!127\.0\.0\.1|localhost|\[::1\])", re.IGNORECASE)


def locked(lock: str) -> dict[str, tuple[str, int]]:
    """Name -> version and count of hashes; a line that pins nothing fails here."""
    found = {}
    for entry in re.sub(r"\\\n\s*", " ", text(lock)).splitlines():
        line = re.sub(r"(^|\s)#.*", "", entry).strip()
        if line:
            match = PINNED.match(HASH.sub("", line).strip())
            assert match, f"{lock}: {line[:80]} is not pinned"
            found[_normal(match["name"])] = (match["version"], len(HASH.findall(line)))
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_is_pinned_and_hashed(lock):
    packages = locked(lock)
    assert [name for name, (_, hashes) in packages.items() if hashes == 0] == []
    assert len(packages) >= len(re.findall(r"^[a-z]", text("requirements.in"), re.MULTILINE))


@pytest.mark.parametrize("lock", [*LOCKS, "requirements.in", "requirements-dev.in"])
def test_no_index_address_and_no_path(lock):
    assert [match.group(0) for match in ADDRESS.finditer(text(lock))] == []
    assert HOST.findall(text(lock)) == []


def test_development_adds_and_changes_nothing_else():
    runtime, development = (locked(lock) for lock in LOCKS)
    assert {name: version for name, (version, _) in runtime.items() if development.get(name, ("",))[0] != version} == {}


def test_each_requirement_says_why():
    lines = [line for line in text("requirements.in").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.match(r"^\S+\s+# \S.{4,}$", line)] == []


def test_each_requirement_is_locked():
    names = {
        _normal(re.split(r"[\[~=<>; ]", line)[0]) for line in text("requirements.in").splitlines() if re.match(r"^[a-zA-Z]", line)
    }
    assert names - set(locked("requirements.txt")) == set()


def test_both_locks_stand_at_the_top():
    assert sorted(path.name for path in ROOT.glob("requirements*.txt")) == sorted(LOCKS)

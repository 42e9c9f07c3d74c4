"""Files of others under static/vendor: `python -m config.vendored` fetches them again, a test compares their hashes.

`static/vendor/manifest.json` names each package (npm), its version and licence, and every file with its SHA-384. A new version is
a new number in the manifest and one run; the folder of the old version goes. Needs npm, which nothing else here does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from config.env import ROOT

FOLDER = ROOT / "static" / "vendor"
MANIFEST = FOLDER / "manifest.json"
SPRITE = "sprite.svg"
_COMMENT = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S+)\s*$")
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def read_manifest() -> list[dict[str, Any]]:
    """Give the packages: npm, version, licence, folder, and `files` (name here -> path in the package, sha384)."""
    packages: list[dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]
    return packages


def folder_of(package: dict[str, Any]) -> Path:
    """Say where a package's files stand; the version is in the path, so a browser may keep them for ever."""
    return FOLDER / f"{package['folder']}-{package['version']}"


def digest(path: Path) -> str:
    """Give a file's SHA-384 as integrity attributes write it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def refresh() -> None:
    """Fetch every package of the manifest again and write the new hashes."""
    packages = read_manifest()
    for package in packages:
        with tempfile.TemporaryDirectory() as scratch:
            _take(package, _unpack(package, Path(scratch)))
    for stale in {path for path in FOLDER.iterdir() if path.is_dir()} - {folder_of(package) for package in packages}:
        shutil.rmtree(stale)
    MANIFEST.write_text(json.dumps({"packages": packages}, indent=2) + "\n", encoding="utf-8")


def _unpack(package: dict[str, Any], scratch: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{package['npm']}@{package['version']}"]
    subprocess.run(command, check=True, cwd=scratch, stdout=subprocess.DEVNULL)
    with tarfile.open(next(scratch.glob("*.tgz"))) as archive:
        archive.extractall(scratch, filter="data")
    return scratch / "package"


def _take(package: dict[str, Any], unpacked: Path) -> None:
    target = folder_of(package)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, file in package["files"].items():
        found = _sprite(unpacked, package["icons"]) if name == SPRITE else (unpacked / file["from"]).read_bytes()
        (target / name).write_bytes(_COMMENT.sub(b"\n", found))
        file["sha384"] = digest(target / name)


def _sprite(unpacked: Path, icons: list[str]) -> bytes:
    """Join the icons we use into one file of symbols."""
    symbols = [_symbol(name, (unpacked / "icons" / f"{name}.svg").read_text(encoding="utf-8")) for name in sorted(icons)]
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    return "\n".join([head, *symbols, "</svg>", ""]).encode()


def _symbol(name: str, svg: str) -> str:
    found = _INSIDE.search(svg)
    if found is None:
        raise ValueError(f"{name} is no icon")
    inside = re.sub(r"\s*\n\s*", "", found[1]).strip()
    drawn = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {drawn}>{inside}</symbol>'


if __name__ == "__main__":
    refresh()
    sys.stderr.write(f"{len(read_manifest())} packages under {FOLDER.relative_to(ROOT)}\n")

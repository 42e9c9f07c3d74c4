"""The verticals of the exchange: one TOML file each, read once per process. A new vertical is a file, not code.

Lives here: the data files and their reader. Not here: what fields mean (campaigns.core.fields). Who may import it: campaigns, and
everything above it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from accounts.core.errors import FieldError, invalid
from campaigns.core.fields import Vertical, VerticalError, parse_vertical

FOLDER = Path(__file__).parent


@cache
def load_verticals() -> Mapping[str, Vertical]:
    """Give every vertical by its slug; raises VerticalError naming the file and place of a fault."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return MappingProxyType({vertical.slug: vertical for vertical in found})


def get_vertical(slug: object, pointer: str = "/vertical") -> Vertical:
    """Give one vertical; raises Problem(invalid_request) that lists the known ones."""
    verticals = load_verticals()
    found = verticals.get(slug) if isinstance(slug, str) else None
    if found is None:
        raise invalid([FieldError(pointer, "not_a_choice", f"Must be one of {', '.join(verticals)}.")])
    return found


def _read(path: Path) -> Vertical:
    vertical = parse_vertical(tomllib.loads(path.read_text(encoding="utf-8")))
    if vertical.slug != path.stem:
        raise VerticalError(f"{path.name}: its slug is {vertical.slug!r}, not its name")
    return vertical

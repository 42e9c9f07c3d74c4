"""The snippets of clients/snippets with real values in them: what pages show is what the tests run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "clients" / "snippets"
#: What the shell's snippet of each topic is called.
TOPICS = {"ping": "curl", "post": "curl", "webhook": "Shell"}
LANGUAGES = (("Python", "py"), ("JavaScript", "mjs"), ("PHP", "php"))
_PLACE = re.compile(r"@([A-Z]+)@")


def snippets(topic: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give (language, code) of a topic; `values` stand for its placeholders, text as it is and anything else as JSON."""
    written = {name: value if isinstance(value, str) else _json(value) for name, value in values.items()}
    return [(language, _filled(f"{topic}.{ending}", written)) for language, ending in ((TOPICS[topic], "sh"), *LANGUAGES)]


def _filled(name: str, written: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: written[found.group(1)], _file(name))


def _json(value: Any) -> str:
    """Write JSON that every language may hold between quotes of its own, and a script as a literal."""
    return json.dumps(value, indent=2).replace("'", "\\u0027")


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8").rstrip("\n")

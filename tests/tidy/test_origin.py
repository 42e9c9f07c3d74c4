"""Pages load nothing from another host, and no secret is committed."""

from __future__ import annotations

import re

from tests.tidy.sources import files, text

ELSEWHERE = r"""["'`(]?\s*(https?:|wss?:)?//(?!www\.w3\.org/)[\w.-]"""
LOADING_TAG = re.compile(
    r"<(script|link|img|iframe|source|video|audio|embed|object|use|image|form|base)\b[^>]*\b(src|href|srcset|data|action|formaction)\s*=\s*"
    + ELSEWHERE,
    re.IGNORECASE,
)
LOADING_STYLE = re.compile(r"(url\(|@import)\s*" + ELSEWHERE, re.IGNORECASE)
ADDRESS_IN_SCRIPT = re.compile(r"""["'`](https?:|wss?:)?//(?!www\.w3\.org/)[\w.-]""", re.IGNORECASE)
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\blx_(live|test)_[A-Za-z0-9]{16,}|\bAKIA[0-9A-Z]{16}\b|\bwhsec_[A-Za-z0-9+/=]{24,}"
)
# The vector that the Standard Webhooks specification publishes.
PUBLISHED = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _found(pattern: re.Pattern[str], names: list[str]) -> list[str]:
    return [f"{name}: {match.group(0)[:80]}" for name in names for match in pattern.finditer(text(name).replace(PUBLISHED, ""))]


def test_pages_load_only_from_their_own_origin():
    pages = [name for name in files() if name.endswith((".html", ".svg"))]
    assert _found(LOADING_TAG, pages) + _found(LOADING_STYLE, pages) == []


def test_styles_load_only_from_their_own_origin():
    assert _found(LOADING_STYLE, [name for name in files() if name.startswith("static/app/") and name.endswith(".css")]) == []


def test_scripts_name_no_other_host():
    assert _found(ADDRESS_IN_SCRIPT, [name for name in files() if name.startswith("static/app/") and name.endswith(".js")]) == []


def test_no_secret_is_committed():
    readable = [
        name
        for name in files()
        if name.endswith((".py", ".md", ".toml", ".json", ".yaml", ".yml", ".html", ".js", ".sh", ".example"))
    ]
    assert _found(SECRETS, readable) == []

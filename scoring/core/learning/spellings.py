"""Spellings of one value: "Yes", "YES" and " yes" are the same, and so are 1 and 1.0."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

_WHOLE = re.compile(r"([+-]?\d+)[.,]0+$")


def plain(text: str) -> str:
    """Fold case and blanks, and write whole numbers without decimals."""
    folded = " ".join(text.casefold().split())
    whole = _WHOLE.match(folded)
    return whole[1] if whole else folded


def join_spellings(counts: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Give all spellings of each value under the most frequent one, in the order of the counts."""
    joined: dict[str, list[str]] = defaultdict(list)
    for text in counts:
        joined[plain(text)].append(text)
    return {max(texts, key=lambda text: counts[text]): tuple(texts) for texts in joined.values()}

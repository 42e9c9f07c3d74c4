"""What sources and campaigns are called, for pages of apps that do not know them."""

from __future__ import annotations

from collections.abc import Collection

from accounts.core.ids import BadId, decode, encode
from campaigns.selectors import names_of, source_names


def names_by_id(ids: Collection[str]) -> dict[str, str]:
    """Give the names of those that the present door shows, archived ones too, by their ids as people see them."""
    found: dict[str, str] = {}
    for kind, prefix, ask in (("source", "src_", source_names), ("campaign", "cmp_", names_of)):
        wanted = [decode(kind, one) for one in ids if one.startswith(prefix) and _is_id(kind, one)]
        found |= {encode(kind, identifier): name for identifier, name in ask(wanted).items()}
    return found


def _is_id(kind: str, text: str) -> bool:
    try:
        decode(kind, text)
    except BadId:
        return False
    return True

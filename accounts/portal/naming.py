"""Names in the place of ids: what monitors and model cards write holds ids, and people know names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from django.conf import settings
from django.utils.module_loading import import_string

_ID = re.compile(r"\b(?:src|cmp)_[0-9a-z]{26}\b")
Names = Callable[[Collection[str]], Mapping[str, str]]


def with_names(texts: Sequence[str], form: str = "{}") -> list[str]:
    """Write texts with the names of the sources and campaigns whose ids they hold, inside the present door.

    Ids that nobody knows there stay. Without an id nothing is asked.
    """
    found = {one for text in texts for one in _ID.findall(text)}
    if not found:
        return list(texts)
    names_of: Names = import_string(settings.PORTAL_NAMES)
    names = {one: form.format(name) for one, name in names_of(found).items()}
    return [_ID.sub(lambda match: names.get(match[0], match[0]), text) for text in texts]

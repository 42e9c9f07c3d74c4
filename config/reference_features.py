"""The reference of features, read out of the families: `python -m config.reference` writes it, a test compares it."""

from __future__ import annotations

from collections.abc import Iterable

from config.verticals import feature_specs
from scoring.core.columns import CATEGORY, Feature
from scoring.core.features import FEATURES, FEATURES_VERSION, features_of

PAGE = "docs/reference/features.md"
_HEAD = """\
# Features

<!-- Generated: make docs -->

What a score is computed from: version {version} of the features. The same function serves pings and makes training rows, so both
see these columns in this order, a vertical's own first. What a ping does not say is unknown (NaN), never 0. A category's value is
the place of its level. Columns of the *calendar* move with the date alone, so monitors of drift leave them out.
"""
_COLUMNS = "| feature | kind | words | read from | since | calendar |\n|---|---|---|---|---|---|\n"
LEVELS_SHOWN = 16


def as_page() -> str:
    """Give the page as markdown: the columns that every vertical has by family, then those of each vertical's fields."""
    families = list(dict.fromkeys(feature.family for feature in FEATURES))
    common = "".join(
        f"\n## {family}\n\n{_table(feature for feature in FEATURES if feature.family == family)}"
        for family in families
        if family != "lead"
    )
    own = "".join(f"\n## {slug}\n\n{_table(_own(features_of(spec)))}" for slug, spec in sorted(feature_specs().items()))
    return _HEAD.format(version=FEATURES_VERSION) + common + "\n# Of a vertical's own\n" + own


def _own(features: Iterable[Feature]) -> Iterable[Feature]:
    return (feature for feature in features if feature.family == "lead" or feature.name == "text.problem")


def _table(features: Iterable[Feature]) -> str:
    return _COLUMNS + "".join(
        f"| `{one.name}` | {one.kind} | {_words(one)} | {one.needs} | {one.since} | {'yes' if one.calendar else ''} |\n"
        for one in features
    )


def _words(feature: Feature) -> str:
    levels = feature.levels if feature.kind == CATEGORY else ()
    if not levels:
        return feature.words
    shown = f"{len(levels)} levels" if len(levels) > LEVELS_SHOWN else ", ".join(levels)
    return f"{feature.words}: {shown}"

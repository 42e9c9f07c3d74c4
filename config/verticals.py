"""What scoring may know of the verticals: it stands beside campaigns, so their data reaches it through this one function."""

from __future__ import annotations

from campaigns.verticals import load_verticals
from scoring.core.features import FeatureSpec, spec_of


def feature_specs() -> dict[str, FeatureSpec]:
    """Give what features need of each vertical, by slug."""
    return {slug: spec_of(vertical) for slug, vertical in load_verticals().items()}

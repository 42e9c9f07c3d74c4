"""What the visitor did on the site in sum, from which device, and where from."""

from __future__ import annotations

import re
from functools import lru_cache
from math import nan
from typing import Any

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, OTHER, Feature, code_of, codes_of
from scoring.core.families.visit import Family, Visit, count_of
from scoring.core.specs import FeatureSpec

DEVICES = ("desktop", "mobile", "tablet", OTHER)
REFERRERS = ("none", "search", "social", "mail", OTHER)
URL_MAX = 2000
FEATURES = (
    Feature("behaviour.pages_viewed", NUMBER, "pages viewed", needs="behaviour.pages_viewed"),
    Feature("behaviour.time_on_site_seconds", NUMBER, "seconds on the site", needs="behaviour.time_on_site_seconds"),
    Feature("behaviour.session_count", NUMBER, "sessions", needs="behaviour.session_count"),
    Feature("behaviour.form_seconds", NUMBER, "seconds in the form", needs="behaviour.form_seconds", since=2),
    Feature("behaviour.device", CATEGORY, "device", DEVICES, needs="behaviour.device"),
    Feature("behaviour.referrer", CATEGORY, "kind of referrer", REFERRERS, needs="behaviour.referrer"),
    Feature("behaviour.paid_landing", BOOLEAN, "landed through an advertisement", needs="behaviour.landing_page_url"),
)
_DEVICE, _REFERRER = codes_of(DEVICES), codes_of(REFERRERS)
_SEARCH, _SOCIAL, _MAIL = (
    re.compile(pattern)
    for pattern in (
        r"//(www\.)?(google|bing|duckduckgo|search\.yahoo|ecosia)\.",
        r"//([a-z]+\.)?(facebook|instagram|tiktok|linkedin|reddit|pinterest|youtube|twitter|x)\.com",
        r"//(mail|outlook)\.|^android-app://com\.google\.android\.gm",
    )
)
_PAID = re.compile(r"[?&](gclid|fbclid|msclkid)=|utm_medium=(cpc|ppc|paid)")


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    said = visit.behaviour.get
    landing = said("landing_page_url")
    return (
        count_of(said("pages_viewed")),
        count_of(said("time_on_site_seconds")),
        count_of(said("session_count")),
        count_of(said("form_seconds")),
        code_of(_DEVICE, said("device"), _DEVICE[OTHER]),
        _referrer(said("referrer")) if visit.behaviour else nan,
        float(_PAID.search(landing[:URL_MAX]) is not None) if isinstance(landing, str) else nan,
    )


def _referrer(url: Any) -> float:
    return _referrer_of(url[:URL_MAX]) if isinstance(url, str) and url else _REFERRER["none"]


@lru_cache(maxsize=1024)
def _referrer_of(url: str) -> float:
    text = url.lower()
    kind = "search" if _SEARCH.search(text) else "social" if _SOCIAL.search(text) else "mail" if _MAIL.search(text) else OTHER
    return _REFERRER[kind]

"""US states and zips as people write them: one normal form of each, and the state a zip lies in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache

import zipcodes

ZIP_LENGTH = 5

STATES: Mapping[str, str] = {  # the states, DC, the territories and the codes of military mail
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado", "CT": "Connecticut",
    "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine",
    "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri",
    "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "VI": "US Virgin Islands",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "AA": "Armed Forces Americas",
    "AE": "Armed Forces Europe", "AP": "Armed Forces Pacific", "AS": "American Samoa", "FM": "Micronesia", "GU": "Guam",
    "MH": "Marshall Islands", "MP": "Northern Mariana Islands", "PW": "Palau",
}  # fmt: skip
_CODES: Mapping[str, str] = {
    **{name.upper(): code for code, name in STATES.items()},
    **{code: code for code in STATES},
    "VIRGIN ISLANDS": "VI",
    "FEDERATED STATES OF MICRONESIA": "FM",
    "WASHINGTON DC": "DC",
}
_STOPS = re.compile(r"[.,]")
_ZIP = re.compile(r"\s*([0-9]{5})\s*(?:-?\s*[0-9]{4}|-)?\s*")


def five_digits(text: str) -> str | None:
    """Give the first five digits of a zip written with or without its last four, None when it is not written as a zip."""
    written = _ZIP.fullmatch(text)
    return written[1] if written else None


def state_code(text: str) -> str | None:
    """Give the code of a state written as code or name in any case ("tx", "Texas", "N.Y."), None when it names none."""
    return text if text in STATES else _CODES.get(" ".join(_STOPS.sub("", text).upper().split()))


@lru_cache(maxsize=65_536)
def state_of_zip(zip_code: str) -> str | None:
    """Give the state of a five-digit zip, None when no such zip exists."""
    if len(zip_code) != ZIP_LENGTH or not (zip_code.isascii() and zip_code.isdigit()):
        return None
    found = _zip_records(zip_code)
    return found[0]["state"] if found else None


def zone_of_zip(zip_code: str) -> str | None:
    """Give the time zone of a five-digit zip by its IANA name, None when no such zip exists or its zone is not known."""
    return _zones().get(zip_code)


@cache
def _zones() -> Mapping[str, str]:
    # Read once: a search for each of 20,000 leads would take seconds. One record names its place instead of a zone.
    return {one["zip_code"]: one["timezone"] for one in _all_records() if "/" in one["timezone"]}


_all_records: Callable[[], list[dict[str, str]]] = zipcodes.list_all
_zip_records: Callable[[str], list[dict[str, str]]] = zipcodes.matching

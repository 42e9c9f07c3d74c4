"""What one cell of a foreign file says: nothing, a number, or a moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from math import isfinite, isnan, nan

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "nil", "?", "-", "--", "\\n"})
NO_NUMBER = MISSING | {"none", "unknown", "missing"}
Read = Callable[[str], float]
QUOTED_MAX = 40
FITTING_MIN = 0.95
NUMBER_MAX = 1e30
"""Beyond it nothing is measured, and squares and single floats of the learners overflow: such a number counts as missing."""
UNIX_MIN, UNIX_MAX = 3e8, 4.2e9
"""Unix seconds that a lead may bear: July 1979 to February 2103."""

_DECORATION = re.compile(r"[\s$€£¥₹%']|(?:USD|EUR|GBP)", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$")
_LEADING_ZERO = re.compile(r"[+-]?0")
_NUMERIC = re.compile(r"[\d.,+\-]+(?:[eE][+-]?\d+)?$")
_COMPACT_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
_COMPACT_MONTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])$")
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_MONTH = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])$")
_SHORT_DAY = re.compile(r"\s*(\d{1,2})[/-](\d{1,2})[/-]\d")
_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT)$", re.IGNORECASE)
_DAYS = (
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d.%m.%y",
    "%d-%b-%y",
)
_CLOCKS = ("", " %H:%M", " %H.%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
_FORMATS = tuple(day + clock for day in _DAYS for clock in _CLOCKS)
_MONTH_FIRST = tuple(day + clock for day in ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y") for clock in _CLOCKS)
_DAY_FIRST = tuple(day + clock for day in ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y") for clock in _CLOCKS)


def quoted(cell: str) -> str:
    """Quote a cell in a message: short, on one line, what cannot be printed written as an escape."""
    text = " ".join(cell.split())
    shown = text if len(text) <= QUOTED_MAX else f"{text[:QUOTED_MAX]}..."
    return f'"{printable(shown)}"'


def listed(cells: Iterable[str], most: int = 8) -> str:
    """Quote the first cells of many."""
    shown = [quoted(cell) for cell in islice(cells, most + 1)]
    return ", ".join(shown[:most]) + (", ..." if len(shown) > most else "")


def printable(text: str) -> str:
    """Write what no terminal should be sent, such as an escape or a mark that turns the direction, as its number."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


def is_missing(cell: str) -> bool:
    """Say whether a cell says nothing."""
    return cell.strip().lower() in MISSING


def number_with_point(cell: str) -> float:
    """Read 1234.5, 1,234.50, $1,234 or 12 %; everything else is NaN, but 1e999 and inf are infinite: callers count them."""
    try:
        value = float(cell)
    except ValueError:
        text = _DECORATION.sub("", cell).replace("\u2212", "-")
        if not _NUMERIC.match(text):
            return nan
        value = _float(text.replace(",", "") if _THOUSANDS.match(text) else text)
    return nan if "_" in cell else value


def number_with_comma(cell: str) -> float:
    """Read 1234,5 or 1.234,50; everything else is NaN."""
    text = _DECORATION.sub("", cell)
    return _float(text.replace(".", "").replace(",", ".")) if _DECIMAL_COMMA.match(text) else number_with_point(text)


def number_reader(cells: list[str]) -> Read:
    """Choose how a column writes its numbers: a comma is a decimal sign where some cell cannot mean thousands by it."""
    commas = [text for text in (_DECORATION.sub("", cell) for cell in cells) if "," in text]
    decimal = all(_DECIMAL_COMMA.match(text) for text in commas)
    never_thousands = any(not _THOUSANDS.match(text) or _LEADING_ZERO.match(text) for text in commas)
    return number_with_comma if decimal and never_thousands else number_with_point


def moment_reader(cells: list[str]) -> Read:
    """Choose how a column writes its moments: 02/13/2020 settles that the month comes first, else the day does."""
    return moment_month_first if any(second > 12 for _, second in _day_and_month(cells)) else moment_day_first


def is_day_doubted(cells: list[str]) -> bool:
    """Say whether no date of a column settles if day or month comes first, though it matters."""
    pairs = _day_and_month(cells)
    return any(first != second for first, second in pairs) and all(max(pair) <= 12 for pair in pairs)


def _day_and_month(cells: list[str]) -> list[tuple[int, int]]:
    return [(int(found[1]), int(found[2])) for found in map(_SHORT_DAY.match, cells) if found]


def moment_day_first(cell: str) -> float:
    """Read a moment as Unix seconds, 02/03/2020 as the second of March; everything else is NaN."""
    return _moment(cell, _WITH_DAY_FIRST)


def moment_month_first(cell: str) -> float:
    """Read a moment as Unix seconds, 02/03/2020 as the third of February; everything else is NaN."""
    return _moment(cell, _WITH_MONTH_FIRST)


READERS: Mapping[str, Read] = {
    "point": number_with_point, "comma": number_with_comma, "day first": moment_day_first, "month first": moment_month_first,
}  # fmt: skip
"""How a column is read, by the name that is kept with a model."""


def name_of_reader(read: Read) -> str:
    """Give the name of a reader in READERS; "" for what reads words."""
    return next((name for name, one in READERS.items() if one is read), "")


def moment_of_number(values: list[float]) -> str:
    """Name how numbers write moments: seconds, milliseconds, days (20180531), months (201805), or order (just a sequence).

    A thousand of them decide, from all over; what does not fit then is NaN to `seconds_of_number`.
    """
    sample = values[:: max(1, len(values) // 1000)]
    for meaning in ("days", "months", "seconds", "milliseconds"):
        if sum(not isnan(seconds_of_number(value, meaning)) for value in sample) >= FITTING_MIN * len(sample):
            return meaning
    return "order"


def seconds_of_number(value: float, meaning: str) -> float:
    """Turn a number of that meaning into Unix seconds, NaN where it cannot mean that; a sequence stays as it is."""
    if meaning == "order":
        return value
    if meaning in {"days", "months"}:
        pattern, rest = (_COMPACT_DAY, "") if meaning == "days" else (_COMPACT_MONTH, "01")
        text = f"{value:.0f}" if value.is_integer() else ""
        return _moment_of(text + rest, "%Y%m%d") if pattern.match(text) else nan
    seconds = value / 1000 if meaning == "milliseconds" else value
    return seconds if UNIX_MIN <= seconds <= UNIX_MAX else nan


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return nan
    return value if isfinite(value) else nan


def _moment(cell: str, formats: _Formats) -> float:
    text = _OFFSET.sub("", _ZONE.sub("", _WEEKDAY.sub("", cell.strip())))
    if len(text) < 6 or text.isdigit() or _DIGIT.search(text) is None:
        return nan
    text = f"{text}-01" if _MONTH.match(text) else text
    try:
        return _seconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass
    return formats.read(text)


class _Formats:
    """Formats of moments, of which the one that was met last is tried first: a column mostly writes all its moments alike."""

    def __init__(self, formats: tuple[str, ...]) -> None:
        self._all, self._last = formats, formats[0]

    def read(self, text: str) -> float:
        for form in (self._last, *self._all):
            if not isnan(seconds := _moment_of(text, form)):
                self._last = form
                return seconds
        return nan


def _moment_of(text: str, form: str) -> float:
    try:
        return _seconds(datetime.strptime(text, form).replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return nan


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_WITH_DAY_FIRST, _WITH_MONTH_FIRST = _Formats(_DAY_FIRST + _FORMATS), _Formats(_MONTH_FIRST + _FORMATS)

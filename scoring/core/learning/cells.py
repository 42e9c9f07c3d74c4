"""What one cell of a foreign file says: nothing, a number, or a moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite, isnan, nan

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "nil", "?", "-", "--", "\\n"})
NO_NUMBER = MISSING | {"none", "unknown", "missing"}
Read = Callable[[str], float]

_DECORATION = re.compile(r"[\s$€£%']|(?:USD|EUR|GBP)", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$")
_LEADING_ZERO = re.compile(r"[+-]?0")
_NUMERIC = re.compile(r"[\d.,+\-]+(?:[eE][+-]?\d+)?$")
_COMPACT_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
_COMPACT_MONTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])$")
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT)$", re.IGNORECASE)
_DAYS = ("%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d.%m.%y", "%d-%b-%y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
_FORMATS = tuple(day + clock for day in _DAYS for clock in _CLOCKS)
_MONTH_FIRST = tuple(day + clock for day in ("%m/%d/%Y", "%m/%d/%y") for clock in _CLOCKS)
_DAY_FIRST = tuple(day + clock for day in ("%d/%m/%Y", "%d/%m/%y") for clock in _CLOCKS)


def is_missing(cell: str) -> bool:
    """Say whether a cell says nothing."""
    return cell.strip().lower() in MISSING


def number_with_point(cell: str) -> float:
    """Read 1234.5, 1,234.50, $1,234 or 12 %; everything else, infinities too, is NaN."""
    try:
        value = float(cell)
    except ValueError:
        text = _DECORATION.sub("", cell)
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
    second = [int(part) for part in (re.findall(r"^\d{1,2}/(\d{1,2})/", cell)[:1] for cell in cells) for part in part]
    formats = (_MONTH_FIRST if any(part > 12 for part in second) else _DAY_FIRST) + _FORMATS
    return lambda cell: _moment(cell, formats)


def moment_of_number(values: list[float]) -> str:
    """Name how numbers write moments: seconds, milliseconds, days (20180531), months (201805), or order (just a sequence)."""
    low, high = min(values), max(values)
    if all(_COMPACT_DAY.match(f"{value:.0f}") for value in values[:1000]):
        return "days"
    if all(_COMPACT_MONTH.match(f"{value:.0f}") for value in values[:1000]):
        return "months"
    if low >= 3e8 and high <= 4.2e9:
        return "seconds"
    return "milliseconds" if low >= 3e11 and high <= 4.2e12 else "order"


def seconds_of_number(value: float, meaning: str) -> float:
    """Turn a number of that meaning into Unix seconds; a sequence stays as it is."""
    if meaning in {"days", "months"} and not isnan(value):
        text = f"{value:.0f}" + ("01" if meaning == "months" else "")
        return _seconds(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)) if _COMPACT_DAY.match(text) else nan
    return value / 1000 if meaning == "milliseconds" else value


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return nan
    return value if isfinite(value) else nan


def _moment(cell: str, formats: tuple[str, ...]) -> float:
    text = cell.strip()
    if len(text) < 6 or text.isdigit():
        return nan
    try:
        return _seconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass
    text = _ZONE.sub("", text)
    for form in formats:
        try:
            return _seconds(datetime.strptime(text, form).replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            continue
    return nan


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

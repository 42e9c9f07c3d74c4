"""How numbers and states look to people: money, counts, shares, and the word, colour and icon of each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.core.money import CENT, round_to_cents

SIGNS = {"USD": "$"}
CENTS = 100
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Status:
    """A state as a pill shows it. The tone is ok, warn, bad, accent or quiet; the word always stands beside the icon."""

    word: str
    tone: str
    icon: str


STATUSES: Mapping[str, Status] = {
    "quoted": Status("Quoted", "accent", "clock"),
    "no_bid": Status("No bid", "quiet", "ban"),
    "sold": Status("Sold", "ok", "circle-check"),
    "captured": Status("Sold", "ok", "circle-check"),
    "won": Status("Won", "ok", "check"),
    "lost": Status("Lost", "bad", "x"),
    "filtered": Status("Filtered", "quiet", "funnel"),
    "expired": Status("Expired", "quiet", "timer"),
    "refused": Status("Refused", "bad", "circle-x"),
    "rejected": Status("Rejected", "bad", "circle-x"),
    "duplicate": Status("Duplicate", "warn", "copy"),
    "returned": Status("Returned", "warn", "undo-2"),
    "queued": Status("Queued", "quiet", "clock"),
    "sent": Status("Sent", "accent", "send"),
    "accepted": Status("Delivered", "ok", "package-check"),
    "failed": Status("Trying again", "warn", "refresh-cw"),
    "dead": Status("Given up", "bad", "circle-alert"),
    "active": Status("Active", "ok", "circle-check"),
    "published": Status("Active", "ok", "circle-check"),
    "paused": Status("Paused", "warn", "pause"),
    "draft": Status("Draft", "quiet", "pencil"),
    "archived": Status("Archived", "quiet", "inbox"),
    "open": Status("Open", "accent", "circle-dot"),
    "ending": Status("Ends soon", "warn", "timer"),
    "ended": Status("Ended", "quiet", "timer"),
    "revoked": Status("Revoked", "quiet", "ban"),
    "live": Status("Live", "ok", "circle-dot"),
    "test": Status("Test", "warn", "circle-dot"),
    "ready": Status("Ready", "ok", "circle-check"),
    "held": Status("Held back", "warn", "timer"),
    "failing": Status("Failing", "warn", "triangle-alert"),
    "disabled": Status("Disabled", "bad", "ban"),
    "retry": Status("Would be tried again", "warn", "refresh-cw"),
    "gone": Status("Gone for good", "bad", "circle-x"),
    "invalid": Status("Nobody to win", "quiet", "ban"),
    "green": Status("Fine", "ok", "circle-check"),
    "amber": Status("Look", "warn", "triangle-alert"),
    "red": Status("Alarm", "bad", "circle-alert"),
    "away": Status("Away", "bad", "circle-alert"),
}


def status_of(code: str) -> Status:
    """Give the look of a state; one that is not listed shows its own code."""
    return STATUSES.get(code) or Status(code.replace("_", " ").capitalize(), "quiet", "circle-dot")


def money(micros: int | None, currency: str) -> str:
    """Write an amount in cents: 1_234_500_000 USD is "$1,234.50", play money "12.50 XTS"; None is a dash."""
    if micros is None:
        return NOTHING
    cents = round_to_cents(abs(micros)) // CENT
    sign, number = "−" if micros < 0 and cents else "", f"{cents // CENTS:,}.{cents % CENTS:02d}"
    return f"{sign}{SIGNS[currency]}{number}" if currency in SIGNS else f"{sign}{number} {currency}"


def count(number: int | None) -> str:
    """Write a whole number with separators; None is a dash."""
    return NOTHING if number is None else f"{number:,}"


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share of 1 in percent; None is a dash."""
    return NOTHING if value is None else f"{decimals(100 * value, digits)} %"


def share(part: int, whole: int) -> str:
    """Write part of a whole in percent with one decimal; a dash of nothing."""
    return percent(part / whole if whole else None)


def decimals(value: float | None, digits: int = 3) -> str:
    """Write a figure, a zero without a minus; None is a dash."""
    return NOTHING if value is None else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 1) -> str:
    """Write a figure with its sign, a real minus; None is a dash."""
    return NOTHING if value is None else f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def kpi(label: str, value: str, note: str = "", difference: tuple[str, str] = ("", ""), good: str = "up") -> dict[str, Any]:
    """Give a figure as components/kpi.html shows it; `difference` is of `change`, `good` the way that is good news."""
    return {"label": label, "value": value, "change": difference, "note": note, "good": good}


def change(now: int, before: int) -> tuple[str, str]:
    """Say how much more or less than before, and in which direction: ("+12 %", "up"); ("", "") where there was nothing before."""
    if before <= 0 or now == before:
        return ("±0 %", "same") if before > 0 else ("", "")
    percent = round((now - before) * 100 / before)
    return (f"{percent:+d} %".replace("-", "−"), "up" if now > before else "down")


def polyline(values: Sequence[float], *, width: int, height: int) -> str:
    """Give the points of a line through `values` for an SVG of this size, the highest value at the top; "" for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    step, span = width / (len(values) - 1), (high - low) or 1
    points = ((index * step, height - (value - low) / span * height) for index, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a small chart, in the units of its SVG."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str


def bars(rows: Sequence[tuple[str, int, str]], *, width: int, height: int) -> tuple[Bar, ...]:
    """Lay out bars of (label, number, number in words) side by side, the highest as high as the drawing."""
    if not rows:
        return ()
    step, top = width / len(rows), max(number for _, number, _ in rows) or 1
    return tuple(
        Bar(round(index * step + step * 0.14, 2), round(height - height * number / top, 2), round(step * 0.72, 2),
            round(height * number / top, 2), label, words)
        for index, (label, number, words) in enumerate(rows)
    )  # fmt: skip

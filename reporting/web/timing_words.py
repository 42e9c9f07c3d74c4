"""How times, chances and hours are written on the page Timing and on a lead's."""

from __future__ import annotations

from accounts.core.display import percent

_UNITS = ((1440.0, "day"), (60.0, "h"), (1.0, "min"))


def lasting(minutes: float) -> str:
    """Write a duration by its largest unit: "45 s", "5 min", "4 h", "1.5 days"."""
    for size, unit in _UNITS:
        if minutes >= size:
            number = f"{minutes / size:.1f}".removesuffix(".0")
            return f"{number} {unit}" + ("s" if unit == "day" and number != "1" else "")
    return f"{minutes * 60:.0f} s"


def chance(value: float) -> str:
    """Write a chance in whole percents."""
    return percent(value, 0)


def between(bounds: tuple[float, float]) -> str:
    """Write an interval in whole percents."""
    return f"{100 * bounds[0]:.0f} to {100 * bounds[1]:.0f} %"


def hours_of_day(hour: int) -> str:
    """Write an hour of the day: "18:00–19:00"."""
    return f"{hour:02d}:00–{hour + 1:02d}:00"

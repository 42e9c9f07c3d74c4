"""The plot of the bank's stream in time order: levels and log loss, frozen beside followed, and the alarms. Plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).resolve().parents[1] / "docs" / "algorithms" / "drift-stream.svg"
WIDTH, PANEL, LEFT, GAP = 960, 210, 64, 56
BATCH = 500
FROZEN, FOLLOWED, TRUTH, ALARM, GRID, TEXT = "#b45309", "#1d4ed8", "#111827", "#b91c1c", "#d1d5db", "#4b5563"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stream to draw: outcomes, both series of answers, the months of its leads (200810 is October 2008), and what rang."""

    outcomes: NDArray[np.bool_]
    frozen: Floats
    followed: Floats
    months: NDArray[np.int64]
    red: tuple[int, ...]


def write(drawn: Drawn, path: Path = FILE) -> None:
    """Write the plot."""
    path.write_text(plot(drawn), encoding="utf-8")


def plot(drawn: Drawn) -> str:
    """Draw two panels over the leads: what was said beside what came, and the log loss, in batches of 500."""
    count, height = len(drawn.outcomes), 2 * PANEL + 3 * GAP
    level = [(name, _means(values), colour) for name, values, colour in _levels(drawn)]
    loss = [
        ("frozen", _means(_losses(drawn.frozen, drawn.outcomes)), FROZEN),
        ("followed", _means(_losses(drawn.followed, drawn.outcomes)), FOLLOWED),
    ]
    frozen, followed = (float(_losses(one, drawn.outcomes).mean()) for one in (drawn.frozen, drawn.followed))
    alarms = f"{count:,} leads in time order, {len(drawn.red)} alarms"
    words = f"{alarms}; log loss {frozen:.3f} frozen, {followed:.3f} followed"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<title>{words}</title><rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" fill="{TRUTH}">{words}</text>',
        *_panel("share that says yes", level, GAP, count),
        *_panel("log loss", loss, GAP * 2 + PANEL, count),
        *_marks(drawn, count, height),
        *_years(drawn, count, height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _levels(drawn: Drawn) -> Sequence[tuple[str, Floats, str]]:
    return (
        ("came true", drawn.outcomes.astype(np.float64), TRUTH),
        ("frozen", drawn.frozen, FROZEN),
        ("followed", drawn.followed, FOLLOWED),
    )


def _means(values: Floats) -> list[float]:
    return [float(values[start : start + BATCH].mean()) for start in range(0, len(values) - BATCH // 2, BATCH)]


def _losses(chances: Floats, outcomes: NDArray[np.bool_]) -> Floats:
    return np.asarray(-np.where(outcomes, np.log(chances), np.log1p(-chances)))


def _panel(title: str, lines: Sequence[tuple[str, list[float], str]], top: int, count: int) -> list[str]:
    """Draw lines over the leads with their names, and a grid of quarters of the highest value."""
    peak = max(max(values) for _, values, _ in lines)
    drawn = [f'<text x="{LEFT}" y="{top - 8}" fill="{TEXT}">{title}</text>']
    for quarter in range(5):
        up = top + PANEL * (1 - quarter / 4)
        drawn.append(f'<path d="M{LEFT} {up:.1f}H{WIDTH - 16}" stroke="{GRID}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{up + 4:.1f}" fill="{TEXT}" text-anchor="end">{peak * quarter / 4:.2f}</text>')
    for place, (name, values, colour) in enumerate(lines):
        points = " ".join(
            f"{_across((at + 0.5) * BATCH, count):.1f},{top + PANEL * (1 - value / peak):.1f}" for at, value in enumerate(values)
        )
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn.append(f'<text x="{WIDTH - 280 + 90 * place}" y="{top - 8}" fill="{colour}">{name}</text>')
    return drawn


def _marks(drawn: Drawn, count: int, height: int) -> list[str]:
    return [
        f'<path d="M{_across(place, count):.1f} {GAP}V{height - GAP}" stroke="{ALARM}" stroke-dasharray="3 3"/>'
        for place in drawn.red
    ] + [f'<text x="{LEFT}" y="{height - 10}" fill="{ALARM}">dashed: the alarm rang ({len(drawn.red)} times)</text>']


def _years(drawn: Drawn, count: int, height: int) -> list[str]:
    firsts = [int(np.flatnonzero(drawn.months == month)[0]) for month in np.unique(drawn.months)]
    last, written = -100.0, []
    for place in firsts:
        across = _across(place, count)
        if across - last >= 56 and across <= WIDTH - 60:
            month = int(drawn.months[place])
            written.append(
                f'<text x="{across:.1f}" y="{height - GAP + 18}" fill="{TEXT}">{month // 100}-{month % 100:02d}</text>'
            )
            last = across
    return written


def _across(place: float, count: int) -> float:
    return LEFT + (WIDTH - 16 - LEFT) * place / count

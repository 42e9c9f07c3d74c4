"""From what was measured to the figures that are watched: medians of rounds, ratios within a round, bars beside them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

OTHERS_SHARE_MAX = 0.10
FOLDER = Path(__file__).resolve().parent / "results"
PACKAGES = ("django", "granian", "djangorestframework", "lightgbm", "msgspec", "psycopg", "redis")


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of one round: CPU in microseconds a request (the pool's own; stores are PostgreSQL, Valkey and journal).

    Shares are parts of the whole machine: what the load itself used, and what processes used that are not the bench's.
    """

    requests: int
    rate: float
    cpu_us: float
    stores_us: float
    p50_ms: float
    p99_ms: float
    load_share: float
    others_share: float


Round = Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that is watched, how it is found in a round, and the bar it should reach."""

    key: str
    words: str
    find: Callable[[Round], float]
    sign: str
    bar: float

    def holds(self, value: float) -> bool:
        """Say whether a value reaches the bar."""
        return value >= self.bar if self.sign == ">=" else value <= self.bar


BARS = (
    Bar("ping_vs_bare", "ping rate, of a bare view's", lambda row: row["ping_1000"].rate / row["bare"].rate, ">=", 0.20),
    Bar("ping_vs_orm", "ping rate, times that of DRF and ORM", lambda row: row["ping_1000"].rate / row["orm"].rate, ">=", 6.0),
    Bar("ping_cpu_us", "CPU of a ping, us", lambda row: row["ping_1000"].cpu_us, "<=", 700.0),
    Bar("ping_p50_ms_c16", "ping p50 at 16 connections, ms", lambda row: row["ping_1000"].p50_ms, "<=", 8.0),
    Bar("ping_p99_ms_c16", "ping p99 at 16 connections, ms", lambda row: row["ping_1000"].p99_ms, "<=", 20.0),
    Bar(
        "growth_100_to_10000",
        "CPU growth, 100 to 10,000 campaigns",
        lambda row: row["ping_10000"].cpu_us / row["ping_100"].cpu_us,
        "<=",
        1.25,
    ),
    Bar("post_vs_bare", "post rate, of a bare view's", lambda row: row["post"].rate / row["bare"].rate, ">=", 0.10),
    Bar("post_p99_ms_c64", "post p99 at 64 connections, ms", lambda row: row["post"].p99_ms, "<=", 130.0),
)
FEED = Bar("feed_p99_ms", "live feed p99, ms", lambda row: float("nan"), "<=", 50.0)


def figures(rounds: Sequence[Round]) -> dict[str, float | None]:
    """Give each figure as the median of the rounds; the feed's is read from the last run of live_sockets.py, None without."""
    found: dict[str, float | None] = {bar.key: round(median(bar.find(one) for one in rounds), 3) for bar in BARS}
    return found | {FEED.key: _feed()}


def _feed() -> float | None:
    """Give the worse p99 of the last run of live_sockets.py: of a quiet feed, and of what a busy one adds to its pace."""
    file = FOLDER / "live.json"
    measured = json.loads(file.read_text()) if file.is_file() else {}
    return max((measured[name]["p99"] for name in ("quiet_ms", "late_ms") if name in measured), default=None)


def medians(rounds: Sequence[Round]) -> dict[str, dict[str, float]]:
    """Give the median of each number of each row."""
    return {
        row: {name: round(median(getattr(one[row], name) for one in rounds), 3) for name in Measured.__slots__}
        for row in rounds[0]
    }


def machine() -> dict[str, Any]:
    """Say on what, with what, when and of which commit was measured."""
    commit = subprocess.run(
        ("git", "describe", "--always", "--dirty"), capture_output=True, text=True, check=False, cwd=FOLDER.parent
    )
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "commit": commit.stdout.strip(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def table(report: Mapping[str, Any]) -> str:
    """Lay out rows and figures for a terminal."""
    lines = [f"{'row':<12}{'req/s':>9}{'CPU us':>9}{'stores us':>11}{'p50 ms':>9}{'p99 ms':>9}{'load %':>8}{'others %':>10}"]
    for name, row in report["rows"].items():
        shares = f"{100 * row['load_share']:>8.0f}{100 * row['others_share']:>10.0f}"
        lines.append(
            f"{name:<12}{row['rate']:>9.0f}{row['cpu_us']:>9.0f}{row['stores_us']:>11.0f}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}"
            + shares
        )
    lines += ["", f"{'figure':<40}{'measured':>10}{'bar':>11}"]
    lines += [_line(bar, report[bar.key]) for bar in (*BARS, FEED)]
    lines += ["", f"campaigns that want a ping, of 1,000: {report['market']['matching_1000']:.1f} on average"]
    others = max(row["others_share"] for row in report["rows"].values())
    if others > OTHERS_SHARE_MAX:
        lines.append(f"WARNING: others used up to {others:.0%} of the machine: trust ratios and CPU, not rates and latencies")
    return "\n".join(lines)


def _line(bar: Bar, value: float | None) -> str:
    told, verdict = ("-", "not measured: run benchmarks/live_sockets.py") if value is None else (f"{value:.2f}", "")
    if value is not None:
        verdict = "" if bar.holds(value) else "MISSED"
    return f"{bar.words:<40}{told:>10}{f'{bar.sign} {bar.bar:g}':>11}  {verdict}".rstrip()

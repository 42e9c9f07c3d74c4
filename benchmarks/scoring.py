"""Measures learning against the bars of the design, beside the usual recipe: `make bench-scoring DATA=folder`.

The folder holds the public data sets that docs/algorithms/training.md names; nothing of them is copied. Exit code 1 below a bar.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from math import isnan, nan
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scoring.native import load_library

load_library()  # before the first import of LightGBM, see scoring.native

from benchmarks import figures, stream_plot  # noqa: E402
from benchmarks import scoring_cases as cases  # noqa: E402
from scoring.core.learning.learning import Learned, Options  # noqa: E402
from scoring.core.learning.table import Refused  # noqa: E402

SIMULATOR_ECE = {10_000: 0.010, 30_000: 0.006}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: where, what, the value reached, its bar (None: only shown), what the usual recipe reaches (None: nothing)."""

    data: str
    figure: str
    reached: float
    sign: str
    bar: float | None
    usual: float | None = None

    @property
    def holds(self) -> bool:
        """Say whether the value reaches the bar, or has none; what is not a number, or was not measured, never does."""
        if self.bar is None:
            return True
        return self.reached >= self.bar if self.sign == ">=" else self.reached <= self.bar


def run(folder: Path, options: Options) -> Iterator[Line]:
    """Measure everything, line by line."""
    xgboost = import_module("xgboost") if find_spec("xgboost") else None
    yield from _learned(
        "X Education, 5 folds", cases.xeducation(folder, options, xgboost), auc=0.840, log_loss=0.468, brier=0.150, ece=0.020
    )
    yield from _learned("bank, no duration, 5 folds", cases.bank(folder, options, xgboost), auc=0.800, log_loss=0.272, ece=0.012)
    coil = cases.coil(folder, options, xgboost)
    yield from _learned("COIL 2000, official test", coil, auc=0.735)
    usual = coil.report.baseline
    yield Line(
        "COIL 2000, official test",
        "hits in the top 800",
        coil.report.judged.hits,
        ">=",
        115,
        None if usual is None else usual.hits,
    )
    yield from _streamed(folder, options, xgboost)
    for rows in cases.SIZES:
        yield from _simulated(rows, options, xgboost)
    for model in cases.REFERENCE:
        yield Line(
            "attribution, 19,785 conversions",
            f"{model}: largest gap to the reference",
            cases.attribution_gap(folder, model),
            "<=",
            0.05,
        )
    for case, missed in cases.leaks_not_named(folder, options).items():
        yield Line(case, "leaks not named" + (f": {', '.join(missed)}" if missed else ""), len(missed), "<=", 0)


def _learned(data: str, learned: Learned, **bars: float) -> Iterator[Line]:
    judged, baseline = learned.report.judged.metrics, learned.report.baseline
    for figure, bar in bars.items():
        usual = None if baseline is None else getattr(baseline.metrics, figure)
        yield Line(data, figure.replace("_", " "), getattr(judged, figure), ">=" if figure == "auc" else "<=", bar, usual)
    yield _below_the_usual(data, judged.log_loss, None if baseline is None else baseline.metrics.log_loss)


def _below_the_usual(data: str, log_loss: float, usual: float | None) -> Line:
    """Compare with the usual recipe; where it is not installed the bar is not measured, which is not reached."""
    return Line(data, "log loss below the usual", log_loss, "<=", nan if usual is None else usual, usual)


def _simulated(rows: int, options: Options, xgboost: ModuleType | None) -> Iterator[Line]:
    found, data, bar = cases.simulated(rows, options, xgboost), f"simulator, {rows:,} leads", SIMULATOR_ECE.get(rows)
    yield Line(data, "ECE against p_true", found.ece, "<=", bar, found.usual_ece)
    yield Line(data, "|O/E - 1|", abs(found.oe - 1), "<=", None if bar is None else 0.05)
    yield _below_the_usual(data, found.log_loss, found.usual_log_loss)


def _streamed(folder: Path, options: Options, xgboost: ModuleType | None) -> Iterator[Line]:
    found, data = cases.bank_stream(folder, options, xgboost), "bank in time order"
    stream_plot.write(found.drawn)
    yield Line(data, "log loss", found.log_loss, "<=", 0.40, found.usual_log_loss)
    yield Line(data, "log loss, frozen (no bar)", found.frozen_log_loss, "<=", None)
    yield Line(data, "ECE", found.ece, "<=", 0.03, found.usual_ece)
    yield Line(data, "ECE, frozen (no bar)", found.frozen_ece, "<=", None)
    yield _below_the_usual(data, found.log_loss, found.usual_log_loss)
    yield Line(data, "mean |O - E| per 500", found.gap, "<=", 0.05)
    yield Line(data, "labels of 2009 until red", found.first_red_of_2009, "<=", 300)
    yield Line(data, f"false alarms, {cases.SHUFFLES} shuffles", found.false_streams, "<=", 0)


def table(lines: Sequence[Line]) -> Iterator[str]:
    """Lay the lines out for a terminal."""
    yield f"{'data':<44}{'figure':<30}{'reached':>9}{'bar':>11}{'usual recipe':>14}"
    for line in lines:
        usual = "-" if line.usual is None else f"{line.usual:.4g}"
        bar = "-" if line.bar is None else f"{line.sign} {line.bar:.4g}"
        yield f"{line.data:<44}{line.figure:<30}{line.reached:>9.4g}{bar:>11}{usual:>14}{_verdict(line)}"


def _verdict(line: Line) -> str:
    if line.holds:
        return ""
    return "  NOT MEASURED" if line.bar is not None and isnan(line.bar) else "  MISSED"


def main(arguments: Sequence[str]) -> int:
    """Run the bench; gives the exit code."""
    parser = argparse.ArgumentParser(description="Measure learning against the bars of the design.")
    parser.add_argument("data", type=Path, help="folder with the public data sets")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=figures.FOLDER / "scoring.json")
    asked = parser.parse_args(arguments)
    started, lines = time.monotonic(), []
    try:
        for line in run(asked.data, Options(threads=asked.threads)):
            lines.append(line)
            print(f"{line.data}: {line.figure} {line.reached:.4g}{_verdict(line)}", flush=True)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print("\n".join(["", *table(lines)]))
    if not find_spec("xgboost"):
        print("usual recipe: not installed, so its bars are not measured; `make dev` installs xgboost-cpu")
    report: dict[str, Any] = {"lines": [asdict(line) | {"holds": line.holds} for line in lines], "machine": figures.machine()}
    asked.results.write_text(
        json.dumps(report | {"seconds": round(time.monotonic() - started)}, indent=1).replace("NaN", "null") + "\n"
    )
    bars, missed = sum(line.bar is not None for line in lines), sum(not line.holds for line in lines)
    print(f"{bars - missed} of {bars} bars reached in {time.monotonic() - started:.0f} s; written to {asked.results}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The report of a training run: plain data that can be stored, its JSON, and its words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scoring.core.evaluation import Bin, Gain, Metrics
from scoring.core.learning.findings import Finding

SHARES = (0.10, 0.25, 0.50)
HITS_SHARE = 0.20
FIGURES = ("auc", "auc_low", "auc_high", "log_loss", "brier", "ece", "ece_floor", "oe")
BETTER, NOT_BETTER = "better", "not better"
ENGINES: Mapping[str, str] = {"lightgbm": "LightGBM", "logistic": "logistic regression", "network": "neural network"}
MEAN = "mean of "


@dataclass(frozen=True, slots=True)
class Judged:
    """How probabilities did on rows their model had not seen: figures, and the gain over the base rate of these rows.

    `lifts` belong to SHARES, `hits` are positives in the top fifth.
    """

    metrics: Metrics
    gain: Gain
    lifts: tuple[float, ...]
    hits: int
    hits_of: int
    table: tuple[Bin, ...]

    @property
    def verdict(self) -> str:
        """Say better than the base rate where the whole interval of the gain lies above 0, else not better."""
        return BETTER if self.gain.low > 0 else NOT_BETTER


@dataclass(frozen=True, slots=True)
class Entrant:
    """A candidate: its cross-validated log loss after calibration, its AUC, and the calibration that suited it."""

    name: str
    log_loss: float
    auc: float
    calibration: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a training run found out. `rows` and `positives` count all labelled rows, `judged` its figures' own."""

    label: str
    positive: str
    rows: int
    positives: int
    protocol: str
    model: str
    reason: str
    calibration: str
    judged: Judged
    baseline: Judged | None
    entrants: tuple[Entrant, ...]
    interval_width: float
    trees: int
    features: tuple[str, ...]
    findings: tuple[Finding, ...]
    suspicions: tuple[Finding, ...]
    notes: tuple[str, ...]
    vertical: str = ""
    advertiser: str = ""
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give the keys that scripts read first, and the whole report under "details"."""
        metrics = self.judged.metrics
        return {
            "rows": self.rows,
            "positives": self.positives,
            "verdict": self.judged.verdict,
            **_figures(self.judged),
            "baseline": {"installed": False} if self.baseline is None else {"installed": True, **_figures(self.baseline)},
            "sentinel": findings_json(self.findings),
            "model": self.model,
            "calibration": {
                "method": self.calibration,
                "rows": metrics.rows,
                "table": [asdict(line) for line in self.judged.table],
            },
            "details": asdict(self),
        }


def findings_json(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    """Give findings as scripts read them."""
    return [{"check": found.check, "column": found.column, "evidence": found.evidence} for found in findings]


def refused_json(rows: int, positives: int, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Give the same keys for a run that was stopped: figures are null."""
    empty = dict.fromkeys(("verdict", *FIGURES, "gain", "gain_low", "gain_high", "lift10", "hits"))
    return {
        "rows": rows,
        "positives": positives,
        **empty,
        "baseline": {},
        "sentinel": findings_json(findings),
        "model": None,
        "calibration": None,
    }


def _figures(judged: Judged) -> dict[str, float | int]:
    metrics, gain = judged.metrics, judged.gain
    lifts = dict(zip(("lift10", "lift25", "lift50"), judged.lifts, strict=True))
    gains = {"gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high}
    return {**{name: getattr(metrics, name) for name in FIGURES}, **gains, **lifts, "hits": judged.hits}


def verdict_words(told: Mapping[str, Any]) -> str:
    """Say in a sentence or two whether a model is worth anything, of the figures as JSON has them."""
    interval = f"95 % interval {told['gain_low']:+.4f} to {told['gain_high']:+.4f}"
    said = (
        f"{told['verdict'].capitalize()} than the base rate: log loss {told['log_loss']:.4f}, always saying the base rate "
        f"{told['log_loss'] + told['gain']:.4f}, a gain of {told['gain']:+.4f} ({interval})."
    )
    if told["auc_high"] < 1 / 2:
        said += f" It ranks worse than chance: AUC {told['auc']:.3f} ({told['auc_low']:.3f} to {told['auc_high']:.3f})."
    return said if told["verdict"] == BETTER else f"{said} Do not decide by its scores."


def mean_name(names: Sequence[str]) -> str:
    """Name the mean of several candidates."""
    return MEAN + ", ".join(names)


def engine_words(name: str) -> str:
    """Say in words what kind of model a name means, a single one or a mean: "mean of LightGBM and logistic regression"."""
    *others, last = [ENGINES.get(one, one) for one in name.removeprefix(MEAN).split(", ")]
    return f"{MEAN}{', '.join(others)} and {last}" if others else last


def finding_lines(findings: tuple[Finding, ...], suspicions: tuple[Finding, ...] = ()) -> Iterator[str]:
    """Say what the sentinel found, with evidence and switch."""
    yield f"Leakage sentinel: {len(findings)} findings, {len(suspicions)} suspicions"
    for found in findings:
        yield f"  LEAK  {found.check}: {found.column}"
        yield f"        {found.evidence}"
        yield f"        go on with {found.switch}"
    for found in suspicions:
        yield f"  look  {found.check}: {found.column}: {found.evidence}"


def report_lines(report: Report) -> Iterator[str]:
    """Lay the report out for a terminal."""
    judged, baseline = report.judged, report.baseline
    yield from (f"  note  {note}" for note in report.notes)
    yield from finding_lines(report.findings, report.suspicions)
    yield ""
    share = report.positives / report.rows
    yield f"{report.rows:,} labelled rows, {report.positives:,} positives ({share:.2%}), {len(report.features)} columns"
    yield f"Judged: {report.protocol}; {judged.metrics.rows:,} rows, {judged.metrics.positives:,} positives"
    yield f"Verdict: {verdict_words(report.as_json())}"
    yield ""
    yield f"{'':<26}{'Leadwright':>12}{'usual recipe':>14}"
    for words, name, form in _LINES:
        other = "-" if baseline is None else _figure(baseline, name, form)
        yield f"{words:<26}{_figure(judged, name, form):>12}{other:>14}"
    if baseline is None:
        yield "usual recipe: not installed (pip install xgboost-cpu, a development requirement)"
    yield ""
    yield f"Model: {engine_words(report.model)}, calibration {report.calibration}. {report.reason}"
    for entrant in report.entrants:
        words = f"{engine_words(entrant.name)}, calibration {entrant.calibration}"
        yield f"  log loss {entrant.log_loss:.4f}  AUC {entrant.auc:.4f}  {words}"
    yield f"Venn-Abers interval: {report.interval_width:.4f} wide on average"
    yield ""
    yield from table_lines(judged.table)


def table_lines(table: tuple[Bin, ...]) -> Iterator[str]:
    """Lay out a calibration table."""
    yield f"{'calibration: rows':<20}{'predicted':>12}{'observed':>12}"
    yield from (f"{line.rows:<20}{line.predicted:>12.4f}{line.observed:>12.4f}" for line in table)


_LINES: tuple[tuple[str, str, str], ...] = (
    ("AUC", "auc", ".4f"),
    ("  95 % interval", "interval", ""),
    ("log loss", "log_loss", ".4f"),
    ("Brier", "brier", ".4f"),
    ("ECE (15 bins)", "ece", ".4f"),
    ("  a perfect model shows", "ece_floor", ".4f"),
    ("observed / expected", "oe", ".3f"),
    ("lift in the top 10 %", "0", ".2f"),
    ("lift in the top 25 %", "1", ".2f"),
    ("lift in the top 50 %", "2", ".2f"),
    ("hits in the top 20 %", "hits", "d"),
)


def _figure(judged: Judged, name: str, form: str) -> str:
    if name == "interval":
        return f"{judged.metrics.auc_low:.3f}-{judged.metrics.auc_high:.3f}"
    if name.isdigit():
        return format(judged.lifts[int(name)], form)
    value: Mapping[str, int] | float | int = judged.hits if name == "hits" else getattr(judged.metrics, name)
    return format(value, form)

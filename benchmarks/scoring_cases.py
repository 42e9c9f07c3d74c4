"""The cases of the scoring bench: which data, which columns, which protocol, and what must be refused."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from benchmarks import stream_plot
from campaigns.verticals import load_verticals
from reporting.core.attribution import Journey, attribute
from scoring.core.evaluation import calibration_error, evaluate
from scoring.core.features import FeatureSpec, extractor_of, spec_of
from scoring.core.learning.baseline import usual_recipe
from scoring.core.learning.findings import Leaking
from scoring.core.learning.learning import Learned, Options, learn, watch
from scoring.core.learning.table import Plan, Table
from scoring.core.level import stream
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.history.reading import read_table

XEDUCATION, BANK, COIL = "xeducation_leads.csv", "bank_additional_full.csv", "coil2000_caravan.csv"
FILLED_AFTER_CONTACT = (
    "Tags", "Lead Quality", "Lead Profile", "Last Notable Activity", "Asymmetrique Activity Index", "Asymmetrique Profile Index",
    "Asymmetrique Activity Score", "Asymmetrique Profile Score",
)  # fmt: skip
SUSPECT = ("Last Activity", "What is your current occupation", "What matters most to you in choosing a course")
CALENDAR = ("seq", "ym")
LABELS_LATE = 300
SHUFFLES = 200
FRESH = 20_000
SIZES = (1_000, 3_000, 10_000, 30_000)
ATTRIBUTION = "attribution_paths.csv"
REFERENCE = {
    "markov": {
        "alpha": 5344.9, "beta": 2527.4, "eta": 3340.8, "iota": 3884.6, "lambda": 1282.8, "theta": 1971.9, "delta": 4.6,
        "epsilon": 599.6, "gamma": 171.1, "kappa": 274.4, "mi": 1.7, "zeta": 381.1,
    },
    "linear": {"alpha": 7574.7, "beta": 2083.5, "eta": 3540.0, "iota": 3857.1},
}  # fmt: skip
STARTS_AT = datetime(2025, 1, 6, tzinfo=UTC)
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Streamed:
    """The bank in time order: followed, frozen and usual figures (None: not installed), and where the alarm went red."""

    log_loss: float
    ece: float
    gap: float
    frozen_log_loss: float
    frozen_ece: float
    usual_log_loss: float | None
    usual_ece: float | None
    first_red_of_2009: int
    red_months: tuple[int, ...]
    false_streams: int
    drawn: stream_plot.Drawn


@dataclass(frozen=True, slots=True)
class Simulated:
    """One size of training set over all verticals: mean ECE against the true chance, truth over expected of all together.

    Log losses are means against the outcomes of fresh leads; of the usual recipe None where it is not installed.
    """

    ece: float
    oe: float
    log_loss: float
    usual_ece: float | None
    usual_log_loss: float | None


def xeducation(folder: Path, options: Options, xgboost: ModuleType | None) -> Learned:
    """Learn from the columns that are known when a lead arrives."""
    plan = Plan("Converted", drop=(*FILLED_AFTER_CONTACT, *SUSPECT))
    return learn(read_table(folder / XEDUCATION, plan), "Converted", options, xgboost=xgboost)


def bank(folder: Path, options: Options, xgboost: ModuleType | None) -> Learned:
    """Learn without the duration of the call."""
    return learn(read_table(folder / BANK, Plan("y", drop=("duration", *CALENDAR))), "y", options, xgboost=xgboost)


def coil(folder: Path, options: Options, xgboost: ModuleType | None) -> Learned:
    """Learn from the official training set, judge on the official test set."""
    return learn(read_table(folder / COIL, Plan("Purchase", split=("split", "eval"))), "Purchase", options, xgboost=xgboost)


def bank_stream(folder: Path, options: Options, xgboost: ModuleType | None) -> Streamed:
    """Train on May to July 2008, then serve the rest in order, labels 300 leads late; shuffle 200 times for false alarms."""
    table = read_table(folder / BANK, Plan("y", time="seq", drop=("duration",)))
    month = _month_numbers(table.moments["ym"])
    later = month > 200807
    table = replace(table, at=None, judge=later)
    quick = replace(options, sentinel=False, candidates=("lightgbm",))
    learned = learn(table, "y", quick, xgboost=xgboost)
    raw, outcomes, usual = learned.predict(table.values[later]), table.outcomes[later], learned.report.baseline
    followed, frozen = stream(raw, outcomes, late=LABELS_LATE), stream(raw, outcomes, late=LABELS_LATE, follow=False)
    start = int(np.flatnonzero(month[later] >= 200901)[0])
    found, still = evaluate(followed.answers, outcomes), evaluate(frozen.answers, outcomes)
    return Streamed(
        log_loss=found.log_loss,
        ece=found.ece,
        gap=float(np.mean(list(_gaps(followed.answers, outcomes)))),
        frozen_log_loss=still.log_loss,
        frozen_ece=still.ece,
        usual_log_loss=None if usual is None else usual.metrics.log_loss,
        usual_ece=None if usual is None else usual.metrics.ece,
        first_red_of_2009=min((place - start + 1 for place in followed.red if place >= start), default=10**6),
        red_months=tuple(int(month[later][place]) for place in followed.red),
        false_streams=_false_streams(replace(table, judge=None), quick, int(later.sum())),
        drawn=stream_plot.Drawn(outcomes, frozen.answers, followed.answers, month[later], followed.red),
    )


def _month_numbers(moments: Floats) -> Ints:
    """Write Unix seconds as 200805."""
    months = moments.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return np.asarray((1970 + months // 12) * 100 + months % 12 + 1)


def _false_streams(table: Table, options: Options, length: int) -> int:
    """Shuffle, so that the level cannot move, and count the streams in which the alarm rings nevertheless."""
    order = np.random.default_rng(options.seed).permutation(len(table))
    shuffled = replace(table.rows(order), judge=np.arange(len(table)) >= len(table) - length)
    chances = learn(shuffled, "y", options).predict(shuffled.values[shuffled.judge])
    outcomes, rung = shuffled.outcomes[shuffled.judge], 0
    for number in range(SHUFFLES):
        again = np.random.default_rng(number).permutation(length)
        rung += bool(stream(chances[again], outcomes[again], late=LABELS_LATE).red)
    return rung


def simulated(rows: int, options: Options, xgboost: ModuleType | None) -> Simulated:
    """Train on simulated leads of every vertical, compare with the true chance of fresh ones."""
    light = replace(options, sentinel=False, candidates=("lightgbm", "logistic"))
    eces, losses, usual_eces, usual_losses, true, said = [], [], [], [], 0.0, 0.0
    for vertical in load_verticals().values():
        table, truth = _simulated_table(spec_of(vertical), rows)
        fresh = np.asarray(table.judge)
        learned = learn(table, "outcome", light)
        answers = learned.predict(table.values[fresh])
        eces.append(calibration_error(answers, truth))
        losses.append(learned.report.judged.metrics.log_loss)
        true, said = true + float(truth.sum()), said + float(answers.sum())
        if xgboost is not None:
            usual = usual_recipe(xgboost, options.seed, options.threads)(table.values[~fresh], table.outcomes[~fresh], None)
            usual_eces.append(calibration_error(usual(table.values[fresh]), truth))
            usual_losses.append(evaluate(usual(table.values[fresh]), table.outcomes[fresh]).log_loss)
    means = [float(np.mean(found)) if found else None for found in (usual_eces, usual_losses)]
    return Simulated(float(np.mean(eces)), true / said, float(np.mean(losses)), *means)


def _simulated_table(spec: FeatureSpec, rows: int) -> tuple[Table, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    world, extract = make_world(spec), extractor_of(spec)
    known = Leads(draw(world, count=rows, seed=rows, starts_at=STARTS_AT, days=364.0))
    fresh = Leads(draw(world, count=FRESH, seed=7, starts_at=STARTS_AT, days=364.0))
    values = np.array([extract(ping, leads.at(place)) for leads in (known, fresh) for place, ping in enumerate(leads)])
    outcomes = np.concatenate([known.draw.outcome, fresh.draw.outcome])
    judge = np.arange(len(outcomes)) >= rows
    return Table(extract.features, np.asfortranarray(values), outcomes, judge=judge), fresh.draw.p_true


def attribution_gap(folder: Path, model: str) -> float:
    """Give the largest difference, in conversions, between our credit of a channel and the published one (rounded to .1)."""
    with (folder / ATTRIBUTION).open(encoding="utf-8", newline="") as file:
        journeys = [
            Journey(tuple(row["path"].split(" > ")), float(row["total_conversions"]), nulls=float(row["total_null"]))
            for row in csv.DictReader(file)
        ]
    found = attribute(journeys, model)
    return max(abs(found[channel].conversions - credit) for channel, credit in REFERENCE[model].items())


def leaks_not_named(folder: Path, options: Options) -> dict[str, list[str]]:
    """Give for each leaky case the leaks that the sentinel did not name; a case that was not refused lacks all of them."""
    xeducation_table = read_table(folder / XEDUCATION, Plan("Converted"))
    bank_table = read_table(folder / BANK, Plan("y"))
    honest = read_table(folder / BANK, Plan("y", drop=("duration", *CALENDAR)))
    copies = np.random.default_rng(options.seed).permutation(len(honest))[: len(honest) // 10]
    doubled = np.random.default_rng(options.seed).permutation(np.concatenate([np.arange(len(honest)), copies]))
    cases = {
        "X Education, a tenth nearly twice": (_nearly_twice(folder, options), ("(rows)",)),
        "X Education, all columns": (xeducation_table, FILLED_AFTER_CONTACT),
        "bank with duration": (bank_table, ("duration",)),
        "bank, a tenth of the rows twice, shuffled": (honest.rows(doubled), ("(rows)",)),
    }
    return {name: sorted(set(leaks) - _refused(table, options)) for name, (table, leaks) in cases.items()}


def _nearly_twice(folder: Path, options: Options) -> Table:
    """Append a tenth of the rows again, two columns of each taken from other rows, and shuffle."""
    honest = read_table(folder / XEDUCATION, Plan("Converted", drop=(*FILLED_AFTER_CONTACT, *SUSPECT)))
    rng, count = np.random.default_rng(options.seed), len(honest)
    table = honest.rows(np.concatenate([np.arange(count), rng.permutation(count)[: count // 10]]))
    for row in range(count, len(table)):
        for place in rng.permutation(table.values.shape[1])[:2]:
            table.values[row, place] = honest.values[rng.integers(count), place]
    return table.rows(rng.permutation(len(table)))


def _refused(table: Table, options: Options) -> set[str]:
    try:
        watch(table, options)
    except Leaking as leaking:
        return {finding.column for finding in leaking.findings}
    return set()


def _gaps(answers: Floats, outcomes: NDArray[np.bool_], size: int = 500) -> Iterator[float]:
    """Give |observed - expected| as a share, for each batch of a stream."""
    for start in range(0, len(outcomes) - size + 1, size):
        part = slice(start, start + size)
        yield abs(float(outcomes[part].mean()) - float(answers[part].mean()))

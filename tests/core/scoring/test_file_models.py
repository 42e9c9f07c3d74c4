"""What a file taught scores the rows of other files: the same features bit by bit, and nothing that is no model of ours."""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from scoring.native import load_library

load_library()
from scoring.core.learning.candidates import Piped  # noqa: E402
from scoring.core.learning.file_model import FileModel, NoModel, Oddities, pack, stored_of, unpack  # noqa: E402
from scoring.core.learning.learning import Learned, Options, learn  # noqa: E402
from scoring.core.learning.portable import Member, Untrusted, keep, revive, to_skops  # noqa: E402
from scoring.core.learning.table import Plan, Table  # noqa: E402
from scoring.history.reading import read_table  # noqa: E402

Rows = list[list[str]]
HEADER = ["Prospect", "Arrived", "Lead Source", "Visits", "Minutes", "Spent", "Since", "City", "Mixed", "Outcome"]


def past(count: int = 1_200) -> Rows:
    """Make leads as X Education's are: sources with blanks and rare ones, counts, decimal commas, dates, empty cells."""
    rng = np.random.default_rng(3)
    sources = ["Google", "google ", "Direct Traffic", "Olark Chat", "", "Select", "Reference", *(f"Rare {n}" for n in range(5))]
    source = rng.choice(len(sources), count, p=[0.3, 0.02, 0.25, 0.15, 0.1, 0.1, 0.06, 0.004, 0.004, 0.004, 0.004, 0.004])
    visits, minutes = rng.poisson(3, count), rng.gamma(2, 300, count)
    won = rng.random(count) < 1 / (1 + np.exp(1.2 - 0.3 * visits + 0.5 * (source == 2)))
    rows = []
    for n in range(count):
        day, hour = n // 20, rng.integers(24)
        rows.append([
            f"id-{n:05d}", f"2025-{1 + day // 28:02d}-{1 + day % 28:02d} {hour:02d}:30", sources[source[n]],
            "" if n % 17 == 0 else str(visits[n]), f"{minutes[n]:.1f}".replace(".", ","), f"${1000 + n % 700:,}",
            f"{1 + n % 28:02d}/{1 + n % 12:02d}/2024", f"City {n % 40}", "unknown" if n % 211 == 0 else str(n % 9),
            "yes" if won[n] else "no",
        ])  # fmt: skip
    return sorted(rows, key=lambda row: row[1])  # a table with times stands in their order


def written(path: Path, rows: Rows, header: Sequence[str] = HEADER) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([list(header), *rows])
    return path


def cells_of(rows: Rows, columns: Sequence[str], header: Sequence[str] = HEADER) -> dict[str, list[str]]:
    return {name: [row[list(header).index(name)] for row in rows] for name in columns}


def taught(path: Path, plan: Plan, *candidates: str) -> tuple[Table, Learned]:
    table = read_table(path, plan)
    return table, learn(table, plan.label, Options(folds=2, candidates=candidates, sentinel=False))


def model_of(table: Table, learned: Learned) -> FileModel:
    return FileModel(unpack(pack(stored_of(table, learned))))


@pytest.mark.parametrize("time", [None, "Arrived"])
def test_features_of_scoring_are_those_of_training_bit_by_bit(tmp_path: Path, time: str | None) -> None:
    rows = past()
    table, learned = taught(written(tmp_path / "past.csv", rows), Plan("Outcome", time=time), "logistic")
    model = model_of(table, learned)
    assert [one.feature for one in model.stored.derivations] == [feature.name for feature in table.features]
    assert ("Arrived (hour)" in [feature.name for feature in table.features]) is (time is not None)
    assert "Prospect" not in model.columns
    parts = [model.features(cells_of(rows[start : start + 500], model.columns), Oddities()) for start in (0, 500, 1_000)]
    assert np.array_equal(np.concatenate(parts), table.values, equal_nan=True)
    assert np.isnan(table.values).any()


@pytest.mark.parametrize(("form", "meaning"), [("{:%Y%m%d}", "days"), ("{:.0f}", "seconds"), ("{:%d/%m/%Y %H:%M}", "")])
def test_a_time_is_read_in_scoring_as_it_was_in_training(tmp_path: Path, form: str, meaning: str) -> None:
    rows, moments = past(600), [datetime(2025, 3, 1, tzinfo=UTC) + n * timedelta(hours=7) for n in range(600)]
    for row, moment in zip(rows, moments, strict=True):
        row[1] = form.format(moment.timestamp() if meaning == "seconds" else moment)
    table, learned = taught(written(tmp_path / "past.csv", rows), Plan("Outcome", time="Arrived"), "logistic")
    model = model_of(table, learned)
    assert model.stored.arrival is not None
    assert model.stored.arrival.meaning == meaning
    assert np.array_equal(model.features(cells_of(rows, model.columns), Oddities()), table.values, equal_nan=True)


@pytest.mark.parametrize("candidate", ["lightgbm", "logistic", "forest", "network"])
def test_every_candidate_answers_after_its_keeping_as_before(tmp_path: Path, candidate: str) -> None:
    rows = past()
    table, learned = taught(written(tmp_path / "past.csv", rows), Plan("Outcome", time="Arrived"), candidate)
    model = model_of(table, learned)
    answers = list(model.answers(cells_of(rows, model.columns), Oddities()))
    assert [one.probability for one in answers] == learned.predict(table.values).tolist()
    assert all(one.score == int(100 * one.probability + 1e-9) and 0 <= one.percentile <= 100 for one in answers)
    assert 40 < np.mean([one.percentile for one in answers]) < 60


def test_a_mean_with_its_calibration_answers_after_its_keeping_as_before(tmp_path: Path) -> None:
    table, learned = taught(written(tmp_path / "past.csv", past()), Plan("Outcome"), "lightgbm", "logistic", "network")
    fitted = learned.fitted()
    assert model_of(table, learned)._ensemble(table.values).tolist() == fitted(table.values).tolist()


def test_cells_that_training_never_saw_are_missing_or_rare_and_counted(tmp_path: Path) -> None:
    table, learned = taught(written(tmp_path / "past.csv", past()), Plan("Outcome"), "logistic")
    model, oddities = model_of(table, learned), Oddities()
    row = dict.fromkeys(model.columns, "")
    new = {"Lead Source": "Bing", "City": "Ghent", "Visits": "many", "Minutes": "inf", "Spent": "none"}
    features = model.features({name: [new.get(name, ""), ""] for name in row}, oddities)
    named = dict(zip((feature.name for feature in table.features), features.T.tolist(), strict=True))
    rare = float(len(next(feature for feature in table.features if feature.name == "Lead Source").levels) - 1)
    assert named["Lead Source"][0] == rare
    assert np.isnan([named["City"][0], named["Visits"][0], named["Minutes"][0], *(said[1] for said in named.values())]).all()
    assert oddities.unreadable == Counter({"Visits": 1, "Minutes": 1})
    assert oddities.unknown == Counter({"Lead Source": 1, "City": 1})


def test_no_cell_of_the_file_stands_in_the_model(tmp_path: Path) -> None:
    table, learned = taught(written(tmp_path / "past.csv", past()), Plan("Outcome"), "logistic", "lightgbm")
    text = zlib.decompress(pack(stored_of(table, learned))).decode()
    assert ("Google" in text, "City 7" in text, "Lead Source" in text) == (False, False, True)


def stored(tmp_path: Path) -> dict[str, Any]:
    table, learned = taught(written(tmp_path / "past.csv", past(400)), Plan("Outcome"), "forest")
    found: dict[str, Any] = msgspec.json.decode(zlib.decompress(pack(stored_of(table, learned))))
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 9}, "it is of format 9, this code reads 1"),
        ({"members": []}, "it holds no member or no calibration"),
        ({"beta": None, "steps": None}, "it holds no member or no calibration"),
        ({"members": [{"trees": "no trees", "pipeline": ""}]}, "its trees cannot be read"),
        ({"members": [{"trees": "", "pipeline": "AAAA"}]}, "File is not a zip file"),
        ({"derivations": []}, "a tree of it reads columns that are not there"),
    ],
)
def test_what_is_no_model_of_ours_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(NoModel, match=words):
        FileModel(unpack(zlib.compress(msgspec.json.encode(stored(tmp_path) | change))))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", zlib.compress(b"[]"), zlib.compress(b"{")])
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(NoModel, match="it cannot be read"):
        unpack(data)


def test_only_candidates_are_kept_and_only_their_types_come_back() -> None:
    with pytest.raises(TypeError, match="function has no form"):
        keep(lambda rows: rows)
    with pytest.raises(Untrusted, match=r"builtins\.eval|operator|os\."):
        revive(Member(pipeline=to_skops(Piped(_stranger()).pipeline)), 1)


def _stranger() -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    return Pipeline([("model", FunctionTransformer(eval))])

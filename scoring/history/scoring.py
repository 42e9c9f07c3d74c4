"""Scores a file of leads by a model that was learned from a file of the same columns, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.tenancy import act_as_exchange
from scoring.batch import BatchReport, Progress, layout_for, write_answers
from scoring.core.learning.table import Refused
from scoring.csv_rows import read_records
from scoring.models import HistoryModel
from scoring.native import load_library

if TYPE_CHECKING:
    from scoring.core.learning.file_model import FileModel, Oddities

ANSWERS = ("probability", "score", "percentile")
NO_MODEL = "This import keeps no model: it is not learned from, or was before models were kept. Learn from its file again."
WHY = "a model scores a file for the one who learned it"


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of a file: rows, seconds, and notes in words, which quote no cell."""

    rows: int
    seconds: float
    notes: tuple[str, ...]


def stored_model(history_id: UUID) -> FileModel:
    """Read the model of an import, whoever it belongs to; raises Refused where there is none."""
    with act_as_exchange(WHY):
        row = HistoryModel.objects.filter(history_id=history_id).values_list("artifact", "artifact_sha256").first()
    if row is None:
        raise Refused(NO_MODEL)
    if sha256(row[0]).hexdigest() != row[1]:
        raise Refused("The model is damaged: learn from its file again.")
    return model_of(bytes(row[0]))


def model_of(data: bytes) -> FileModel:
    """Read a model from its portable form; raises Refused."""
    load_library()  # before the first import of LightGBM, see scoring.native
    from scoring.core.learning.file_model import FileModel, NoModel, unpack

    try:
        return FileModel(unpack(data))
    except NoModel as error:
        raise Refused(f"The model cannot score: {error}.") from error


def score_with(model: FileModel, source: Path, target: Path, *, progress: Progress = lambda rows: None) -> Scored:
    """Write every row of `source` with its probability, score and percentile among the training rows; raises Refused.

    The columns of training may stand in any order, and others beside them; one that is absent is refused by its name.
    """
    from scoring.core.learning.file_model import Oddities

    layout = layout_for(source, target, ANSWERS)
    absent = absent_columns(model.columns, layout.columns)
    if absent:
        raise Refused(f"{source.name} lacks {absent}")
    places = {name: layout.columns.index(name) for name in model.columns}
    report, oddities = BatchReport(), Oddities()

    def answer(rows: list[list[str]]) -> Iterator[Sequence[Any]]:
        for told in model.answers({name: [row[place] for row in rows] for name, place in places.items()}, oddities):
            yield f"{told.probability:.6f}", told.score, told.percentile

    write_answers(source, target, layout, ANSWERS, read_records(source, layout), answer, report, progress)
    return Scored(report.rows, report.seconds, tuple(_notes(model, layout.columns, report, oddities)))


def absent_columns(needed: Sequence[str], there: Sequence[str]) -> str:
    """Name in words the columns that a model reads and a file has not; "" where all are there."""
    absent = [name for name in needed if name not in there]
    return f"columns that the model was learned from: {', '.join(absent[:8])}{', ...' if absent[8:] else ''}." if absent else ""


def _notes(model: FileModel, columns: Sequence[str], report: BatchReport, oddities: Oddities) -> Iterator[str]:
    unused = [name for name in columns if name not in model.columns]
    if unused:
        yield f"passed through, for the model does not read them: {', '.join(unused[:8])}{', ...' if unused[8:] else ''}"
    for name, count in oddities.unreadable.items():
        yield f"{name}: {count} cells cannot be read and count as missing"
    for name, count in oddities.unknown.items():
        yield f"{name}: {count} cells hold what was rare or unknown when the model was learned"
    for words, count in report.odd.items():
        yield f"{count} records with {words}"

"""One look at a vertical: every monitor over what was served and what became known, and what of it is amber or red."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.core.ids import encode
from scoring.core.columns import Feature, levels_of
from scoring.core.examples import Labelled
from scoring.core.level import ALARM_Z, moved
from scoring.core.monitors.alarms import CUSUM, CUSUM_LIMIT, LEVEL, Ring, Watched, watch_level
from scoring.core.monitors.drift import Inputs, compare_inputs
from scoring.core.monitors.importance import LEADERS_CHANGED, Importance, leaders_changed, to_prune
from scoring.core.monitors.quality import Quality, Window, distribution, level_of, quality_of, windows_of
from scoring.core.monitors.segments import Groups, Segment, SegmentInputs, segment_inputs, segments_of
from scoring.core.monitors.surprises import Surprises, surprises_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Places = NDArray[np.intp]

RED, AMBER, GREEN = "red", "amber", "green"
INPUTS, IMPORTANCE, SEGMENTS = "inputs", "importance", "segments"
BARS = {LEVEL: ("z", ALARM_Z), CUSUM: ("cusum", CUSUM_LIMIT)}
QUALITY_ROWS = 5_000
WINDOWS_MAX = 12
RECENT_ROWS, RECENT_LEAST = 1_000, 200
BEFORE_LEAST = 400
CHANNEL, DEVICE = "touchpoints.last", "behaviour.device"


@dataclass(frozen=True, slots=True)
class Served:
    """Scored pings of one vertical in order of serving, sold or not; `features` (n, columns) as served, NaN for absent.

    `groups` names the source, state and so on of each row.
    """

    vertical: str
    version: str
    columns: tuple[Feature, ...]
    features: Floats
    probabilities: Floats
    served_at_ms: Ints
    groups: Groups = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.probabilities)


@dataclass(frozen=True, slots=True)
class Since:
    """Where the alarms on the level go on: labels of `version` known after `after_ms`, expected at `shift` on its logit."""

    version: str
    after_ms: int = 0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something amber or red, in words and figures; these name the `measure`, its `value` and the `bar` it passed.

    Inputs are amber by their columns too, each with a bar of its own.
    """

    kind: str
    level: str
    words: str
    figures: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Look:
    """Everything one look found. `newest` are the places of the judged rows; `watched` the level from `Since` on."""

    newest: Places
    mature: int
    quality: Quality
    windows: tuple[Window, ...]
    watched: Watched
    batch_until_ms: tuple[int, ...]
    watched_rows: int
    watched_worth: float
    watched_until_ms: int
    segments: tuple[Segment, ...]
    segment_inputs: tuple[SegmentInputs, ...]
    surprises: Surprises
    inputs: Inputs | None
    spread: tuple[tuple[float, ...], tuple[float, ...]]
    importance: tuple[Importance, ...]
    prune: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """Give the worst level of the findings."""
        levels = {finding.level for finding in self.findings}
        return RED if RED in levels else AMBER if levels else GREEN


def verdict_of(z: float) -> str:
    """Judge what was served by its outcomes, a window of it or all: amber where chance alone does not put it so far off.

    It speaks of the past: red is for alarms, which ring for what the present level says.
    """
    return AMBER if abs(z) > ALARM_Z else GREEN


def look_at(
    labelled: Labelled,
    served: Served,
    since: Since,
    *,
    read: Labelled | None = None,
    importance: Sequence[Sequence[Importance]] = (),
) -> Look:
    """Run every monitor. The alarms on the level watch the rows of `read`, else the labels as they were told.

    `importance` is that of earlier looks and, last, of this one.
    """
    newest = np.argsort(labelled.served_at_ms, kind="stable")[-QUALITY_ROWS:]
    said, came = labelled.served[newest], labelled.outcomes[newest]
    read = labelled if read is None else read
    stream = _stream(read, since)
    expected, shares = moved(read.base[stream], since.shift) * read.shares[stream], read.shares[stream]
    watched = watch_level(expected, read.outcomes[stream], shares)
    inputs, spread = _inputs(served)
    segments = segments_of(said, came, _groups(labelled, served.columns, newest))
    devices = levels_of(served.columns, served.features, DEVICE)
    moving = segment_inputs(served.columns, served.features, {**served.groups, "device": devices})
    alarms = _level_findings(watched, expected, read.outcomes[stream], shares)
    return Look(
        newest=newest,
        mature=int(labelled.mature[newest].sum()),
        quality=quality_of(said, came, labelled.prices[newest]),
        windows=windows_of(said, came, labelled.served_at_ms[newest])[-WINDOWS_MAX:],
        watched=watched,
        batch_until_ms=tuple(int(read.known_at_ms[stream[batch.last]]) for batch in watched.batches),
        watched_rows=len(stream),
        watched_worth=float(shares.sum()),
        watched_until_ms=int(read.known_at_ms[stream].max()) if len(stream) else since.after_ms,
        segments=segments,
        segment_inputs=moving,
        surprises=surprises_of(said, came, channels_of(labelled.features[newest], served.columns)),
        inputs=inputs,
        spread=spread,
        importance=tuple(importance[-1]) if importance else (),
        prune=to_prune(importance),
        findings=(
            *alarms,
            *_input_findings(inputs),
            *_importance_findings(importance),
            *_segment_findings(segments, moving, inputs),
        ),
    )


def channels_of(features: Floats, columns: Sequence[Feature]) -> tuple[str, ...]:
    """Name the last channel of each row, "none" where it has no touchpoint."""
    return levels_of(columns, features, CHANNEL, absent="none")


def _stream(labelled: Labelled, since: Since) -> Places:
    ours = np.array([version == since.version for version in labelled.versions], dtype=np.bool_)
    order = np.lexsort((labelled.served_at_ms, labelled.known_at_ms))
    return order[(ours & (labelled.known_at_ms > since.after_ms))[order]] if len(labelled) else order


def _groups(labelled: Labelled, columns: Sequence[Feature], places: Places) -> dict[str, Sequence[str]]:
    return {
        "source": [str(labelled.sources[place]) for place in places],
        "state": [labelled.states[place] for place in places],
        "campaign": [str(labelled.campaigns[place]) for place in places],
        "device": levels_of(columns, labelled.features[places], DEVICE),
    }


def _inputs(served: Served) -> tuple[Inputs | None, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Compare the newest rows with those before them, where there are enough of both."""
    recent = min(RECENT_ROWS, len(served) // 3)
    border = len(served) - recent
    if recent < RECENT_LEAST or border < BEFORE_LEAST:
        return None, ((), distribution(served.probabilities))
    before, after = served.probabilities[:border], served.probabilities[border:]
    found = compare_inputs(served.columns, served.features[:border], served.features[border:])
    return found, (distribution(before), distribution(after))


def _level_findings(watched: Watched, expected: Floats, outcomes: NDArray[np.bool_], shares: Floats) -> tuple[Finding, ...]:
    first: dict[str, Ring] = {}
    for ring in watched.rings:
        first.setdefault(ring.kind, ring)
    return tuple(_ring_finding(ring, expected, outcomes, shares) for ring in first.values())


def _ring_finding(ring: Ring, expected: Floats, outcomes: NDArray[np.bool_], shares: Floats) -> Finding:
    until = ring.place + 1
    part = slice(until - ring.rows, until)
    level = level_of(expected[part], outcomes[part])
    early = bool((shares[part] < 1).any())
    what, by_then = ("leads, some read before they are due,", " by then") if early else ("labels", "")
    words = (
        f"Of {level.rows:,} {what} {level.observed:,} had the outcome; {level.expected:,.1f} were expected{by_then},"
        f" {abs(level.z):.1f} standard deviations away."
    )
    measure, bar = BARS[ring.kind]
    figures = {
        "rows": level.rows, "observed": level.observed, "expected": level.expected, "z": level.z, "place": ring.place,
        "measure": measure, "value": ring.value, "bar": bar,
    }  # fmt: skip
    return Finding(ring.kind, RED, words, figures)


def _input_findings(inputs: Inputs | None) -> tuple[Finding, ...]:
    if inputs is None or not inputs.amber:
        return ()
    moved_columns = [column for column in inputs.columns if column.amber]
    named = ", ".join(column.words for column in moved_columns[:3]) or "no single column"
    words = (
        f"The newest {inputs.after:,} leads differ from the {inputs.before:,} before: {named}"
        f"{f' and {len(moved_columns) - 3} more' if len(moved_columns) > 3 else ''}; told apart with AUC {inputs.domain.auc:.2f}."
    )
    figures = {
        "columns": [column.name for column in moved_columns],
        "measure": "auc", "value": inputs.domain.auc, "bar": inputs.domain.limit,
    }  # fmt: skip
    return (Finding(INPUTS, AMBER, words, figures),)


def _importance_findings(reports: Sequence[Sequence[Importance]]) -> tuple[Finding, ...]:
    if len(reports) < 2:
        return ()
    before, after = ({one.name: one.share for one in report} for report in reports[-2:])
    joined = leaders_changed(before, after)
    words = f"New among the five features that carry most: {', '.join(joined)}."
    figures = {"columns": list(joined), "measure": "new_leaders", "value": len(joined), "bar": LEADERS_CHANGED}
    return (Finding(IMPORTANCE, AMBER, words, figures),) if joined else ()


def _segment_findings(segments: Sequence[Segment], moving: Sequence[SegmentInputs], inputs: Inputs | None) -> tuple[Finding, ...]:
    """Join all amber segments into one finding; it names the farthest three. What moves everywhere is no news of a segment."""
    apart = sorted((one for one in segments if one.amber), key=lambda one: -abs(one.apart))
    everywhere = inputs is not None and inputs.amber
    moved_ones = [one for one in moving if one.inputs.amber and not everywhere]
    if not apart and not moved_ones:
        return ()
    told = [f"{_named(one)} had {one.level.observed:,} of {one.level.expected:,.1f} expected" for one in apart]
    told += [f"leads of {_named(one)} look otherwise than before" for one in moved_ones]
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    figures: dict[str, object] = {"columns": [*map(_named, apart), *map(_named, moved_ones)]}
    if apart:
        figures |= {"measure": "apart", "value": apart[0].apart, "bar": apart[0].limit}
    else:
        figures |= {"measure": "auc", "value": moved_ones[0].inputs.domain.auc, "bar": moved_ones[0].inputs.domain.limit}
    return (Finding(SEGMENTS, AMBER, f"Apart from the whole: {'; '.join(told[:3])}{more}.", figures),)


def _named(one: Segment | SegmentInputs) -> str:
    return f"{one.kind} {encode(one.kind, UUID(one.key)) if one.kind in {'source', 'campaign'} else one.key}"

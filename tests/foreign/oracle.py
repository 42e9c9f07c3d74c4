"""Our normal forms beside those of npm leadconduit-types: generated texts, and every difference must be one that is listed.

A difference outside the list fails, and so does an entry of the list that meets nothing any more.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from accounts.core.errors import FieldError
from campaigns.core.fields import Field, Wrong, check_value
from exchange.core import normalize
from tests.foreign.differences import DIFFERENCES, FORM, THEY, WE, Difference
from tests.foreign.inputs import Asked, generate

SEED = 20261122
TEXTS_PER_KIND = 2500
FAULTS_SHOWN_MAX = 20
SAME = "the same"
READER = Path(__file__).with_name("leadconduit_types.cjs")


def run(installed: Path, *, seed: int = SEED) -> int:
    """Compare all generated texts, print one line per kind and difference, and give the number of faults."""
    asked = generate(seed, TEXTS_PER_KIND)
    met: Counter[Difference] = Counter()
    same: Counter[str] = Counter()
    faults = []
    for (kind, text), theirs in zip(asked, _theirs(asked, installed), strict=True):
        ours = OURS[kind](text)
        side = _side(ours, theirs)
        found = _explain(kind, side, text)
        if found and found.dropped and re.sub(found.dropped, "", theirs or "") != ours:
            found = None
        if side == SAME:
            same[kind] += 1
        elif found is None:
            faults.append(f"{kind} {text!r}: ours {ours!r}, theirs {theirs!r}: {side}, and no listed difference says why")
        else:
            met[found] += 1
    faults += [f"{one.kind} {one.text!r}, {one.side}: listed, but met no more" for one in DIFFERENCES if not met[one]]
    _report(same, met, faults)
    return len(faults)


def _theirs(asked: list[Asked], installed: Path) -> list[str | None]:
    command = ["node", "--no-deprecation", str(READER), str(installed)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=120)
    answers: list[str | None] = json.loads(done.stdout)
    return answers


def _contact(call: Callable[[str], str | FieldError]) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        found = call(text)
        return found if isinstance(found, str) else None

    return read


def _field(kind: str) -> Callable[[str], str | None]:
    field = Field(kind, kind, kind)

    def read(text: str) -> str | None:
        try:
            return str(check_value(field, text))
        except Wrong:
            return None

    return read


OURS: Mapping[str, Callable[[str], str | None]] = {
    "phone": _contact(normalize.phone),
    "email": _contact(normalize.email),
    "zip": _field("zip"),
    "state": _field("state"),
}


def _side(ours: str | None, theirs: str | None) -> str:
    if ours == theirs:
        return SAME
    if theirs is None:
        return WE
    return THEY if ours is None else FORM


def _explain(kind: str, side: str, text: str) -> Difference | None:
    fitting = (one for one in DIFFERENCES if (one.kind, one.side) == (kind, side) and re.search(one.text, text))
    return next(fitting, None)


def _report(same: Counter[str], met: Counter[Difference], faults: list[str]) -> None:
    for kind in OURS:
        print(f"ok    {kind}: {same[kind]} of {TEXTS_PER_KIND} texts have the same normal form on both sides")
        for one in DIFFERENCES:
            if one.kind == kind and met[one]:
                print(f"      {met[one]:>5}  {one.side}: {one.why}")
    for fault in faults[:FAULTS_SHOWN_MAX]:
        print(f"FAIL  {fault}")
    if len(faults) > FAULTS_SHOWN_MAX:
        print(f"FAIL  and {len(faults) - FAULTS_SHOWN_MAX} more")

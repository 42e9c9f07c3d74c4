"""Verifies what the exchange says of its scores: `python verify_calibration.py FILE [--key BASE64]`. Standard library only.

FILE is the export of a model version's holdout: a header, a line for each lead, its figures, a signature. The API's answer around
it, {"name": ..., "content": ...}, will do as it came. This program computes everything in it again: the signature (Ed25519, RFC
8032) of the file's SHA-512, the salted hash of each score, that it is dated before the outcome, and all figures. It names
everything that does not fit, and exits with 1 then; with 2 where an option is not what it should be.
Without --key it takes the key in the file, which proves nothing about who signed: give the key on the exchange's page Evidence.
With --known it compares hashes of leads you bought that you kept when they were shown to you: a JSON object, ping id to
{"commitment": ..., "version": ...}. Entries of another version or of other days than the file's are counted and skipped.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isclose, log, log1p, sqrt
from pathlib import Path
from typing import Any
from uuid import UUID

FORMAT = "leadwright-calibration/2"
BINS, EPSILON = 15, 1e-15
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
# A ping is scored within seconds of its id: one from the last seconds of the days may have been served after them.
SERVED_WITHIN = timedelta(seconds=10)
ENTRY = 'it maps ping ids to {"commitment": "<64 hex digits>", "version": "home.roofing/1"}'
KEY_BYTES = 32
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]
Known = Mapping[str, Mapping[str, str]]


def main() -> int:
    """Verify a file and print what was found."""
    parser = argparse.ArgumentParser(description="Verify a calibration file of the exchange.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the exchange's public key in base64, as its page Evidence shows it")
    parser.add_argument(
        "--known", type=Path, help="hashes you kept of leads you bought: a JSON object, ping id to commitment and version"
    )
    asked = parser.parse_args()
    try:
        key, known = _key_of(asked.key), _known_of(asked.known)
    except WrongOption as error:
        parser.error(str(error))
    said, code = _verify(asked.file, key, known)
    try:
        print("\n".join(said), flush=True)
    except BrokenPipeError:  # whoever read, such as head, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


class WrongOption(ValueError):
    """What was given beside the file is not what it should be; the text names the option and says what to give."""


def _verify(file: Path, key: bytes | None, known: Known) -> tuple[list[str], int]:
    """Give the lines to print and the exit code."""
    try:
        lines = _content_of(file.read_bytes()).splitlines(keepends=True)
        header, *rows, total, last = [json.loads(line) for line in lines]
        shown = {row["ping_id"] for row in rows}
        kept = {ping_id: entry for ping_id, entry in known.items() if ping_id in shown or _belongs(ping_id, entry, header)}
        faults = [
            *_signature(b"".join(lines[:-1]), header, last, key),
            *_rows(header, rows, total),
            *_kept(rows, kept),
            *_figures(total["figures"], rows),
        ]
        report = [] if faults else [*_report(header, rows, len(kept), len(known) - len(kept)), _end(header, key)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        return [f"unreadable: this is no whole calibration file ({type(error).__name__}: {error})"], 1
    return faults or report, 1 if faults else 0


def _content_of(data: bytes) -> bytes:
    """Take the file out of the API's answer, where it stands in one."""
    try:
        answer = json.loads(data)
    except ValueError:  # several lines of JSON are no JSON: the file itself
        return data
    return str(answer["content"]).encode() if "content" in answer else data


def _key_of(text: str | None) -> bytes | None:
    """Read a public key; raises WrongOption."""
    if text is None:
        return None
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise WrongOption(f"--key {text!r} is no base64 ({error}): copy the key from the exchange's page Evidence") from error
    if len(key) != KEY_BYTES:
        raise WrongOption(
            f"--key {text!r} holds {len(key)} bytes, a key has {KEY_BYTES}: copy it from the exchange's page Evidence"
        )
    return key


def _known_of(path: Path | None) -> Known:
    """Read kept hashes; raises WrongOption."""
    if path is None:
        return {}
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise WrongOption(f"--known {path} cannot be read as JSON ({error})") from error
    if not isinstance(known, dict):
        raise WrongOption(f"--known {path} is no JSON object: {ENTRY}")
    for ping_id, entry in known.items():
        try:
            _came(ping_id)
        except ValueError as error:
            raise WrongOption(f"--known {path}: {ping_id!r} is no ping id: {ENTRY}") from error
        if not isinstance(entry, dict) or set(entry) != {"commitment", "version"}:
            raise WrongOption(f"--known {path}: {ping_id} holds {json.dumps(entry)[:100]}: {ENTRY}")
        if not re.fullmatch("[0-9a-f]{64}", str(entry["commitment"])):
            raise WrongOption(f"--known {path}: the commitment of {ping_id} is not 64 hex digits in small letters")
    return known


def _signature(signed: bytes, header: dict[str, Any], last: dict[str, Any], key: bytes | None) -> Iterator[str]:
    named = base64.b64decode(header["public_key"])
    if key is not None and key != named:
        yield f"key: the file names {header['public_key']}, you gave {base64.b64encode(key).decode()}"
    digest = hashlib.sha512(signed).hexdigest()
    if digest != last["sha512"]:
        yield "sha512: the lines above it are others than those it was made of"
    message = f"{header['format']}\n{digest}".encode()
    if not verified(named if key is None else key, message, base64.b64decode(last["signature"])):
        yield "signature: the lines above it are not what was signed"


def _rows(header: dict[str, Any], rows: Sequence[dict[str, Any]], total: dict[str, Any]) -> Iterator[str]:
    if header["format"] != FORMAT:
        yield f"format: {header['format']!r} is unknown"
    if len(rows) != total["rows"]:
        yield f"rows: the file promises {total['rows']}, there are {len(rows)}"
    seen: set[str] = set()
    for place, row in enumerate(rows, 1):
        name = f"row {place} ({row['ping_id']})"
        if not row["uuid"] == str(UUID(row["uuid"])) == str(uuid_of(row["ping_id"])):
            yield f"{name}: its ping id and its uuid {row['uuid']} are not one, or not in their normal form"
        if row["uuid"] in seen:
            yield f"{name}: the lead stands here twice"
        seen.add(row["uuid"])
        if digest(row, header) != row["hash"]:
            yield f"{name}: the hash does not fit the score"
        if not header["since"] <= row["served_at"] < header["until"]:
            yield f"{name}: it was served outside the days of the file"
        if row["outcome"] is not None and row["known_at"] is None:
            yield f"{name}: it has an outcome and no date of it"
        if row["known_at"] is not None and not row["committed_at"] <= row["known_at"]:
            yield f"{name}: the score was committed to after its outcome was known"


def digest(row: dict[str, Any], header: dict[str, Any]) -> str:
    """Compute the hash that commits to a score; form 1 holds neither mode and vertical nor the segment."""
    head = (f"leadwright-score/{row['form']}", row["uuid"], repr(row["p"]), header["version"], row["served_at"])
    more = (header["mode"], header["vertical"], row["salt"], row["segment"]) if row["form"] != 1 else (row["salt"],)
    return hashlib.sha256("\n".join((*head, *more)).encode()).hexdigest()


def uuid_of(ping_id: str) -> UUID:
    """Read the UUID in a ping id: `png_` and 26 letters of Crockford's base 32. Raises ValueError for anything else."""
    prefix, _, letters = ping_id.partition("_")
    if prefix != "png" or len(letters) != 26:
        raise ValueError(f"{ping_id!r} is no ping id")
    return UUID(int=sum(LETTERS.index(letter) << 5 * place for place, letter in enumerate(reversed(letters))))


def _belongs(ping_id: str, entry: Mapping[str, str], header: Mapping[str, Any]) -> bool:
    """Say whether a kept lead should stand in this file: scored by its version, in its days (the id begins with its time)."""
    since, until = (datetime.fromisoformat(header[day]) for day in ("since", "until"))
    return entry["version"] == header["version"] and since <= _came(ping_id) < until - SERVED_WITHIN


def _came(ping_id: str) -> datetime:
    return datetime.fromtimestamp((uuid_of(ping_id).int >> 80) / 1000, tz=UTC)


def _kept(rows: Sequence[dict[str, Any]], kept: Known) -> Iterator[str]:
    hashes = {row["ping_id"]: row["hash"] for row in rows}
    for ping_id, entry in kept.items():
        if hashes.get(ping_id) != entry["commitment"]:
            yield f"known hash of {ping_id}: the file {'has another' if ping_id in hashes else 'leaves this lead out'}"


def _figures(claimed: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    found = figures(rows)
    for name in sorted({*claimed, *found}):
        if name == "table":
            yield from _table(claimed.get(name) or [], found.get(name) or [])
        elif name not in claimed or name not in found or not isclose(claimed[name], found[name], rel_tol=1e-9, abs_tol=1e-12):
            yield f"{name}: the file says {claimed.get(name)}, the rows give {found.get(name)}"


def _table(claimed: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> Iterator[str]:
    if len(claimed) != len(found):
        yield f"calibration table: the file has {len(claimed)} lines, the rows give {len(found)}"
    for place, (said, real) in enumerate(zip(claimed, found, strict=False), 1):
        if not all(isclose(said[name], real[name], rel_tol=1e-9, abs_tol=1e-12) for name in real):
            yield f"calibration table, line {place}: the file says {said}, the rows give {real}"


def figures(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Compute what the file claims, from the mature rows with an outcome."""
    known = [(row["p"], row["outcome"]) for row in rows if row["mature"] and row["outcome"] is not None]
    positives = sum(won for _, won in known)
    found: dict[str, Any] = {"known": len(known), "positives": positives}
    if not 0 < positives < len(known):
        return found
    table = list(_bins(known))
    expected = sum(p for p, _ in known)
    losses = [-log(_clipped(p)) if won else -log1p(-_clipped(p)) for p, won in known]
    return found | {
        "auc": _auc(known, positives),
        "log_loss": sum(losses) / len(known),
        "brier": sum((p - won) ** 2 for p, won in known) / len(known),
        "ece": sum(line["rows"] * abs(line["predicted"] - line["observed"]) for line in table) / len(known),
        # What a perfect model would show by chance on so few rows: .8 is the mean of the absolute value of a normal.
        "ece_floor": 0.8 * sqrt(sum(p * (1 - p) for p, _ in known) / len(known) * BINS / len(known)),
        "oe": positives / expected if expected > 0 else 0.0,
        "table": table,
    }


def _clipped(p: float) -> float:
    return min(max(p, EPSILON), 1 - EPSILON)


def _auc(known: Sequence[tuple[float, bool]], positives: int) -> float:
    """Give the chance that a won lead scored above one that was not; equal scores count half."""
    at: dict[float, list[int]] = {}
    for p, won in known:
        at.setdefault(p, [0, 0])[won] += 1
    below, area = 0, 0.0
    for p in sorted(at):
        lost, won_here = at[p]
        area += won_here * (below + lost / 2)
        below += lost
    return area / (positives * (len(known) - positives))


def _bins(known: Sequence[tuple[float, bool]]) -> Iterator[dict[str, Any]]:
    """Cut the leads into fifteen groups of equal size by score, the first ones one larger where it does not come out."""
    ordered, start = sorted(known, key=lambda one: one[0]), 0
    for place in range(BINS):
        part = ordered[start : start + len(ordered) // BINS + (place < len(ordered) % BINS)]
        start += len(part)
        if part:
            predicted, observed = (sum(one[what] for one in part) / len(part) for what in (0, 1))
            yield {"rows": len(part), "predicted": predicted, "observed": observed}


def _report(header: dict[str, Any], rows: Sequence[dict[str, Any]], kept: int, skipped: int) -> Iterator[str]:
    found, first = figures(rows), sum(row["form"] == 1 for row in rows)
    yield f"{header['version']}: {header['predicts']}, {header['learned_from']}, {header['scope']}, made {header['made_at']}"
    yield f"{len(rows)} scores fit their hashes; {found['known']} mature outcomes known, {found['positives']} won"
    yield f"{kept} hashes fit those you kept; of the others the exchange alone says when it made them"
    if skipped:
        yield f"{skipped} hashes you kept were skipped: of another version than the file's, or of other days"
    if first:
        yield f"{first} of the hashes are of form 1, which does not hold the segment"
    for line in found.get("table", ()):
        yield f"  {line['rows']:6d} leads: predicted {line['predicted']:7.4f}, observed {line['observed']:7.4f}"
    if "auc" in found:
        yield f"AUC {found['auc']:.4f}, log loss {found['log_loss']:.4f}, Brier {found['brier']:.4f}, ECE {found['ece']:.4f}"
        yield f"ECE of a calibrated model by chance {found['ece_floor']:.4f}, observed over expected {found['oe']:.4f}"


def _end(header: dict[str, Any], key: bytes | None) -> str:
    if key is not None:
        return "everything fits"
    return (
        f"everything fits, but the key {header['public_key']} came from the file itself: that proves nothing about who signed. "
        f"Give the key on the exchange's page Evidence with --key"
    )


def verified(key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify an Ed25519 signature as RFC 8032, section 5.1.7, says."""
    if len(key) != KEY_BYTES or len(signature) != 64:
        return False
    owner, once, scalar = _point(key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if owner is None or once is None or scalar >= ORDER:
        return False
    asked = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = _times(scalar, BASE), _add(once, _times(asked, owner))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _add(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]), (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * one[3] * other[3] * D, 2 * one[2] * other[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


_base = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert _base is not None, "the base point of the curve lies on it"
BASE: Point = _base

if __name__ == "__main__":
    sys.exit(main())

"""The program that verifies a file: what it takes, what it refuses in words, and what it says of a key that nobody gave it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.tidy.sources import ROOT

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = base64.b64encode(SIGNER.public_key().public_bytes_raw()).decode()
HEADER = {
    "format": "leadwright-calibration/2", "version": "home.test/1", "vertical": "home.test", "mode": "live", "predicts": "a sale",
    "learned_from": "nothing", "scope": "nobody's leads", "since": "2026-05-01T00:00:00Z", "until": "2026-05-31T00:00:00Z",
    "made_at": "2026-06-01T00:00:00Z", "public_key": KEY,
}  # fmt: skip
TOTAL = {"rows": 0, "figures": {"known": 0, "positives": 0}}
PING = "png_" + "0" * 26


def signed(header: dict[str, Any] = HEADER) -> str:
    """Write a whole file of no leads."""
    above = "".join(f"{json.dumps(line)}\n" for line in (header, TOTAL))
    digest = sha512(above.encode()).hexdigest()
    signature = base64.b64encode(SIGNER.sign(f"{header['format']}\n{digest}".encode())).decode()
    return above + json.dumps({"sha512": digest, "signature": signature}) + "\n"


def verify(path: Path, text: str, *more: str) -> tuple[int, list[str], str]:
    path.write_text(text)
    command = [sys.executable, "-I", str(ROOT / "clients" / "verify_calibration.py"), str(path), *more]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return ran.returncode, ran.stdout.splitlines(), ran.stderr


def test_without_a_key_it_says_that_nothing_is_proven_about_who_signed(tmp_path: Path) -> None:
    code, said, wrong = verify(tmp_path / "file", signed())
    assert (code, said[-1], wrong) == (
        0,
        f"everything fits, but the key {KEY} came from the file itself: that proves nothing about who signed. "
        f"Give the key on the exchange's page Evidence with --key",
        "",
    )
    assert verify(tmp_path / "file", signed(), "--key", f" {KEY} ")[1][-1] == "everything fits"


@pytest.mark.parametrize("indent", [None, 2])
def test_the_answer_of_the_api_is_taken_as_it_came(tmp_path: Path, indent: int | None) -> None:
    answer = json.dumps({"name": "calibration.jsonl", "content": signed()}, indent=indent)
    assert verify(tmp_path / "file", answer, "--key", KEY) == verify(tmp_path / "file", signed(), "--key", KEY)
    code, said, _ = verify(tmp_path / "file", answer.replace("nobody", "anybody"), "--key", KEY)
    assert (code, said[0]) == (1, "sha512: the lines above it are others than those it was made of")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            "nonsense!",
            "--key 'nonsense!' is no base64 (Only base64 data is allowed): copy the key from the exchange's page Evidence",
        ),
        ("", "--key '' holds 0 bytes, a key has 32: copy it from the exchange's page Evidence"),
        ("c2hvcnQ=", "--key 'c2hvcnQ=' holds 5 bytes, a key has 32: copy it from the exchange's page Evidence"),
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_verified(tmp_path: Path, key: str, words: str) -> None:
    code, said, wrong = verify(tmp_path / "file", signed(), "--key", key)
    assert (code, said, wrong.splitlines()[-1]) == (2, [], f"verify_calibration.py: error: {words}")


ENTRY = 'it maps ping ids to {"commitment": "<64 hex digits>", "version": "home.roofing/1"}'
GOOD = {"commitment": "0" * 64, "version": "home.test/1"}


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("{", "cannot be read as JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
        ("[1]", f"is no JSON object: {ENTRY}"),
        (json.dumps({"lead_1": GOOD}), f"'lead_1' is no ping id: {ENTRY}"),
        (json.dumps({"png_" + "z" * 26: GOOD}), f"'png_{'z' * 26}' is no ping id: {ENTRY}"),
        (json.dumps({PING: "0" * 64}), f'{PING} holds "{"0" * 64}": {ENTRY}'),
        (json.dumps({PING: {"commitment": "00"}}), f'{PING} holds {{"commitment": "00"}}: {ENTRY}'),
        (json.dumps({PING: {**GOOD, "note": 1}}), f"{PING} holds {json.dumps({**GOOD, 'note': 1})[:100]}: {ENTRY}"),
        (json.dumps({PING: {**GOOD, "commitment": "0x"}}), f"the commitment of {PING} is not 64 hex digits in small letters"),
    ],
)
def test_kept_hashes_that_are_none_are_named(tmp_path: Path, known: str, words: str) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(known)
    code, said, wrong = verify(tmp_path / "file", signed(), "--known", str(kept))
    colon = "" if words.startswith(("cannot", "is no")) else ":"
    assert (code, said, wrong.splitlines()[-1]) == (2, [], f"verify_calibration.py: error: --known {kept}{colon} {words}")


def test_kept_hashes_that_are_not_there_are_named(tmp_path: Path) -> None:
    code, said, wrong = verify(tmp_path / "file", signed(), "--known", str(tmp_path / "none"))
    assert (code, said) == (2, [])
    assert wrong.splitlines()[-1].startswith(
        f"verify_calibration.py: error: --known {tmp_path / 'none'} cannot be read as JSON ("
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "1",
        '{"content": 5}',
        signed().replace('"rows": 0', '"rows": 1e999'),
        signed(HEADER | {"public_key": "?"}),
        signed().replace(
            f"{json.dumps(TOTAL)}\n", json.dumps({"ping_id": PING, "p": 10**400, "form": 2}) + "\n" + json.dumps(TOTAL)
        ),
    ],
)
def test_whatever_the_file_holds_there_is_no_stack(tmp_path: Path, text: str) -> None:
    code, said, wrong = verify(tmp_path / "file", text)
    assert (code, len(said) > 0, wrong) == (1, True, "")


def test_a_reader_that_leaves_early_meets_no_stack_and_the_code_still_tells(tmp_path: Path) -> None:
    for text, code in ((signed(), 0), (signed().replace("nobody", "anybody"), 1)):
        (tmp_path / "file").write_text(text)
        command = (
            f"'{sys.executable}' -I '{ROOT}/clients/verify_calibration.py' '{tmp_path}/file' | true; echo ${{PIPESTATUS[0]}}"
        )
        ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
        assert (ran.stdout, ran.stderr) == (f"{code}\n", "")

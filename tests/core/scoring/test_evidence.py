"""The commitment to a score, and the program that verifies a file without this package."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from types import ModuleType
from uuid import UUID

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.core.evidence import Commitment, digest_of, figures_of
from tests.tidy.sources import ROOT

AT = datetime(2026, 5, 4, 12, 0, 0, 120_000, tzinfo=UTC)
SERVED = Commitment(UUID(int=9), "live", "home.test", "home.test/1", 0.1 + 0.2, "TX", AT)
SALT = bytes(range(16))


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_calibration", ROOT / "clients" / "verify_calibration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_hash_is_of_the_text_the_page_describes():
    text = (
        "leadwright-score/2\n00000000-0000-0000-0000-000000000009\n0.30000000000000004\nhome.test/1\n"
        "2026-05-04T12:00:00.120Z\nlive\nhome.test\n000102030405060708090a0b0c0d0e0f\nTX"
    )
    assert digest_of(SERVED, SALT) == sha256(text.encode()).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"probability": 0.3},
        {"ping_id": UUID(int=8)},
        {"model_version": "home.test/2"},
        {"served_at": AT.replace(hour=13)},
        {"mode": "test"},
        {"vertical": "home.other"},
        {"state": "CA"},
        {"state": "TX\n"},
    ],
)
def test_whatever_is_changed_the_hash_is_another(change):
    assert digest_of(replace(SERVED, **change), SALT) != digest_of(SERVED, SALT)
    assert digest_of(SERVED, bytes(16)) != digest_of(SERVED, SALT)


def test_the_program_reads_both_forms_of_commitment(program):
    row = {
        "uuid": str(SERVED.ping_id), "p": SERVED.probability, "served_at": "2026-05-04T12:00:00.120Z", "salt": SALT.hex(),
        "segment": "TX",
    }  # fmt: skip
    header = {"version": "home.test/1", "mode": "live", "vertical": "home.test"}
    assert program.digest({**row, "form": 2}, header) == digest_of(SERVED, SALT).hex()
    text = "\n".join(("leadwright-score/1", row["uuid"], "0.30000000000000004", "home.test/1", row["served_at"], row["salt"]))
    assert program.digest({**row, "form": 1}, header) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("size", [30, 1_003])
def test_the_program_computes_the_same_figures(program, size):
    generator = np.random.default_rng(size)
    chances = np.round(generator.beta(1, 9, size), 3).clip(0.001, 0.999)
    outcomes = generator.random(size) < chances
    outcomes[:2] = (True, False)
    claimed = figures_of(chances.tolist(), outcomes.tolist())
    rows = [{"p": float(p), "outcome": bool(won), "mature": True} for p, won in zip(chances, outcomes, strict=True)]
    young = [{"p": 0.5, "outcome": True, "mature": False}, {"p": 0.5, "outcome": None, "mature": True}]
    found = program.figures(rows + young)
    assert found.keys() == claimed.keys()
    for name in ("auc", "log_loss", "brier", "ece_floor", "oe"):
        assert found[name] == pytest.approx(claimed[name], rel=1e-12)
    # Rows of one chance may stand in either bin, so only what the bins hold is the same for certain.
    assert [line["rows"] for line in found["table"]] == [line["rows"] for line in claimed["table"]]
    assert [line["predicted"] for line in found["table"]] == pytest.approx([line["predicted"] for line in claimed["table"]])
    assert [line["observed"] for line in found["table"]] == pytest.approx([line["observed"] for line in claimed["table"]])


def test_without_both_outcomes_there_are_counts_only():
    assert figures_of([0.1, 0.2], [False, False]) == {"known": 2, "positives": 0}
    assert figures_of([], []) == {"known": 0, "positives": 0}


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 511), st.binary(min_size=32, max_size=32))
def test_the_program_accepts_true_signatures_and_no_other(seed_text: bytes, bit: int, seed: bytes):
    spec = importlib.util.spec_from_file_location("verify_calibration", ROOT / "clients" / "verify_calibration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(seed_text)
    assert module.verified(public, seed_text, signature)
    broken = bytearray(signature)
    broken[bit // 8] ^= 1 << bit % 8
    assert not module.verified(public, seed_text, bytes(broken))
    assert not module.verified(public, seed_text + b".", signature)

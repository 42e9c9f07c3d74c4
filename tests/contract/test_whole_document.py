"""schemathesis calls every operation as every role: no 5xx, no status, media type or member that the document does not name.

SCHEMATHESIS_EXAMPLES asks for more random requests per operation, SCHEMATHESIS_SEED for others. It changes and deletes what it
finds, so it works with organizations that no other test looks at.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.live import Live
from tests.tidy.document import operations
from tests.tidy.sources import ROOT

HERE = Path(__file__).parent
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
MORE = os.environ.get("SCHEMATHESIS_EXAMPLES")


@pytest.mark.parametrize("role", ["publisher", "advertiser", "operator"])
def test_every_operation_keeps_to_the_document(live: Live, role: str, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(HERE / "schemathesis.toml"),
        "run", str(ROOT / "openapi.yaml"), "--url", live.base_url, "--header", f"Authorization: Bearer {live.others[role]}",
        "--seed", SEED, "--no-color", "--continue-on-failure", "--no-shrink",
        *(["--max-examples", MORE] if MORE else []),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert f"Tested: {len(operations())}" in done.stdout

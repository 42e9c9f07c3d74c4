"""The whole bench runs, once and short: that it works is tested here, never how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks import figures, run
from benchmarks.market_client import ROOT


def test_a_quick_run_measures_every_row(tmp_path):
    file = tmp_path / "quick.json"
    command = [sys.executable, "benchmarks/run.py", "--quick", "--results", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(file.read_text())
    assert set(report) == {bar.key for bar in (*figures.BARS, figures.FEED)} | {
        "rows", "rounds", "effort", "market", "stores", "machine",
    }  # fmt: skip
    assert list(report["rows"]) == list(run.QUICK.rows())
    for name, row in report["rows"].items():
        for number in ("requests", "rate", "cpu_us", "p50_ms", "p99_ms", "load_share"):
            assert row[number] > 0, f"{name}: {number}"
    assert [report[bar.key] > 0 for bar in figures.BARS] == [True] * len(figures.BARS)
    assert "ping rate, times that of DRF and ORM" in done.stdout


def test_without_servers_it_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("VALKEY_URL")
    assert run.main(["--quick", "--results", str(tmp_path / "none.json")]) == 1
    assert "No VALKEY_URL: run it through `make bench`" in capsys.readouterr().err
    assert not (tmp_path / "none.json").exists()

"""Figures are medians of ratios within a round; a bar that is missed is printed, and so is a busy machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import figures
from benchmarks.figures import Measured

ROW = Measured(100, 1000.0, 500.0, 300.0, 5.0, 10.0, 0.1, 0.02)
ROUND = {
    "bare": replace(ROW, rate=4000.0, cpu_us=150.0),
    "ping_1000": ROW,
    "orm": replace(ROW, rate=125.0),
    "ping_100": replace(ROW, cpu_us=400.0),
    "ping_10000": replace(ROW, cpu_us=600.0),
    "post": replace(ROW, rate=200.0, p99_ms=140.0),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "FOLDER", tmp_path)
    return tmp_path


def test_the_figures_of_a_round():
    assert figures.figures([ROUND]) == {
        "ping_vs_bare": 0.25,
        "ping_vs_orm": 8.0,
        "ping_cpu_us": 500.0,
        "ping_p50_ms_c16": 5.0,
        "ping_p99_ms_c16": 10.0,
        "growth_100_to_10000": 1.5,
        "post_vs_bare": 0.05,
        "post_p99_ms_c64": 140.0,
        "feed_p99_ms": None,
    }


def test_ratios_are_taken_within_a_round_so_a_slow_round_harms_none():
    slow = {name: replace(row, rate=row.rate / 10) for name, row in ROUND.items()}
    assert figures.figures([ROUND, slow, slow])["ping_vs_bare"] == 0.25
    assert figures.medians([ROUND, slow, slow])["bare"]["rate"] == 400.0


def test_the_feed_is_read_from_the_run_that_measured_it(folder):
    (folder / "live.json").write_text('{"quiet_ms": {"p99": 5.5}, "late_ms": {"p99": 17.5}}')
    assert figures.figures([ROUND])["feed_p99_ms"] == 17.5


def _told(rows: dict[str, Measured]) -> list[str]:
    report = {**figures.figures([rows]), "rows": figures.medians([rows]), "market": {"matching_1000": 13.64}}
    return figures.table(report).splitlines()


def test_the_table_says_what_was_missed_and_what_was_not_measured():
    lines = {line.split("  ")[0]: line for line in _told(ROUND)}
    assert lines["ping rate, of a bare view's"].split()[-3:] == ["0.25", ">=", "0.2"]
    assert lines["post p99 at 64 connections, ms"].split()[-4:] == ["140.00", "<=", "130", "MISSED"]
    assert lines["live feed p99, ms"].endswith("not measured: run benchmarks/live_sockets.py")
    assert not any("WARNING" in line for line in lines)


def test_a_busy_machine_is_said():
    assert "WARNING: others used up to 30% of the machine" in _told({**ROUND, "orm": replace(ROW, others_share=0.3)})[-1]

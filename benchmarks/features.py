"""Measures what a score costs a ping: features, trees, both, beside reading the ping's JSON: `make bench-features`.

Simulated pings of every vertical, and all measures by turns in one process, so that a busy machine slows all alike.
Exit code 1 above the bar.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scoring.native import load_library

load_library()  # before the first import of LightGBM, see scoring.native

from benchmarks import figures  # noqa: E402
from campaigns.verticals import load_verticals  # noqa: E402
from scoring.core.features import FEATURES_VERSION, FeatureSpec, extractor_of, spec_of  # noqa: E402
from scoring.core.priors import BADGE, make_prior  # noqa: E402
from scoring.core.serving import Champion, FastBooster, unpack  # noqa: E402
from scoring.core.simulator import draw, make_world  # noqa: E402
from scoring.core.simulator_leads import Leads  # noqa: E402

PINGS, ROUNDS, BAR_US = 500, 15, 150.0
AT = datetime(2026, 3, 2, tzinfo=UTC)


def measure(spec: FeatureSpec, rounds: int) -> dict[str, Any]:
    """Give medians of CPU microseconds a ping of one vertical, and the ratio of a whole score to reading its JSON."""
    prior, extract = make_prior(spec), extractor_of(spec)
    champion = Champion(load_library(), unpack(prior.artifact), version="bench/1", badge=BADGE, proven=False)
    booster = FastBooster(load_library(), prior.trained.booster, len(extract.features))
    pings = [(ping, AT) for ping in Leads(draw(make_world(spec), count=PINGS, seed=3, starts_at=AT, days=0.01))]
    texts, rows = [json.dumps(ping) for ping, _ in pings], [extract(ping, at) for ping, at in pings]
    work: dict[str, Callable[[], object]] = {
        "json_us": lambda: [json.loads(text) for text in texts],
        "features_us": lambda: [extract(ping, at) for ping, at in pings],
        "trees_us": lambda: [booster.predict(row) for row in rows],
        "score_us": lambda: [champion.score(ping, at) for ping, at in pings],
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            started = time.process_time()
            run()
            taken[name].append((time.process_time() - started) / PINGS * 1e6)
    found = {name: round(median(times), 1) for name, times in taken.items()}
    ratio = median(score / read for score, read in zip(taken["score_us"], taken["json_us"], strict=True))
    return {"columns": len(extract.features), "trees": prior.trained.rounds, **found, "score_vs_json": round(ratio, 2)}


def main(arguments: Sequence[str]) -> int:
    """Run the bench; gives the exit code."""
    parser = argparse.ArgumentParser(description="Measure what a score costs a ping.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--results", type=Path, default=figures.FOLDER / "features.json")
    asked = parser.parse_args(arguments)
    found = {}
    for slug, vertical in sorted(load_verticals().items()):
        found[slug] = measure(spec_of(vertical), asked.rounds)
        print(slug, *(f"{name} {value}" for name, value in found[slug].items()), flush=True)
    slowest = max(line["score_us"] for line in found.values())
    report = {"features_version": FEATURES_VERSION, "bar_us": BAR_US, "verticals": found, "machine": figures.machine()}
    asked.results.write_text(json.dumps(report, indent=1) + "\n")
    print(f"slowest vertical {slowest} us, bar {BAR_US}{'' if slowest <= BAR_US else '  MISSED'}; written to {asked.results}")
    return int(slowest > BAR_US)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a run over past leads found out, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.core.display import decimals, percent
from scoring.core.learning.findings import CHECKS, is_made
from scoring.core.learning.report import HITS_SHARE, SHARES, engine_words, verdict_words
from scoring.web.bins import bins_chart


def findings_of(kept: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Give findings that stop or were allowed, and suspicions; each with its key, and whether it names a column."""
    rows = [
        {
            **one,
            "key": f"{one['check']}:{one['column']}",
            "words": CHECKS.get(one["check"], one["check"].replace("_", " ")),
            "droppable": not is_made(one["column"]),
        }
        for one in kept
    ]
    return {"stopping": [one for one in rows if one["stops"]], "suspicions": [one for one in rows if not one["stops"]]}


def result_of(report: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Lay a report out; None where nothing was learned."""
    if report is None or report["model"] is None:
        return None
    details = report["details"]
    judged, usual = details["judged"], details["baseline"]
    return {
        "rows": report["rows"],
        "positives": report["positives"],
        "share": percent(report["positives"] / report["rows"]),
        "verdict": report.get("verdict", ""),
        "verdict_words": verdict_words(report) if "verdict" in report else "",  # reports of before had none
        "details": details,
        "judged_rows": judged["metrics"]["rows"],
        "numbers": _numbers(judged),
        "compared": _compared(judged, usual),
        "installed": usual is not None,
        "chart": bins_chart(judged["table"]),
        "entrants": [_entrant(one) for one in details["entrants"]],
        "width": decimals(details["interval_width"], 4),
    }


def _numbers(judged: Mapping[str, Any]) -> list[dict[str, str]]:
    one = judged["metrics"]
    return [
        {"label": "AUC", "value": decimals(one["auc"]), "note": _between(one)},
        {"label": "Log loss", "value": decimals(one["log_loss"], 4), "note": f"Brier {decimals(one['brier'], 4)}"},
        {"label": "ECE", "value": decimals(one["ece"], 4), "note": f"a perfect model shows {decimals(one['ece_floor'], 4)}"},
        {"label": "Observed / expected", "value": decimals(one["oe"]), "note": f"{one['positives']:,} came"},
        {"label": "Lift of the best 10 %", "value": decimals(judged["lifts"][0], 2), "note": "times the base rate"},
    ]


def _compared(judged: Mapping[str, Any], usual: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    sides = [_column(judged), _column(usual) if usual else {}]
    return [(words, value, sides[1].get(words, "")) for words, value in sides[0].items()]


def _column(judged: Mapping[str, Any]) -> dict[str, str]:
    one = judged["metrics"]
    lifts = {
        f"Lift of the best {100 * share:.0f} %": decimals(value, 2) for share, value in zip(SHARES, judged["lifts"], strict=True)
    }
    return {
        "AUC": decimals(one["auc"], 4),
        "95 % interval": _between(one),
        "Log loss": decimals(one["log_loss"], 4),
        "Brier": decimals(one["brier"], 4),
        "ECE, 15 bins": decimals(one["ece"], 4),
        "ECE of a perfect model": decimals(one["ece_floor"], 4),
        "Observed / expected": decimals(one["oe"]),
        **lifts,
        f"Hits in the best {100 * HITS_SHARE:.0f} %": f"{judged['hits']:,} of {judged['hits_of']:,}",
    }


def _between(one: Mapping[str, Any]) -> str:
    return f"{one['auc_low']:.3f} to {one['auc_high']:.3f}"


def _entrant(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": one["name"],
        "words": engine_words(one["name"]),
        "log_loss": decimals(one["log_loss"], 4),
        "auc": decimals(one["auc"], 4),
        "calibration": one["calibration"],
    }

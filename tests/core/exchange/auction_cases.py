"""Reads tests/cases/auction and writes its cases as tables: the worked examples of docs/algorithms/auction.md.

`python -m tests.core.exchange.auction_cases` puts fresh tables into the page.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from accounts.core.money import micros_from_text, text_from_micros
from exchange.core.auction import AuctionResult, Candidate, Losses, Rules
from exchange.core.payouts import Margin

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests" / "cases" / "auction"
PAGE = ROOT / "docs" / "algorithms" / "auction.md"
ADVERTISERS = UUID("019aa000-0000-7000-8000-0000000000ff")
MARK = re.compile(r"(<!-- case: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


def candidates_of(case: dict[str, Any]) -> list[Candidate]:
    return [
        Candidate(
            campaign_id=UUID(row["campaign_id"]),
            organization_id=uuid5(ADVERTISERS, row.get("advertiser", row["name"])),
            bid_price=micros_from_text(row["bid_price"]),
            priority=row["priority"],
            sales_max=row["sales_max"],
        )
        for row in case["candidates"]
    ]


def rules_of(case: dict[str, Any]) -> Rules:
    rules = case["rules"]
    kind, value = rules["margin"]["kind"], rules["margin"]["value"]
    return Rules(
        floor_price=micros_from_text(rules["floor_price"]),
        floor_payout=micros_from_text(rules["floor_payout"]),
        margin=Margin(kind, Decimal(value) if kind == "percent" else micros_from_text(value)),
        pricing=rules["pricing"],
        seed=rules["seed"],
        sales_max=rules["sales_max"],
    )


def as_expected(case: dict[str, Any], result: AuctionResult) -> dict[str, Any]:
    """Write a result in the form of a case's `expected`."""
    name_of = {row["campaign_id"]: row["name"] for row in case["candidates"]}
    words = Losses([winner.candidate for winner in result.winners], rules_of(case))
    return {
        "winners": [
            {
                "campaign": name_of[str(winner.candidate.campaign_id)],
                "clearing_price": text_from_micros(winner.clearing_price),
                "payout": text_from_micros(winner.payout_amount),
                "margin": text_from_micros(winner.margin_amount),
                "basis": winner.basis.value,
            }
            for winner in result.winners
        ],
        "losers": [
            {
                "campaign": name_of[str(loser.candidate.campaign_id)],
                "reason": loser.reason.value,
                "detail": words.of(loser.candidate),
            }
            for loser in result.losers
        ],
    }


def as_markdown(name: str) -> str:
    """Write one case as the page shows it; columns in which all rows are the usual ones are left out."""
    case = load(name)
    rows = case["candidates"]
    several, sharing = any("advertiser" in row for row in rows), case["rules"]["sales_max"] > 1
    names = ["campaign", *(["advertiser"] if several else []), "priority", *(["sales at most"] if sharing else []), "bid"]
    lines = [
        f"**{name.replace('_', ' ')}**. {case['says']}",
        "",
        _rules_in_words(case["rules"]),
        "",
        f"| {' | '.join([*names, 'outcome', 'clearing price', 'payout', 'margin'])} |",
        "|---" * (len(names) + 4) + "|",
    ]
    for row in rows:
        cells = [row["name"], *([row.get("advertiser", row["name"])] if several else []), str(row["priority"])]
        cells += [*([str(row["sales_max"])] if sharing else []), row["bid_price"]]
        lines.append(f"| {' | '.join([*cells, *_outcome(row['name'], case)])} |".replace("|  |", "| |").replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def _rules_in_words(rules: dict[str, Any]) -> str:
    value = rules["margin"]["value"]
    margin = f"{(Decimal(value) * 100).normalize():f} %" if rules["margin"]["kind"] == "percent" else value
    words = f"Floor price {rules['floor_price']}, floor payout {rules['floor_payout']}, margin {margin}"
    words += f", at most {rules['sales_max']} sales" if rules["sales_max"] > 1 else ""
    return f"{words}, second price." if rules["pricing"] == "second_price" else f"{words}."


def _outcome(name: str, case: dict[str, Any]) -> list[str]:
    for row in case["expected"]["winners"]:
        if row["campaign"] == name:
            wins = "wins" if row["basis"] == "own_bid" else f"wins, {row['basis'].replace('_', ' ')}"
            return [wins, row["clearing_price"], row["payout"], row["margin"]]
    (loss,) = (row for row in case["expected"]["losers"] if row["campaign"] == name)
    return [f"{loss['reason']}: {loss['detail']}", "", "", ""]


def with_fresh_tables(page: str) -> str:
    return MARK.sub(lambda match: f"{match[1]}{as_markdown(match[2])}{match[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(with_fresh_tables(PAGE.read_text()))

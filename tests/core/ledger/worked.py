"""Runs one worked case of tests/cases/ledger and writes it as the table that docs/algorithms/settlement.md shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.core.money import micros_from_text, text_from_micros
from accounts.ledger.core import postings
from accounts.ledger.core.balances import Line, credit_of, fold, lines_of
from accounts.ledger.core.postings import AccountKind, AccountRef, Posting, PostingError

CASES = Path(__file__).resolve().parents[2] / "cases" / "ledger"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "settlement.md"


def names() -> list[str]:
    """Give the name of every case."""
    return sorted(path.stem for path in CASES.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    """Read one case."""
    return json.loads((CASES / f"{name}.json").read_text())


def play(case: dict[str, Any]) -> dict[str, Any]:
    """Post the events of a case and give what its `expected` should hold."""
    accounts = {
        name: AccountRef(UUID(int=number), AccountKind(text.split()[0]), text.split()[1])
        for number, (name, text) in enumerate(case["accounts"].items(), start=1)
    }
    done: list[Posting] = []
    try:
        for event in case["events"]:
            done.append(_post(event, accounts, done))
    except PostingError as error:
        return {"refused": str(error)}
    return _outcome(case, accounts, done)


def _post(event: dict[str, Any], accounts: dict[str, AccountRef], done: list[Posting]) -> Posting:
    wallet, payable, margin, cash = (accounts[event.get(kind, kind)] for kind in ("wallet", "payable", "margin", "cash"))
    amount = micros_from_text(event.get("amount", "0"))
    match event["kind"]:
        case "deposit":
            return postings.deposit(wallet=wallet, cash=cash, amount=amount)
        case "capture":
            price, payout = micros_from_text(event["price"]), micros_from_text(event["payout"])
            return postings.capture(wallet=wallet, payable=payable, margin=margin, price_amount=price, payout_amount=payout)
        case "refund":
            return postings.refund(done[event["of"] - 1])
        case "adjustment":
            return postings.adjustment(account=accounts[event["account"]], margin=margin, amount=amount)
        case kind:
            assert kind == "payout"
            return postings.payout(payable=payable, cash=cash, amount=amount)


def _outcome(case: dict[str, Any], accounts: dict[str, AccountRef], done: list[Posting]) -> dict[str, Any]:
    lines = lines_of(done)
    balances = fold(lines)
    called = {ref.id: name for name, ref in accounts.items()}
    mine: list[Line] = [line for line in lines if called[line.account_id] == "wallet"]
    credit = credit_of(mine, micros_from_text(case["credit_limit"]))
    return {
        "legs": [{called[leg.account.id]: text_from_micros(leg.amount) for leg in posting.legs} for posting in done],
        "balances": {name: text_from_micros(balances.get(ref.id, 0)) for name, ref in accounts.items()},
        "credit": text_from_micros(credit.credit),
        "spent": text_from_micros(credit.spent),
        "available": text_from_micros(credit.available(micros_from_text(case["held"]))),
    }


def rendered(name: str) -> str:
    """Write a case as Markdown: its sentence, a row per event, the balances, and the wallet's credit."""
    case = load(name)
    expected = case["expected"]
    title = f"### {name.replace('_', ' ').capitalize()}\n\n{case['about']}\n\n"
    if "refused" in expected:
        return f"{title}The ledger answers: *{expected['refused']}*.\n"
    accounts = list(case["accounts"])
    rows = [["event", *accounts], ["---", *("---:" for _ in accounts)]]
    for number, (event, legs) in enumerate(zip(case["events"], expected["legs"], strict=True), start=1):
        rows.append([f"{number}. {event['kind']}", *(legs.get(account, "") for account in accounts)])
    rows.append(["**balance**", *(f"**{expected['balances'][account]}**" for account in accounts)])
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    credit = f"credit {expected['credit']} (of it {case['credit_limit']} limit)"
    sums = f"Wallet: {credit} - spent {expected['spent']} - held {case['held']} = available {expected['available']}."
    return f"{title}{table}\n\n{sums}\n"

"""A market that changes while it runs: leads convert otherwise from now on, and the monitors have to notice and to answer.

Everything goes through the public API, as in traffic.py; what the monitors did is read from their alerts. A step that does
not come true in time is a NotDrifted that names it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, log
from typing import Any

from numpy.random import Generator

from accounts.core.clock import rfc3339, utc_now
from accounts.core.display import share
from accounts.tenancy import act_as_exchange
from campaigns.verticals import load_verticals
from demo.cast import Stream
from demo.crowd import Crowd, Visitor
from demo.traffic import REPORTS_AT_ONCE, Access
from scoring.monitoring import AlertFacts, list_alerts

SHOCK = 1.2  # on the logit of everybody
DEVICE_SHOCK = 1.8  # more on a desktop, less on a telephone: what a model can learn from
TOLD_EACH = 200
POLL_SECONDS = 2.0
DOOR = "the demo looks at the monitors"


class NotDrifted(Exception):
    """A step did not come true; the text names it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sold in the changed market, how long each later step may take, and which way it turns: 1 or -1."""

    vertical: str
    sales: int
    seconds: float
    turn: int = 1


def provoke(
    plan: Plan, access: Access, streams: Sequence[Stream], crowd: Crowd, dice: Generator, look: Callable[[], Any]
) -> Iterator[str]:
    """Change the market and follow what happens, a line a step; `look` lets the monitors look now. Raises NotDrifted."""
    started_at = utc_now()
    ours = [stream for stream in streams if stream.vertical == plan.vertical]
    if not ours:
        known = ", ".join(sorted({stream.vertical for stream in streams}))
        raise NotDrifted(f"no stream of the demo sells {plan.vertical}; try {known}")
    odds = [f"{exp(plan.turn * (SHOCK + side * DEVICE_SHOCK)):.2g}" for side in (1, -1)]
    yield f"market      {plan.vertical} from now on: the odds of a sale times {odds[0]} on a desktop, elsewhere times {odds[1]}"
    yield from _sell(plan, access, ours, crowd, dice)
    alert = None
    for alert in _rings(plan, started_at, look):
        yield f"alarm       {alert.kind}: {alert.words}"
    if alert is None:
        raise NotDrifted(f"no alarm rang within {plan.seconds:.0f} s of the last report")
    yield from _answers(plan, alert, look, lambda: _sell(replace(plan, sales=plan.sales // 4), access, ours, crowd, dice))


def shifted(visitor: Visitor, ping: dict[str, Any], dice: Generator, turn: int = 1) -> bool:
    """Throw the outcome of a lead in the market that has turned so."""
    chance = float(visitor.leads.draw.p_true[visitor.index])
    side = 1 if (ping.get("behaviour") or {}).get("device") == "desktop" else -1
    return bool(dice.random() < 1 / (1 + exp(-(log(chance / (1 - chance)) + turn * (SHOCK + side * DEVICE_SHOCK)))))


def _sell(plan: Plan, access: Access, streams: Sequence[Stream], crowd: Crowd, dice: Generator) -> Iterator[str]:
    """Sell leads one after the other and report each outcome at once: late reports are for another day."""
    sold = won = pings = 0
    waiting: dict[str, list[dict[str, Any]]] = {}
    while sold < plan.sales:
        pings += 1
        if pings > 20 * plan.sales:
            raise NotDrifted(f"only {sold} of {pings} pings were sold: are the campaigns of {plan.vertical} running?")
        for slug, lead_id, outcome in _one_sale(access, streams[pings % len(streams)], crowd, dice, plan.turn):
            sold, won = sold + 1, won + outcome
            status = load_verticals()[plan.vertical].outcome if outcome else "lost"
            waiting.setdefault(slug, []).append({"lead_id": lead_id, "status": status, "occurred_at": rfc3339(utc_now())})
            if len(waiting[slug]) == REPORTS_AT_ONCE:
                _report(access, slug, waiting.pop(slug))
            if sold % TOLD_EACH == 0:
                yield f"sold        {sold:,} of {plan.sales:,} leads, {won} with the outcome ({share(won, sold)})"
    for slug, reports in waiting.items():
        _report(access, slug, reports)
    yield f"reported    {sold:,} outcomes of {pings:,} pings, {won} of them won ({share(won, sold)})"


def _one_sale(access: Access, stream: Stream, crowd: Crowd, dice: Generator, turn: int) -> Iterator[tuple[str, str, bool]]:
    """Ping and post one lead; gives who bought it, its id and its outcome, nothing where nobody does."""
    visitor, at = crowd.next(stream, utc_now()), utc_now()
    publisher = access.apis[stream.publisher]
    body = visitor.ping(access.sources[stream.publisher][stream.source], at)
    status, quoted, _ = publisher.call("POST", "/api/v1/pings", body)
    if status != 200 or quoted["status"] != "quoted":
        return
    status, posted, _ = publisher.call("POST", "/api/v1/posts", visitor.post(quoted["id"], at))
    if status != 201 or posted["status"] != "sold":
        return
    buyers = {quote["id"]: quote["advertiser"]["id"] for quote in quoted["quotes"]}
    slugs = [access.slugs.get(buyers.get(leg["quote_id"], "")) for leg in posted["legs"] if leg["status"] == "sold"]
    outcome = shifted(visitor, body, dice, turn)
    yield from ((slug, posted["lead_id"], outcome) for slug in slugs if slug is not None)


def _report(access: Access, slug: str, reports: list[dict[str, Any]]) -> None:
    status, answer, _ = access.apis[slug].call("POST", "/api/v1/dispositions", {"dispositions": reports})
    if status != 200 or answer["recorded"] != len(reports):
        raise NotDrifted(f"{slug} reported {len(reports)} outcomes and {answer.get('recorded', 0)} were taken ({status})")


def _rings(plan: Plan, since: datetime, look: Callable[[], Any]) -> Sequence[AlertFacts]:
    """Let the monitors look until one of ours is red, whoever looked first."""

    def red() -> Sequence[AlertFacts]:
        look()
        with act_as_exchange(DOOR):
            found = list_alerts(vertical=plan.vertical)
        return [one for one in found if one.level == "red" and one.rang_at >= since and one.responses]

    return _until(plan.seconds, red)


def _answers(plan: Plan, alert: AlertFacts, look: Callable[[], Any], sell_on: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Tell each step of the answer: the level moved, a challenger trained, it won and serves. A refusal gets more labels."""
    told = 0
    deadline = time.monotonic() + plan.seconds
    while time.monotonic() < deadline:
        with act_as_exchange(DOOR):
            steps = next(one for one in list_alerts(vertical=plan.vertical) if one.id == alert.id).responses
        for step in steps[told:]:
            yield _line(step)
            if step["what"] == "verdict":
                if not step["promoted"]:
                    raise NotDrifted("the challenger did not win: the champion goes on; more --sales give it more to learn from")
                return
            if step["what"] == "refused":
                yield from sell_on()
        told = len(steps)
        time.sleep(POLL_SECONDS)
        look()
    raise NotDrifted(f"no challenger had won within {plan.seconds:.0f} s; more --sales give it more to learn from")


def _line(step: dict[str, Any] | Any) -> str:
    if step["what"] == "level":
        return f"level       intercept from {step['from']:+.3f} to {step['to']:+.3f}, served by every process within 2 s"
    if step["what"] == "challenger":
        return f"challenger  {step['version']} is trained"
    if step["what"] == "refused":
        return f"refused     {step['why']} It is tried again with more labels."
    if step["what"] == "failed":
        return f"failed      {step['why']} It is tried again."
    return f"verdict     {step['version']} {'won on the newest window and is champion' if step['promoted'] else 'did not win'}"


def _until(seconds: float, ask: Callable[[], Sequence[AlertFacts]]) -> Sequence[AlertFacts]:
    deadline = time.monotonic() + seconds
    while True:
        found = ask()
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(POLL_SECONDS)

"""Bid rules: what a campaign offers for one lead, with the arithmetic that led there.

Base price, then the score band, then the multipliers in the order written, then whole cents (one rounding, half to even), then
the clamp.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from accounts.core.money import CENT
from campaigns.core.filters import TESTS, Clause, describe, holds

HOUR_OF_WEEK = "hour_of_week"
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)  # wide enough that no product below is ever rounded
_ONE = Decimal(1)
_CENT = Decimal(CENT)
KNOWN_MAX = 256  # a rule's offers that are kept; with more multipliers than this covers the others are worked out each time


@dataclass(frozen=True, slots=True)
class OwnChance:
    """What the advertiser's outcomes, `labels` of them the campaign's, make of the chance that the model version served."""

    probability: float
    labels: int


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """A score as served. `proven` is False while the model is a synthetic prior: then a value bid uses its visible fallback.

    `own` is the campaign's own chance, where it has one: a value bid asks it, a visible rule never does.
    """

    probability: float
    percentile: Decimal | float
    score: int
    model_version: str
    proven: bool
    own: OwnChance | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """From this percentile (0 to 100, higher is better) upward the price is replaced by `price` or multiplied by `factor`."""

    percentile_from: Decimal
    price: int | None = None
    factor: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Multiply by `factor` where the condition holds; hour_of_week counts 0 (Monday, midnight) to 167 in the rule's zone."""

    field: str
    values: Any
    factor: Decimal
    op: str = "in"
    root: str = dataclasses.field(init=False, repr=False, compare=False)
    clause: Clause = dataclasses.field(init=False, repr=False, compare=False)
    label: str = dataclasses.field(init=False, repr=False, compare=False)
    test: Callable[[Any, Any], bool] | None = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Freeze the values and build the condition once: it is asked on every bid."""
        many = self.op in {"in", "not_in"} and not isinstance(self.values, str)
        values = frozenset(self.values) if many else self.values
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "root", self.field.partition(".")[0])
        object.__setattr__(self, "clause", Clause(self.field, self.op, values))
        object.__setattr__(self, "label", describe(self.clause))
        object.__setattr__(self, "test", TESTS[self.op] if self.root == self.field else None)


@dataclass(frozen=True, slots=True)
class ValueBid:
    """Bid probability x value x (1 - margin) instead of the visible rule. Target cost per acquisition is this with margin 0."""

    value_amount: int
    margin: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class BidRule:
    """How a campaign prices a lead. Prices are micros; min and max clamp both the visible rule and the value bid."""

    base_price: int
    bands: tuple[Band, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    min_price: int | None = None
    max_price: int | None = None
    value: ValueBid | None = None
    zone: str = "UTC"
    hourly: bool = dataclasses.field(init=False, repr=False, compare=False)
    # The visible rule has few outcomes: one for each band and each set of multipliers that apply.
    known: dict[tuple[int | None, tuple[int, ...]], Bid] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the bands with the highest first: the first one reached applies."""
        object.__setattr__(self, "hourly", any(multiplier.field == HOUR_OF_WEEK for multiplier in self.multipliers))
        object.__setattr__(self, "known", {})
        object.__setattr__(self, "bands", tuple(sorted(self.bands, key=lambda band: band.percentile_from, reverse=True)))


class Step(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One step of the arithmetic: what was done, by which factor, and the price after it in micros."""

    label: str
    factor: Decimal | None
    price: int


@dataclass(frozen=True, slots=True)
class Bid:
    """The offer in whole cents (as micros) and how it came about. A price of 0 means the rule declines this lead.

    `kept` says that its rule keeps it and gives this very object again: a value bid is made anew for each lead.
    """

    bid_price: int
    arithmetic: tuple[Step, ...]
    kept: bool = dataclasses.field(default=False, compare=False)


def price_bid(rule: BidRule, facts: Mapping[str, Any], score: ScoreFacts | None, at: datetime | None = None) -> Bid:
    """Price one lead. `at` (aware) is needed only by multipliers on hour_of_week; without it they do not apply.

    A factor of 0 excludes: the bid is 0 and no minimum lifts it.
    """
    if rule.value is not None and score is not None and score.proven:
        steps: list[Step] = []
        return _offer(rule, _value_price(rule.value, score, steps), steps)
    if rule.hourly and at is not None:
        facts = {**facts, HOUR_OF_WEEK: hour_of_week(at, rule.zone)}
    reached = _band_of(rule, score)
    applied = tuple([n for n, one in enumerate(rule.multipliers) if _applies(one, facts)]) if rule.multipliers else ()
    found = rule.known.get((reached, applied))
    if found is None:
        steps = []
        kept = len(rule.known) < KNOWN_MAX
        found = _offer(rule, _visible_price(rule, reached, applied, steps), steps, kept=kept)
        if kept:
            rule.known[reached, applied] = found
    return found


def _applies(multiplier: Multiplier, facts: Mapping[str, Any]) -> bool:
    fact = facts.get(multiplier.root)
    if fact is None:
        return False
    # Nearly all ask a plain field, and are asked on every bid: no path to take apart then.
    return multiplier.test(fact, multiplier.values) if multiplier.test else holds(multiplier.clause, facts)


def _offer(rule: BidRule, price: Decimal, steps: list[Step], *, kept: bool = False) -> Bid:
    return Bid(_clamped(rule, price, steps) if price else 0, tuple(steps), kept)


def _value_price(value: ValueBid, score: ScoreFacts, steps: list[Step]) -> Decimal:
    label, chance = _chance_of(score)
    # The shortest decimal that reads back exactly, as evidence writes it: whoever multiplies it gets this price.
    probability = Decimal(repr(chance))
    price = _EXACT.multiply(probability, Decimal(value.value_amount))
    steps.append(Step(label, probability, _micros(price)))
    if value.margin:
        kept = _ONE - value.margin
        price = _EXACT.multiply(price, kept)
        steps.append(Step(f"less the buyer's own margin of {value.margin:%}", kept, _micros(price)))
    return price


def _chance_of(score: ScoreFacts) -> tuple[str, float]:
    """Name the chance that a value bid follows, and who answers for it."""
    served = f"model {score.model_version}"
    if score.own is None:
        return f"chance {score.probability:.4f} x value, {served}", score.probability
    moved = f"{score.probability:.4f} by {served}, moved by the buyer's own outcomes ({score.own.labels:,} of this campaign)"
    return f"chance {score.own.probability:.4f} x value: {moved}", score.own.probability


def _visible_price(rule: BidRule, reached: int | None, applied: Sequence[int], steps: list[Step]) -> Decimal:
    price = Decimal(rule.base_price)
    steps.append(Step("base" if rule.value is None else "base (no proven model for the value bid)", None, rule.base_price))
    if reached is not None:
        band = rule.bands[reached]
        price = Decimal(band.price) if band.price is not None else _EXACT.multiply(price, band.factor or Decimal(0))
        steps.append(Step(f"score percentile >= {band.percentile_from}", band.factor, _micros(price)))
    for multiplier in (rule.multipliers[place] for place in applied):
        price = _EXACT.multiply(price, multiplier.factor)
        steps.append(Step(multiplier.label, multiplier.factor, _micros(price)))
    return price


def _band_of(rule: BidRule, score: ScoreFacts | None) -> int | None:
    if score is not None:
        for place, band in enumerate(rule.bands):
            if score.percentile >= band.percentile_from:
                return place
    return None


def _clamped(rule: BidRule, price: Decimal, steps: list[Step]) -> int:
    cents = int((price / _CENT).to_integral_value(ROUND_HALF_EVEN, _EXACT)) * CENT if price % _CENT else int(price)
    if rule.min_price is not None and cents < rule.min_price:
        cents = rule.min_price
        steps.append(Step("raised to the minimum", None, cents))
    if rule.max_price is not None and cents > rule.max_price:
        cents = rule.max_price
        steps.append(Step("lowered to the maximum", None, cents))
    if not steps or steps[-1].price != cents:
        steps.append(Step("whole cents", None, cents))
    return cents


def _micros(price: Decimal) -> int:
    return int(price.to_integral_value(ROUND_HALF_EVEN, _EXACT))


def hour_of_week(at: datetime, zone: str) -> int:
    """Give the hour of the week (0 is Monday, midnight) of an aware instant in a zone."""
    local = at.astimezone(ZoneInfo(zone))
    return local.weekday() * 24 + local.hour

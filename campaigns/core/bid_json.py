"""Bid rules on the wire: read with pointers to every fault, and written back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.core.ids import encode
from campaigns.core.amounts import Faults, price_as_json, read_decimal, read_id, read_price
from campaigns.core.bids import HOUR_OF_WEEK, Band, BidRule, Multiplier, ValueBid
from campaigns.core.fields import Wrong
from campaigns.core.filters import Clause, filter_as_json, read_clause
from campaigns.core.schema import Field, Vertical

BANDS_MAX, MULTIPLIERS_MAX, SOURCES_MAX = 20, 50, 1_000
FACTOR_MAX = "100"
_RULE = frozenset({"base_price", "bands", "multipliers", "min_price", "max_price", "value"})
_BAND = frozenset({"percentile_from", "price", "factor"})
_MULTIPLIER = frozenset({"field", "op", "value", "factor"})
_VALUE = frozenset({"value", "margin"})
_HOURS = Vertical("hours", "Hours", 1, {HOUR_OF_WEEK: Field(HOUR_OF_WEEK, "Hour of week", "integer", minimum=0, maximum=167)})


def parse_bid_rule(data: Any, vertical: Vertical, *, currency: str, zone: str, pointer: str = "/bid") -> BidRule:
    """Read a bid rule; raises Problem(invalid_request) naming every faulty part by pointer.

    Prices are money in `currency`, whole cents; factors 0 to 100 with at most four decimals, 0 excludes. A multiplier is a
    condition as in filters with a factor; besides, `source` (ids src_...) and `hour_of_week` (0 to 167) may be asked for.
    """
    faults = Faults()
    rule = faults.only(data, _RULE, pointer)
    base = faults.read(f"{pointer}/base_price", read_price, rule.get("base_price"), currency)
    low, high = (
        None if rule.get(name) is None else faults.read(f"{pointer}/{name}", read_price, rule[name], currency)
        for name in ("min_price", "max_price")
    )
    if low is not None and high is not None and low > high:
        faults.add(f"{pointer}/min_price", "out_of_range", "Must not be above max_price.")
    bands = _read_bands(rule.get("bands"), currency, f"{pointer}/bands", faults)
    multipliers = _read_multipliers(rule.get("multipliers"), vertical, f"{pointer}/multipliers", faults)
    value = None if rule.get("value") is None else _read_value(rule["value"], currency, f"{pointer}/value", faults)
    faults.raise_any()
    return BidRule(base or 0, bands, multipliers, low, high, value, zone)


def bid_rule_as_json(rule: BidRule, currency: str) -> dict[str, Any]:
    """Write a bid rule in its wire form; parse_bid_rule reads it back to an equal rule."""
    value = rule.value
    return {
        "base_price": price_as_json(rule.base_price, currency),
        "bands": [_band_as_json(band, currency) for band in rule.bands],
        "multipliers": [_multiplier_as_json(multiplier) for multiplier in rule.multipliers],
        "min_price": price_as_json(rule.min_price, currency),
        "max_price": price_as_json(rule.max_price, currency),
        "value": value and {"value": price_as_json(value.value_amount, currency), "margin": str(value.margin)},
    }


def _band_as_json(band: Band, currency: str) -> dict[str, Any]:
    change = {"factor": str(band.factor)} if band.price is None else {"price": price_as_json(band.price, currency)}
    return {"percentile_from": str(band.percentile_from), **change}


def _multiplier_as_json(multiplier: Multiplier) -> dict[str, Any]:
    wire = filter_as_json(multiplier.clause)
    if multiplier.field == "source":
        wire["value"] = [encode("source", source) for source in sorted(multiplier.values)]
    return {**wire, "factor": str(multiplier.factor)}


def _read_bands(data: Any, currency: str, pointer: str, faults: Faults) -> tuple[Band, ...]:
    bands: list[Band] = []
    for place, one in enumerate(faults.listed(data, BANDS_MAX, pointer)):
        here = f"{pointer}/{place}"
        band = faults.only(one, _BAND, here)
        start = faults.read(f"{here}/percentile_from", read_decimal, band.get("percentile_from"), "0", "100")
        if (band.get("price") is None) == (band.get("factor") is None):
            faults.add(here, "required", "A band needs either a price or a factor.")
        elif band.get("price") is not None:
            bands.append(Band(start or Decimal(0), price=faults.read(f"{here}/price", read_price, band["price"], currency)))
        else:
            factor = faults.read(f"{here}/factor", read_decimal, band["factor"], "0", FACTOR_MAX)
            bands.append(Band(start or Decimal(0), factor=factor))
    starts = [band.percentile_from for band in bands]
    if len(set(starts)) < len(starts):
        faults.add(pointer, "conflict", "Two bands begin at the same percentile.")
    return tuple(bands)


def _read_multipliers(data: Any, vertical: Vertical, pointer: str, faults: Faults) -> tuple[Multiplier, ...]:
    read: list[Multiplier] = []
    for place, one in enumerate(faults.listed(data, MULTIPLIERS_MAX, pointer)):
        here = f"{pointer}/{place}"
        wire = faults.only(one, _MULTIPLIER, here)
        factor = faults.read(f"{here}/factor", read_decimal, wire.get("factor"), "0", FACTOR_MAX)
        with faults.at(here):
            clause = _read_condition({key: wire[key] for key in wire if key != "factor"}, vertical)
            read.append(Multiplier(clause.field, clause.value, factor or Decimal(0), clause.op))
    return tuple(read)


def _read_condition(wire: dict[str, Any], vertical: Vertical) -> Clause:
    if not {"field", "op"} <= set(wire):
        raise Wrong("required", 'A multiplier needs "field", "op", "value" and "factor".')
    if wire["field"] == HOUR_OF_WEEK:
        return read_clause(wire, _HOURS)
    if wire["field"] != "source":
        return read_clause(wire, vertical)
    if wire["op"] not in {"in", "not_in"}:
        raise Wrong("not_a_choice", "source is an id: op must be one of in, not_in.", "/op")
    return Clause("source", wire["op"], read_sources(wire.get("value"), "/value"))


def read_sources(value: Any, below: str = "") -> frozenset[UUID]:
    """Read a list of 1 to 1,000 ids of sources; raises Wrong."""
    if not isinstance(value, list) or not 1 <= len(value) <= SOURCES_MAX:
        raise Wrong("wrong_type", f"Must be a list of 1 to {SOURCES_MAX} ids such as src_...", below)
    try:
        return frozenset(read_id(one, "source") for one in value)
    except Wrong as wrong:
        raise Wrong(wrong.code, wrong.detail, below) from None


def _read_value(data: Any, currency: str, pointer: str, faults: Faults) -> ValueBid:
    value = faults.only(data, _VALUE, pointer)
    amount = faults.read(f"{pointer}/value", read_price, value.get("value"), currency)
    margin = faults.read(f"{pointer}/margin", read_decimal, value.get("margin", "0"), "0", "1")
    return ValueBid(amount or 0, margin or Decimal(0))

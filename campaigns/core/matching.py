"""Which campaigns want this lead, and why the others do not: bitmaps per field, one pass for matches, counts and explanations.

The facts of a lead are its vertical's fields plus `vertical` (slug), `source` and `organization` (UUIDs of the source and of its
publisher), `allowed_advertisers` and `blocked_advertisers` (organizations, the source's own lists), `sub_id`, `device`, `kind`,
`score_percentile`; an absent fact or None is missing. See docs/algorithms/matching.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.core.columns import (
    NumberColumn,
    Ranges,
    ValueColumn,
    Values,
    as_bitmap,
    bitmap_of,
    positions_of,
    ranges_of,
    rows_of,
    values_of,
)
from campaigns.core.filters import Clause, Filter, Group, describe, holds
from campaigns.core.schedule import Schedule
from campaigns.core.terms import CampaignTerms

__all__ = ["CampaignTerms", "Filtered", "Index", "Match", "build_index", "explain", "match"]

FILTERED = "filtered"
SOURCE_EXCLUDED = "source_excluded"
SCORE_BELOW_MIN = "score_below_min"
OUTSIDE_SCHEDULE = "outside_schedule"
COMBINED = "combined conditions"
_NUMERIC = frozenset({"gte", "lte", "between"})


@dataclass(frozen=True, slots=True)
class Filtered:
    """Campaigns that do not want a lead for one reason: how many, and the field (of one campaign: the condition) that decided."""

    reason: str
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class Match:
    """The campaigns that want a lead, in the order of the index, and the counts of the others."""

    matched: tuple[CampaignTerms, ...]
    filtered: tuple[Filtered, ...]


class Index:
    """Published campaigns by vertical, frozen at one version of the market."""

    __slots__ = ("_shelves", "version")

    def __init__(self, terms: Sequence[CampaignTerms], version: int) -> None:
        self.version = version
        by_vertical: dict[str, list[CampaignTerms]] = defaultdict(list)
        for one in terms:
            by_vertical[one.vertical].append(one)
        self._shelves = {vertical: _Shelf(tuple(listed)) for vertical, listed in by_vertical.items()}

    def shelf(self, vertical: Any) -> _Shelf:
        """Give the campaigns of a vertical, an empty shelf for one without campaigns."""
        return self._shelves.get(vertical, _EMPTY)

    def find(self, campaign_id: UUID) -> CampaignTerms | None:
        """Give the terms of one campaign, None when it is not in the market."""
        for shelf in self._shelves.values():
            position = shelf.positions.get(campaign_id)
            if position is not None:
                return shelf.terms[position]
        return None

    def terms(self) -> tuple[CampaignTerms, ...]:
        """List every campaign."""
        return tuple(one for shelf in self._shelves.values() for one in shelf.terms)


def build_index(terms: Sequence[CampaignTerms], version: int) -> Index:
    """Freeze published campaigns into an index; a campaign stands at its place in `terms` among those of its vertical."""
    return Index(terms, version)


def match(index: Index, facts: Mapping[str, Any], at: datetime) -> Match:
    """Give the campaigns that want a lead at an aware instant, and counts per reason and deciding field of those that do not."""
    shelf = index.shelf(facts.get("vertical"))
    alive, dropped = _sieve(shelf, facts, at, shelf.everyone)
    terms = shelf.terms
    return Match(
        tuple([terms[position] for position in positions_of(alive)]),
        tuple(Filtered(drop.reason, drop.detail, drop.bitmap.bit_count()) for drop in dropped),
    )


def explain(index: Index, facts: Mapping[str, Any], at: datetime, campaign_id: UUID) -> Filtered | None:
    """Give the first reason why one campaign does not want a lead, None when it does.

    Raises KeyError when the lead's vertical has no such campaign.
    """
    shelf = index.shelf(facts.get("vertical"))
    position = shelf.positions[campaign_id]
    _, dropped = _sieve(shelf, facts, at, 1 << position)
    if not dropped:
        return None
    return Filtered(dropped[0].reason, _in_words(shelf.terms[position], dropped[0], facts), 1)


@dataclass(frozen=True, slots=True)
class _Drop:
    reason: str
    detail: str
    bitmap: int


def _sieve(shelf: _Shelf, facts: Mapping[str, Any], at: datetime, alive: int) -> tuple[int, list[_Drop]]:
    """Send campaigns through every test in a fixed order; each is dropped by the first it fails."""
    dropped: list[_Drop] = []
    for test in shelf.tests:
        if not alive:
            break
        passed = alive & test.passing(facts, at, alive)
        if passed != alive:
            dropped.append(_Drop(test.reason, test.detail, alive ^ passed))
            alive = passed
    return alive, dropped


def _in_words(terms: CampaignTerms, drop: _Drop, facts: Mapping[str, Any]) -> str:
    if drop.reason == SCORE_BELOW_MIN:
        return f"score_percentile >= {terms.score_percentile_min}"
    if drop.reason != FILTERED:
        return drop.detail
    plain, combined = _taken_apart(terms.filter)
    wanted = combined if drop.detail == COMBINED else [clause for clause in plain if clause.field == drop.detail]
    return " and ".join(describe(node) for node in wanted if not holds(node, facts))


@dataclass(frozen=True, slots=True)
class _Test:
    """One stage of the sieve: which of the living campaigns a lead's facts satisfy."""

    reason: str
    detail: str
    passing: Callable[[Mapping[str, Any], datetime, int], int]


class _Shelf:
    """The campaigns of one vertical and the tests a lead sends them through."""

    __slots__ = ("everyone", "positions", "terms", "tests")

    def __init__(self, terms: tuple[CampaignTerms, ...]) -> None:
        self.terms = terms
        self.everyone = (1 << len(terms)) - 1
        self.positions = {one.campaign_id: position for position, one in enumerate(terms)}
        self.tests = (*_source_tests(terms), *_filter_tests(terms), *_schedule_tests(terms), *_score_tests(terms))


def _source_tests(terms: Sequence[CampaignTerms]) -> Iterable[_Test]:
    size = len(terms)
    owners: dict[UUID, list[int]] = defaultdict(list)
    for position, one in enumerate(terms):
        owners[one.organization_id].append(position)
    own = {owner: rows_of(positions, size) for owner, positions in owners.items()}
    lists: dict[int, Values] = {}
    for position, one in enumerate(terms):
        if one.allowed_sources:
            lists[position] = Values(True, one.allowed_sources - one.blocked_sources, False)
        elif one.blocked_sources:
            lists[position] = Values(False, one.blocked_sources, True)

    def held_by(organizations: Iterable[UUID]) -> int:
        bitmap = 0
        for organization in organizations:
            bitmap |= as_bitmap(own.get(organization, 0))
        return bitmap

    def not_own(facts: Mapping[str, Any], _at: datetime, alive: int) -> int:
        return alive & ~held_by((facts["organization"],)) if "organization" in facts else alive

    def welcome(facts: Mapping[str, Any], _at: datetime, alive: int) -> int:
        allowed, blocked = facts.get("allowed_advertisers"), facts.get("blocked_advertisers")
        if allowed:
            alive &= held_by(allowed)
        return alive & ~held_by(blocked) if blocked else alive

    yield _Test(SOURCE_EXCLUDED, "own source", not_own)
    yield _Test(SOURCE_EXCLUDED, "the publisher's lists", welcome)
    if lists:
        yield _Test(SOURCE_EXCLUDED, "the campaign's lists", _asking(ValueColumn(lists, size), "source"))


def _asking(column: ValueColumn | NumberColumn, field: str) -> Callable[[Mapping[str, Any], datetime, int], int]:
    passing = column.passing
    return lambda facts, _at, _alive: passing(facts.get(field))


def _taken_apart(filter_: Filter) -> tuple[list[Clause], list[Clause | Group]]:
    """Part a filter into conditions a column can hold and those that must be evaluated for the campaign itself."""
    if filter_.mode == "any" and filter_.children:
        return [], [filter_]
    plain: list[Clause] = []
    combined: list[Clause | Group] = []
    for child in filter_.children:
        if isinstance(child, Group) and child.mode == "all":
            inner = _taken_apart(child)
            plain += inner[0]
            combined += inner[1]
        elif isinstance(child, Group) or "." in child.field or (child.op == "starts_with" and not _prefix_of(child)):
            combined.append(child)
        else:
            plain.append(child)
    return plain, combined


def _prefix_of(clause: Clause) -> int:
    """Give the one length of all prefixes of a starts_with, 0 when they differ or the op is another."""
    if clause.op != "starts_with":
        return 0
    lengths = {len(prefix) for prefix in ([clause.value] if isinstance(clause.value, str) else clause.value)}
    return lengths.pop() if len(lengths) == 1 else 0


def _filter_tests(terms: Sequence[CampaignTerms]) -> Iterable[_Test]:
    columns: dict[tuple[str, int], dict[int, list[Clause]]] = defaultdict(lambda: defaultdict(list))
    combined: dict[int, list[Clause | Group]] = {}
    for position, one in enumerate(terms):
        plain, rest = _taken_apart(one.filter)
        for clause in plain:
            columns[clause.field, _prefix_of(clause)][position].append(clause)
        if rest:
            combined[position] = rest
    for (field, prefix), clauses in sorted(columns.items()):
        yield _Test(FILTERED, field, _asking(_column(clauses, len(terms), prefix), field))
    if combined:
        yield _Test(FILTERED, COMBINED, _evaluating(combined))


def _column(clauses: Mapping[int, list[Clause]], size: int, prefix: int) -> ValueColumn | NumberColumn:
    if any(clause.op in _NUMERIC or _is_number(clause) for listed in clauses.values() for clause in listed):
        return NumberColumn({position: _merged_ranges(listed) for position, listed in clauses.items()}, size)
    return ValueColumn({position: _merged_values(listed) for position, listed in clauses.items()}, size, prefix)


def _is_number(clause: Clause) -> bool:
    values = clause.value if isinstance(clause.value, frozenset | tuple) else (clause.value,)
    return any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _merged_values(clauses: list[Clause]) -> Values:
    merged = values_of(clauses[0])
    for clause in clauses[1:]:
        merged = merged.both(values_of(clause))
    return merged


def _merged_ranges(clauses: list[Clause]) -> Ranges:
    merged = ranges_of(clauses[0])
    for clause in clauses[1:]:
        merged = merged.both(ranges_of(clause))
    return merged


def _evaluating(combined: Mapping[int, list[Clause | Group]]) -> Callable[[Mapping[str, Any], datetime, int], int]:
    # Equal nodes of many campaigns become one number, so each distinct one is evaluated at most once for a lead, and only for
    # campaigns that everything before has let through.
    numbers: dict[Clause | Group, int] = {}
    nodes_of = {position: tuple(numbers.setdefault(node, len(numbers)) for node in nodes) for position, nodes in combined.items()}
    nodes = list(numbers)
    carriers = bitmap_of(nodes_of)

    def passing(facts: Mapping[str, Any], _at: datetime, alive: int) -> int:
        known: dict[int, bool] = {}
        failing: list[int] = []
        for position in positions_of(alive & carriers):
            for number in nodes_of[position]:
                if number not in known:
                    known[number] = holds(nodes[number], facts)
                if not known[number]:
                    failing.append(position)
                    break
        return alive & ~bitmap_of(failing)

    return passing


def _schedule_tests(terms: Sequence[CampaignTerms]) -> Iterable[_Test]:
    scheduled: dict[str, dict[int, Schedule]] = defaultdict(dict)
    for position, one in enumerate(terms):
        if one.schedule is not None:
            scheduled[one.schedule.zone][position] = one.schedule
    for zone, schedules in sorted(scheduled.items()):
        yield _Test(OUTSIDE_SCHEDULE, f"hours in {zone}", _on_the_clock(zone, schedules))


def _on_the_clock(zone: str, schedules: Mapping[int, Schedule]) -> Callable[[Mapping[str, Any], datetime, int], int]:
    info = ZoneInfo(zone)
    carriers = bitmap_of(schedules)
    by_hour: dict[tuple[int, int], list[int]] = defaultdict(list)
    by_holiday: dict[date, list[int]] = defaultdict(list)
    for position, schedule in schedules.items():
        for hour in schedule.hours:
            by_hour[hour].append(position)
        for day in schedule.holidays:
            by_holiday[day].append(position)
    open_at = {hour: bitmap_of(positions) for hour, positions in by_hour.items()}
    closed_on = {day: bitmap_of(positions) for day, positions in by_holiday.items()}

    def passing(_facts: Mapping[str, Any], at: datetime, alive: int) -> int:
        local = at.astimezone(info)
        open_now = open_at.get((local.weekday(), local.hour), 0) & ~closed_on.get(local.date(), 0)
        return alive & (open_now | ~carriers)

    return passing


def _score_tests(terms: Sequence[CampaignTerms]) -> Iterable[_Test]:
    least = {
        position: ranges_of(Clause("score_percentile", "gte", one.score_percentile_min))
        for position, one in enumerate(terms)
        if one.score_percentile_min is not None
    }
    if least:
        yield _Test(SCORE_BELOW_MIN, "score_percentile", _asking(NumberColumn(least, len(terms)), "score_percentile"))


_EMPTY = _Shelf(())


def totals(found: Iterable[Filtered]) -> Mapping[str, int]:
    """Add counts up per reason."""
    counts: Counter[str] = Counter()
    for one in found:
        counts[one.reason] += one.count
    return counts

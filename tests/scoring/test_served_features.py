"""What serves a ping and what is computed from the stored ping is one vector, whatever the ping says."""

from __future__ import annotations

import random
from array import array
from datetime import UTC, datetime, timedelta
from math import inf, isnan, nan
from uuid import UUID

import msgspec
import pytest

from accounts.identity import Caller
from campaigns.core.supply import SourceFacts
from campaigns.verticals import load_verticals
from exchange.core.record import PingRecord
from exchange.intake.bodies import PingBody, decode, shape
from exchange.intake.pings import accept, signals_of
from scoring.core.context import Context, Series, quality_of
from scoring.core.families.visit import EVENTS_MAX
from scoring.core.features import extractor_of, features_of, spec_of
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads

VERTICALS = load_verticals()
AT = datetime(2026, 3, 2, 18, tzinfo=UTC)
SOURCE = UUID(int=11)
PINGS_A_VERTICAL = 2_000
WORDS = (
    "page_view",
    "pricing",
    "ДЕМО",
    "compare ☃",
    "email_click",
    "download\u0001x",
    "contact",
    "🏠" * 30,
    "",
    "İstanbul quote",
)
ODD = (
    None,
    True,
    -1,
    0,
    10**400,
    -inf,
    nan,
    1e-320,
    "",
    "abc",
    "NaN",
    "٣",
    [],
    {},
    [None],
    [[]],
    {"at": 1},
    b"x",
    "0001-01-01T00:00:00+14:00",
)


def events_of(ping: dict) -> list:
    return ping["behaviour"].get("events", [])


def bits(row: tuple[float, ...]) -> bytes:
    return array("d", row).tobytes()


def widened(ping: dict, chance: random.Random) -> dict:
    """Add what the schema allows and simulated leads do not have: odd words, lists at their limit, times in any zone or none."""
    offset = timedelta(minutes=chance.choice((-720, -300, 0, 330, 840)))

    def entry(name: str) -> dict:
        moment = (AT - timedelta(seconds=chance.expovariate(1e-5)) + offset).isoformat()
        stamp = moment.replace(
            "+00:00", "Z" if not offset else f"{'-' if offset < timedelta() else '+'}{str(abs(offset))[:-3]:0>5}"
        )
        return {name: chance.choice(WORDS)} | ({"at": stamp} if chance.random() < 0.9 else {})

    ping["behaviour"]["events"] = [
        entry("action") for _ in range(chance.choice((0, 1, 3, 8, EVENTS_MAX if chance.random() < 0.05 else 2)))
    ]
    ping["behaviour"]["comments"] = " ".join(
        chance.choices((*WORDS, "leak,", "asap!", "no rush", "ß", "\u200d"), k=chance.randrange(40))
    )
    ping["touchpoints"] = [entry("channel") for _ in range(chance.choice((0, 1, 2, 50)))]
    ping["contact_hints"] = {"email_domain": chance.choice(("GMAIL.com", "yopmail.com", "smith.example", "")), "area_code": "212"}
    for name in ("behaviour", "touchpoints", "consent", "contact_hints"):
        if chance.random() < 0.1:
            ping.pop(name, None)
    return {**ping, "source": "src", "sub_id": chance.choice(("a", "b", "ü"))}


@pytest.mark.parametrize("slug", sorted(VERTICALS))
def test_serving_equals_training_on_thousands_of_random_pings(slug):
    vertical, spec, chance = VERTICALS[slug], spec_of(VERTICALS[slug]), random.Random(slug)
    extract, now = extractor_of(spec), AT + timedelta(hours=1)
    caller = Caller(SOURCE, "Publisher", "publisher", "live", SOURCE, frozenset(), (), None)
    source = SourceFacts(SOURCE, SOURCE, SOURCE, "Site", frozenset({slug}), active=True)
    context = Context(
        rates={spec.rate_series: Series((AT.timestamp() - 40 * 86_400, AT.timestamp() - 86_400), (6.0, 6.5))},
        quality=quality_of([(slug, SOURCE, "a", 90, 9), (slug, SOURCE, "b", 70, 20)]),
        repeats=quality_of([(slug, SOURCE, "a", 90, 2), (slug, UUID(int=12), "", 70, 20)]),
    )
    leads = Leads(draw(make_world(spec), count=PINGS_A_VERTICAL, seed=5, starts_at=AT, days=0.01))
    for place in range(PINGS_A_VERTICAL):
        raw = msgspec.json.encode(widened(leads.ping(place), chance))
        accepted = accept(shape(decode(raw), PingBody, strict=True), source, vertical, caller, at=now, request_id="r")
        stored = msgspec.json.decode(msgspec.json.encode(accepted.record), type=PingRecord)
        served = extract(accepted.signals, now, context)
        assert bits(served) == bits(extract(signals_of(stored), now, context))
        assert all(isnan(value) or abs(value) < inf for value in served)


def test_no_odd_value_raises_or_gives_an_infinite_feature():
    chance, spec = random.Random(3), spec_of(VERTICALS["insurance.auto"])
    leads, extract = Leads(draw(make_world(spec), count=50, seed=5, starts_at=AT)), extractor_of(spec)
    for number in range(10_000):
        ping = leads.ping(number % 50)
        part = chance.choice(
            [ping, ping["lead"], ping["behaviour"], ping.get("consent", {}), *ping.get("touchpoints", ()), *events_of(ping)]
        )
        for name in chance.sample(sorted(part), k=min(2, len(part))):
            part[name] = chance.choice(ODD)
        row = extract(ping, AT)
        assert len(row) == len(features_of(spec))
        assert all(isnan(value) or abs(value) < inf for value in row), ping


def test_the_order_in_which_timed_entries_are_sent_says_nothing():
    chance, spec = random.Random(4), spec_of(VERTICALS["home.roofing"])
    extract = extractor_of(spec)
    for ping in Leads(draw(make_world(spec), count=1_000, seed=6, starts_at=AT)):
        before = bits(extract(ping, AT))
        twice = events_of(ping)
        if twice:  # two things in one moment, too
            twice.append({"action": "pricing_view", "at": twice[0]["at"]})
            before = bits(extract(ping, AT))
        chance.shuffle(twice)
        chance.shuffle(ping.get("touchpoints", []))
        assert bits(extract(ping, AT)) == before


def test_reading_is_bounded():
    spec = spec_of(VERTICALS["home.roofing"])
    names = [feature.name for feature in features_of(spec)]
    events = [{"action": f"a{number}"} for number in range(100_000)]
    many = {
        "behaviour": {"events": events, "comments": "leak " * 100_000},
        "touchpoints": [{"channel": str(n)} for n in range(9_999)],
    }
    found = dict(zip(names, extractor_of(spec)(many, AT), strict=True))
    assert (found["events.count"], found["touchpoints.count"], found["text.characters"]) == (200.0, 200.0, 2000.0)
    assert found["text.words"] == 400.0


def test_what_a_ping_does_not_say_is_unknown_and_never_nought():
    for vertical in VERTICALS.values():
        spec = spec_of(vertical)
        row = extractor_of(spec)({"lead": {}}, AT)
        said = {feature.name for feature, value in zip(features_of(spec), row, strict=True) if not isnan(value)}
        assert {name.split(".")[0] for name in said} == {"time", "market", "contact"}

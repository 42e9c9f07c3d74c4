"""Pings and posts of simulated leads, shaped as the public API wants them; every person, number and address in them is made up.

Telephone numbers stand in the exchange 555, where no subscriber has one, e-mails at example.com, IPs in documentation ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import compress
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.core.context import DAY
from scoring.core.email_domains import DISPOSABLE, FREE
from scoring.core.families.contact import PHONE_TYPES
from scoring.core.families.text import CALM_WORDS, URGENT_WORDS
from scoring.core.families.visit import CHANNELS
from scoring.core.places import STATES, Place
from scoring.core.simulator import BOT, CLEAN, DUPLICATE, RECYCLED, Draw
from scoring.core.simulator_people import Person, person_of

_PLACES: tuple[tuple[str, tuple[Place, ...]], ...] = tuple((name, state.places) for name, state in STATES.items())
_ACTIONS = (
    "page_view", "form_start", "pricing_view", "quote_request", "download_guide", "video_play", "contact_view", "compare_view",
    "email_open", "email_click",
)  # fmt: skip
_KEEN = np.array([2, 3, 6, 4, 7, 9])
_IDLE = np.array([0, 0, 1, 5, 8])
_DEPTH = np.array([0, 7, 6, 9, 5, 1, 9, 4, 2, 3])
"""How far each action of _ACTIONS has come."""
_DOMAINS = (tuple(sorted(FREE))[:12], tuple(sorted(DISPOSABLE))[:12], ("example.com",))
_SILENT = 4
"""Every fourth publisher says nothing of its contacts."""
_UNSAID: Mapping[str, tuple[str, ...]] = {
    "counts": ("pages_viewed", "time_on_site_seconds", "session_count"),
    "form": ("form_seconds",),
    "events": ("events",),
    "browser": ("user_agent", "device", "ip"),
    "landing": ("landing_page_url", "referrer"),
    "comments": ("comments",),
    "touchpoints": (),
    "consent": (),
}
"""What a ping may leave out as a whole, with the entries of its behaviour that this is."""
_UNSAID_SHARE, _BARE_SHARE = 0.15, 0.1
"""Whether a part is sent says nothing of the lead. Where training never saw a part absent, trees take its absence for a zero."""
_REFERRERS = (None, "https://www.google.com/search", "https://www.facebook.com/", "https://news.example.com/article")
_AGENTS = {
    "desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0",
    "mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile",
    "tablet": "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15",
}
_DEVICES = tuple(_AGENTS)
_METHODS = ("checkbox", "button", "signature")
_PLAIN = ("Please send me an offer.", "I would like some information.", "What would it cost?", "Looking for options in my area.")
_CLOCK = tuple(f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1_440))
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_ENDINGS = ("", " Thanks.", " Mornings are best.", " I have a few questions.")

Ints = NDArray[np.int64]


class _Steps:
    """Several steps a lead, the longest ago first: what each is, and how many milliseconds before the lead.

    They stand in flat lists, because the collector of garbage would look at each of a hundred thousand small ones.
    """

    def __init__(self, sizes: Ints, what: Ints, minutes: NDArray[np.float64]) -> None:
        owner = np.repeat(np.arange(len(sizes)), sizes)
        self._before = _milliseconds(minutes[np.lexsort((-minutes, owner))])
        self._what: list[int] = what.tolist()
        self._ends: list[int] = [0, *np.cumsum(sizes).tolist()]

    def of(self, lead: int) -> Iterator[tuple[int, int]]:
        """Give the steps of a lead; its last one stays the most recent."""
        part = slice(self._ends[lead], self._ends[lead + 1])
        return zip(self._what[part], self._before[part], strict=True)


@dataclass(frozen=True, slots=True)
class _Traits:
    """What a lead shows, as plain lists: one entry a lead. Events, touches and consent are so many milliseconds before it."""

    pages: list[int]
    seconds: list[int]
    sessions: list[int]
    device: list[int]
    referrer: list[int]
    paid: list[bool]
    events: _Steps
    touches: _Steps
    words: list[tuple[int, int, int]]
    consent_ms: list[int]
    certificate: list[bool]
    method: list[int]
    place: list[int]
    origin: list[int]
    form_seconds: list[int]
    phone_type: list[int]
    phone_state: list[int]
    ip_state: list[int]
    domain: list[int]
    tells: list[bool]
    unsaid: list[list[bool]]


class Leads:
    """The leads of a draw as pings and posts. `first_person` moves on to persons no earlier draw has used."""

    def __init__(self, draw: Draw, *, first_person: int = 0) -> None:
        """Draw what each lead shows; deterministic by the seeds of the draw."""
        self.draw = draw
        spec = draw.world.spec
        self._traits = _traits(draw, np.random.default_rng([draw.world.seed, draw.seed, 7]))
        self._first_person = first_person
        self._named = {field.name: field.kind for field in spec.fields if field.stage == "ping"}
        self._wanted_by_post = tuple(field.name for field in spec.fields if field.stage == "post")
        self._urgent = spec.urgent_words or URGENT_WORDS
        self._problems = tuple(words for _, words in spec.problem_words)
        self._at = draw.at.tolist()
        self._state = draw.state.tolist()

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.ping(index) for index in range(len(self)))

    def at(self, index: int) -> datetime:
        """Give the arrival of a lead, aware, in UTC."""
        return datetime.fromtimestamp(self._at[index], UTC)

    def ping(self, index: int, at: datetime | None = None) -> dict[str, Any]:
        """Give the body of a ping without its source; `at` moves the lead and everything before it to another arrival."""
        traits, at_ms = self._traits, ((at or self.at(index)) - _EPOCH) // _MS
        person, unsaid = self.person(index), tuple(compress(_UNSAID, traits.unsaid[index]))
        ping: dict[str, Any] = {
            "vertical": self.draw.world.spec.vertical,
            "kind": "form",
            "lead": self._lead(index),
            "behaviour": self._behaviour(index, at_ms, unsaid),
        }
        if "touchpoints" not in unsaid:
            touches = traits.touches.of(index)
            ping["touchpoints"] = [{"channel": CHANNELS[channel], "at": _stamp(at_ms, before)} for channel, before in touches]
        if "consent" not in unsaid:
            ping["consent"] = self._consent(index, at_ms)
        ping["contact_hashes"] = {"phone_sha256": _digest(person.phone), "email_sha256": _digest(person.email)}
        if self.draw.publisher[index] % _SILENT:
            ping["contact_hints"] = self._hints(index, person)
        return ping

    def post(self, index: int, at: datetime | None = None) -> dict[str, Any]:
        """Give contact and consent of a post: {"contact": the fields the vertical wants at post, "consent": as in the ping}."""
        place = self._place(index)
        person = self.person(index)
        known = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "phone": person.phone,
            "email": person.email,
            "street": person.street,
            "city": place.city,
            "birth_date": person.birth_date,
            "company": person.company,
        }
        contact = {name: known[name] for name in self._wanted_by_post if name in known}
        return {"contact": contact, "consent": self._consent(index, ((at or self.at(index)) - _EPOCH) // _MS)}

    def person(self, index: int) -> Person:
        """Give the made-up person behind a lead; a duplicate has the person of an earlier lead."""
        origin = self._traits.origin[index]
        place = self._place(origin)
        if (state := self._traits.phone_state[origin]) != self._state[origin]:
            place = _PLACES[state][1][0]
        return person_of(self._first_person + origin, place.area_code)

    def repeats(self, days: float) -> NDArray[np.bool_]:
        """Say of each lead whether an earlier one, at most so many days before it, brought its person."""
        last: dict[int, float] = {}
        found = []
        for origin, at in zip(self._traits.origin, self._at, strict=True):
            found.append(at - last.get(origin, -inf) <= days * DAY)
            last[origin] = at
        return np.array(found, dtype=np.bool_)

    def _hints(self, index: int, person: Person) -> dict[str, str]:
        traits = self._traits
        domains = _DOMAINS[traits.domain[index]]
        return {
            "area_code": person.phone[2:5],
            "phone_type": PHONE_TYPES[traits.phone_type[index]],
            "email_domain": domains[index % len(domains)],
            "ip_state": _PLACES[traits.ip_state[index]][0],
        }

    def _place(self, index: int) -> Place:
        places: tuple[Place, ...] = _PLACES[self._state[index]][1]
        return places[self._traits.place[index] % len(places)]

    def _lead(self, index: int) -> dict[str, Any]:
        lead: dict[str, Any] = {}
        for name, kind in self._named.items():
            column = self.draw.columns[name]
            if kind == "zip":
                lead[name] = self._place(index).zip
            elif kind == "state":
                lead[name] = _PLACES[self._state[index]][0]
            elif column and (value := column[index]) is not None:
                lead[name] = value
        return lead

    def _behaviour(self, index: int, at_ms: int, unsaid: Sequence[str]) -> dict[str, Any]:
        traits = self._traits
        device = _DEVICES[traits.device[index]]
        vertical = self.draw.world.spec.vertical.replace(".", "-")
        behaviour: dict[str, Any] = {
            "landing_page_url": f"https://offers.example.com/{vertical}" + ("?utm_medium=cpc" if traits.paid[index] else ""),
            "device": device,
            "user_agent": _AGENTS[device],
            "ip": f"203.0.113.{1 + traits.origin[index] % 254}",
            "pages_viewed": traits.pages[index],
            "time_on_site_seconds": traits.seconds[index],
            "session_count": traits.sessions[index],
            "form_seconds": traits.form_seconds[index],
        }
        if "events" not in unsaid:
            events = traits.events.of(index)
            behaviour["events"] = [{"action": _ACTIONS[action], "at": _stamp(at_ms, before)} for action, before in events]
        if (referrer := _REFERRERS[traits.referrer[index]]) is not None:
            behaviour["referrer"] = referrer
        if comment := self._comment(*traits.words[index]):
            behaviour["comments"] = comment + self._problem(index)
        for part in unsaid:
            for entry in _UNSAID[part]:
                behaviour.pop(entry, None)
        return behaviour

    def _comment(self, mood: int, phrase: int, ending: int) -> str:
        if mood == 0:
            return ""
        opening = _PLAIN[phrase % len(_PLAIN)]
        if mood == 1:
            return opening + _ENDINGS[ending]
        words: Sequence[str] = self._urgent if mood == 2 else CALM_WORDS
        return f"{words[phrase % len(words)].capitalize()}. {opening}{_ENDINGS[ending]}"

    def _problem(self, index: int) -> str:
        if not self._problems or not self._traits.tells[index]:
            return ""
        words = self._problems[self.draw.problem[index]]
        return f" It is about: {words[index % len(words)]}."

    def _consent(self, index: int, at_ms: int) -> dict[str, Any]:
        traits = self._traits
        consent: dict[str, Any] = {
            "method": _METHODS[traits.method[index]],
            "text_id": "standard-1",
            "captured_at": _stamp(at_ms, traits.consent_ms[index]),
        }
        if traits.certificate[index]:
            consent["certificate_url"] = f"https://cert.example.com/{self.draw.seed}-{index}"
        return consent


def _stamp(at_ms: int, before_ms: int) -> str:
    """Write a moment; four stamps a lead make a third of its cost, so nothing is asked of `datetime` but one text a day."""
    minute, ms = divmod(at_ms - before_ms, 60_000)
    day, minute = divmod(minute, 1_440)
    return f"{_day(day)}{_CLOCK[minute]}{ms // 1_000:02}.{ms % 1_000:03}Z"


@cache
def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _traits(draw: Draw, rng: np.random.Generator) -> _Traits:
    count, intent, bot = len(draw), draw.intent, draw.kind == BOT
    pages = np.where(bot, 1, 1 + rng.poisson(np.exp(0.9 + 0.4 * np.clip(intent, -3, 3))))
    seconds = np.where(bot, rng.uniform(1, 6, count), pages * rng.lognormal(3.3 + 0.15 * intent, 0.6))
    mood = _moods(rng, intent, bot)
    recycled = draw.kind == RECYCLED
    minutes = np.where(recycled, rng.uniform(1_440, 20 * 1_440, count), rng.lognormal(0.5, 0.7, count))
    certificate = rng.random(count) < np.where(draw.kind == CLEAN, 0.65, 0.4)
    return _Traits(
        pages=pages.tolist(),
        seconds=np.maximum(1, np.round(seconds)).astype(np.int64).tolist(),
        sessions=np.where(bot, 1, 1 + rng.poisson(np.exp(-0.6 + 0.35 * np.clip(intent, -3, 3)))).tolist(),
        device=rng.choice(3, size=count, p=(0.33, 0.6, 0.07)).tolist(),
        referrer=rng.choice(len(_REFERRERS), size=count, p=(0.25, 0.4, 0.25, 0.1)).tolist(),
        paid=(rng.random(count) < 0.4).tolist(),
        events=_events(rng, intent, bot),
        touches=_touches(rng, draw, bot),
        words=list(
            zip(mood.tolist(), rng.integers(0, 997, count).tolist(), rng.integers(0, len(_ENDINGS), count).tolist(), strict=True)
        ),
        consent_ms=_milliseconds(minutes),
        certificate=certificate.tolist(),
        method=rng.choice(len(_METHODS), size=count, p=(0.6, 0.3, 0.1)).tolist(),
        place=rng.integers(0, 60, count).tolist(),
        origin=_origins(rng, draw),
        **_contacts(rng, draw, bot),
        tells=(rng.random(count) < 0.6).tolist(),
        unsaid=((rng.random((count, len(_UNSAID))) < _UNSAID_SHARE) | (rng.random((count, 1)) < _BARE_SHARE)).tolist(),
    )


def _moods(rng: np.random.Generator, intent: NDArray[np.float64], bot: NDArray[np.bool_]) -> Ints:
    """0 says nothing, 1 is plain, 2 urgent, 3 without hurry: the more intent, the more urgent."""
    urgent = 1 / (1 + np.exp(-(1.1 * intent - 0.6)))
    calm = (1 - urgent) / (1 + np.exp(1.0 + 0.8 * intent))
    throw = rng.random(len(intent))
    mood = np.where(throw < 0.6 * urgent, 2, np.where(throw < 0.6 * urgent + 0.6 * calm, 3, np.where(throw < 0.75, 1, 0)))
    return np.where(bot, 1, mood)


def _events(rng: np.random.Generator, intent: NDArray[np.float64], bot: NDArray[np.bool_]) -> _Steps:
    sizes = np.where(bot, 0, np.minimum(6, rng.poisson(np.exp(0.3 + 0.3 * np.clip(intent, -3, 3)))))
    owner = np.repeat(np.arange(len(intent)), sizes)
    keen = rng.random(len(owner)) < 1 / (1 + np.exp(-(0.8 * intent[owner] - 0.7)))
    # Keen visitors look at prices, quotes and contacts, the others at pages and films.
    action = np.where(keen, _KEEN[rng.integers(0, len(_KEEN), len(owner))], _IDLE[rng.integers(0, len(_IDLE), len(owner))])
    # Somebody who means it goes step by step; the others turn round.
    step_by_step = (rng.random(len(intent)) < 1 / (1 + np.exp(-(1.2 * intent - 0.5))))[owner]
    action = action[np.lexsort((np.where(step_by_step, _DEPTH[action], rng.random(len(owner))), owner))]
    earlier = np.where(rng.random(len(owner)) < 0.25, 1_440 * np.exp(-0.3 * np.clip(intent[owner], -3, 3)), 1.0)
    return _Steps(sizes, action, rng.lognormal(1.2, 0.9, len(owner)) * earlier)


def _touches(rng: np.random.Generator, draw: Draw, bot: NDArray[np.bool_]) -> _Steps:
    sizes = np.where(bot, 1, 1 + np.minimum(4, rng.poisson(np.exp(0.1 + 0.2 * np.clip(draw.intent, -3, 3)))))
    owner = np.repeat(np.arange(len(draw)), sizes)
    channel = rng.integers(0, len(CHANNELS) - 1, len(owner))
    channel[np.cumsum(sizes) - 1] = draw.last_channel
    return _Steps(sizes, channel, rng.lognormal(7.0, 1.3, len(owner)))


def _milliseconds(minutes: NDArray[np.float64]) -> list[int]:
    before: list[int] = np.rint(np.round(minutes, 3) * 60_000).astype(np.int64).tolist()
    return before


def _contacts(rng: np.random.Generator, draw: Draw, bot: NDArray[np.bool_]) -> dict[str, list[int]]:
    """Draw how to reach a contact: bots and recycled leads have telephones on the net, far away, and mail boxes of a day."""
    count, recycled, intent = len(draw), draw.kind == RECYCLED, np.clip(draw.intent, -3, 3)
    voip = np.where(bot, 0.6, np.where(recycled, 0.3, 0.16 / (1 + np.exp(0.8 * intent))))
    throw = rng.random(count)
    phone_type = np.where(throw < voip, 2, np.where(throw < voip + (1 - voip) * 0.2, 1, 0))
    disposable = np.where(bot, 0.35, 1 / (1 + np.exp(3.2 + 1.1 * intent)))
    throw = rng.random(count)
    domain = np.where(throw < disposable, 1, np.where(throw < disposable + (1 - disposable) * 0.8, 0, 2))
    away = np.where(bot | recycled, 0.6, 0.12)
    form_seconds = np.where(bot, rng.integers(1, 5, count), np.round(rng.lognormal(3.8 + 0.1 * intent, 0.5)))
    elsewhere = rng.integers(0, len(STATES), (2, count))
    return {
        "phone_type": phone_type.tolist(),
        "domain": domain.tolist(),
        "phone_state": np.where(rng.random(count) < away, elsewhere[0], draw.state).tolist(),
        "ip_state": np.where(rng.random(count) < away, elsewhere[1], draw.state).tolist(),
        "form_seconds": form_seconds.astype(np.int64).tolist(),
    }


def _origins(rng: np.random.Generator, draw: Draw) -> list[int]:
    """Give for each lead the place of the lead that first brought its person: its own, or one of the 500 before a duplicate."""
    backs = rng.integers(1, 500, len(draw)).tolist()
    origins: list[int] = []
    for place, duplicate in enumerate((draw.kind == DUPLICATE).tolist()):
        origins.append(origins[max(0, place - backs[place])] if duplicate and place else place)
    return origins

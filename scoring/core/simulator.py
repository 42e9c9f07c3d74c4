"""A market whose truth is known: publishers, leads and the exact chance of each, for priors, demo traffic and tests.

docs/algorithms/simulator.md gives the formulas. A `World` is the truth of one vertical (what pays, who sends what); a `Draw` is a
sample of leads from it. Both are functions of their seeds. Raise SIMULATOR_VERSION with every change of the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from scoring.core.families.visit import CHANNELS
from scoring.core.places import STATES
from scoring.core.simulator_fields import Column, FieldTruth, draw_field, field_truth
from scoring.core.specs import FeatureSpec

SIMULATOR_VERSION = 3
BASE_RATES: Mapping[str, float] = {"insurance": 0.06, "legal": 0.045, "mortgage": 0.033, "home": 0.097, "education": 0.08}
CONTACT_HALF_LIVES: Mapping[str, float] = {"insurance": 15.0, "legal": 25.0, "mortgage": 20.0, "home": 12.0, "education": 18.0}
CLEAN, BOT, DUPLICATE, RECYCLED = range(4)
KIND_PENALTIES = np.array([0.0, -4.0, -1.0, -0.8])
REFERENCE_COUNT = 20_000
LOGIT_SPREADS: Mapping[str, float] = {"insurance": 1.25, "legal": 1.2, "mortgage": 1.1, "home": 1.35, "education": 1.35}
"""Standard deviation of the close logit over clean leads; with the contact chance it gives an oracle AUC of .78 to .80."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Publisher:
    """One sender of leads: latent quality (standard deviations of intent), shares of bad leads, share of volume, channel mix."""

    quality: float
    bot_share: float
    duplicate_share: float
    recycled_share: float
    volume: float
    channels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class World:
    """The truth of one vertical: `center`, `scale` and `intercept` make the mean chance the base rate."""

    spec: FeatureSpec
    seed: int
    base_rate: float
    half_life_minutes: float
    publishers: tuple[Publisher, ...]
    channel_effects: tuple[float, ...]
    state_effects: tuple[float, ...]
    season_peak_day: float
    fields: Mapping[str, FieldTruth]
    problem_effects: tuple[float, ...] = ()
    center: float = 0.0
    scale: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class Draw:
    """Leads of a world in order of arrival; every array has one entry a lead.

    `p_true` is the chance of the outcome within the horizon given everything the world knows, `outcome` one throw of it,
    `label_days` the days until a win is reported, `problem` the place of the vertical's kind of problem, -1 for
    none. Build pings and posts of them with `scoring.core.simulator_leads`.
    """

    world: World
    seed: int
    at: Floats
    publisher: Ints
    kind: Ints
    intent: Floats
    state: Ints
    last_channel: Ints
    columns: Mapping[str, Column]
    p_true: Floats
    outcome: NDArray[np.bool_]
    contact_minutes: Floats
    label_days: Floats
    problem: Ints

    def __len__(self) -> int:
        return len(self.at)


def make_world(spec: FeatureSpec, *, seed: int = 1, publishers: int = 12) -> World:
    """Make the truth of a vertical; the same seed and spec give the same world."""
    rng = np.random.default_rng([seed, crc32(spec.vertical.encode())])
    family = _family(spec)
    world = World(
        spec=spec,
        seed=seed,
        base_rate=BASE_RATES.get(family, 0.06),
        half_life_minutes=CONTACT_HALF_LIVES.get(family, 18.0),
        publishers=_publishers(rng, publishers),
        channel_effects=tuple(rng.normal(0, 0.3, len(CHANNELS)).tolist()),
        state_effects=tuple(rng.normal(0, 0.12, len(STATES)).tolist()),
        season_peak_day=float(rng.uniform(0, 365)),
        fields={field.name: field_truth(spec, field, seed) for field in spec.fields if field.stage == "ping"},
        problem_effects=tuple(rng.normal(0, 0.3, len(spec.problem_words)).tolist()),
    )
    return _calibrated(world)


def draw(world: World, *, count: int, seed: int, starts_at: datetime, days: float = 90.0, shock: float = 0.0) -> Draw:
    """Draw `count` leads that arrive over `days` from `starts_at` (aware); `shock` moves the logit of the second half."""
    rng = np.random.default_rng([world.seed, seed, crc32(world.spec.vertical.encode())])
    latent = _latent(world, rng, count, starts_at, days)
    logit = world.intercept + world.scale * (latent.raw - world.center) + KIND_PENALTIES[latent.kind]
    logit = logit + shock * (latent.at > starts_at.timestamp() + days * 43_200)
    contact_minutes = rng.lognormal(np.log(8.0), 1.3, count)
    p_true = _sigmoid(logit) * contact_chance(contact_minutes, world.half_life_minutes)
    return Draw(
        world=world,
        seed=seed,
        at=latent.at,
        publisher=latent.publisher,
        kind=latent.kind,
        intent=latent.intent,
        state=latent.state,
        last_channel=latent.last_channel,
        columns=latent.columns,
        p_true=p_true,
        outcome=rng.random(count) < p_true,
        contact_minutes=contact_minutes,
        # 30 % of wins are reported by day 7, 65 % by day 30, 93 % by day 180.
        label_days=rng.lognormal(2.785, 1.6, count),
        problem=latent.problem,
    )


def contact_chance(minutes: Floats, half_life_minutes: float) -> Floats:
    """Give the chance to reach a lead by delay: .71 at 1 minute, .59 at 5, .37 at 30, .18 next day (half-life 18 minutes)."""
    known = np.log([0.1, 1.0, 5.0, 30.0, 1440.0])
    return np.interp(np.log(minutes * 18.0 / half_life_minutes), known, [0.78, 0.71, 0.59, 0.37, 0.18])


@dataclass(frozen=True, slots=True)
class _Latent:
    at: Floats
    publisher: Ints
    kind: Ints
    intent: Floats
    state: Ints
    last_channel: Ints
    columns: Mapping[str, Column]
    problem: Ints
    raw: Floats


def _latent(world: World, rng: np.random.Generator, count: int, starts_at: datetime, days: float) -> _Latent:
    volumes = np.array([publisher.volume for publisher in world.publishers])
    publisher = rng.choice(len(volumes), size=count, p=volumes / volumes.sum())
    quality = np.array([p.quality for p in world.publishers])[publisher]
    kind = _kinds(world, rng, publisher)
    intent = np.where(kind == BOT, -2.5, rng.normal(quality, 1.0))
    at, local_hours, state = _arrivals(rng, count, starts_at, days)
    last_channel = _channels(world, rng, publisher)
    columns, effect = {}, np.zeros(count)
    for name, truth in world.fields.items():
        columns[name], part = draw_field(truth, rng, count)
        effect += part
    raw = 1.1 * intent + effect + np.array(world.channel_effects)[last_channel] + np.array(world.state_effects)[state]
    raw += 0.15 * np.cos((local_hours - 11.0) * np.pi / 12) + _season(world, at)
    problem = rng.integers(0, len(world.problem_effects), count) if world.problem_effects else np.full(count, -1)
    raw += np.array((*world.problem_effects, 0.0))[problem]
    return _Latent(at, publisher, kind, intent, state, last_channel, columns, problem, raw)


def _calibrated(world: World) -> World:
    # The reference sample belongs to the world, so that small draws (a minute of demo traffic) see the same truth as large ones.
    start = datetime.fromisoformat("2025-01-06T00:00:00+00:00")
    rng = np.random.default_rng([world.seed, 0, crc32(world.spec.vertical.encode())])
    latent = _latent(world, rng, REFERENCE_COUNT, start, 364.0)
    clean = latent.raw[latent.kind != BOT]
    center, scale = float(clean.mean()), float(LOGIT_SPREADS.get(_family(world.spec), 1.25) / clean.std())
    shifted = scale * (latent.raw - center) + KIND_PENALTIES[latent.kind]
    contact = contact_chance(rng.lognormal(np.log(8.0), 1.3, REFERENCE_COUNT), world.half_life_minutes)
    low, high = -12.0, 6.0
    for _ in range(50):
        middle = (low + high) / 2
        if float((_sigmoid(shifted + middle) * contact).mean()) < world.base_rate:
            low = middle
        else:
            high = middle
    return World(
        **{name: getattr(world, name) for name in World.__slots__ if name not in {"center", "scale", "intercept"}},
        center=center,
        scale=scale,
        intercept=(low + high) / 2,
    )


def _family(spec: FeatureSpec) -> str:
    return spec.vertical.split(".")[0]


def _publishers(rng: np.random.Generator, count: int) -> tuple[Publisher, ...]:
    return tuple(
        Publisher(
            quality=float(rng.normal(0, 0.4)),
            bot_share=float(rng.beta(1.2, 30)),
            duplicate_share=float(rng.beta(1.5, 40)),
            recycled_share=float(rng.beta(1.5, 28)),
            volume=1.0 / (place + 2.0),
            channels=tuple(rng.dirichlet(np.full(len(CHANNELS), 0.4)).tolist()),
        )
        for place in range(count)
    )


def _kinds(world: World, rng: np.random.Generator, publisher: Ints) -> Ints:
    shares = np.array([(p.bot_share, p.duplicate_share, p.recycled_share) for p in world.publishers])
    borders = shares.cumsum(axis=1)[publisher]
    throw = rng.random(len(publisher))[:, None]
    place = (throw >= borders).sum(axis=1)  # 0, 1, 2 are bad in the order of the shares, 3 is clean
    kinds: Ints = np.array([BOT, DUPLICATE, RECYCLED, CLEAN])[place]
    return kinds


def _channels(world: World, rng: np.random.Generator, publisher: Ints) -> Ints:
    borders = np.array([p.channels for p in world.publishers]).cumsum(axis=1)[publisher]
    place: Ints = (rng.random(len(publisher))[:, None] >= borders).sum(axis=1)
    return np.minimum(place, len(CHANNELS) - 1)


def _arrivals(rng: np.random.Generator, count: int, starts_at: datetime, days: float) -> tuple[Floats, Floats, Ints]:
    """Give Unix seconds in order, the local hour of each and its state: people write by day, and the window's edges are kept."""
    weights = np.array([state.weight for state in STATES.values()])
    state = rng.choice(len(weights), size=count, p=weights / weights.sum())
    offsets = np.array([_offset_hours(facts.zone, starts_at) for facts in STATES.values()]) * 3600
    start, end = starts_at.timestamp(), starts_at.timestamp() + days * 86_400
    moments = rng.uniform(start, end, count)
    if days >= 2:
        midnights = np.floor((moments + offsets[state]) / 86_400) * 86_400 - offsets[state]
        moments = np.clip(midnights + np.clip(rng.normal(14.5, 4.6, count), 0.0, 23.99) * 3600, start, end)
    order = np.argsort(moments, kind="stable")
    at, state = np.round(moments[order], 3), state[order]
    return at, ((at + offsets[state]) / 3600) % 24, state


def _offset_hours(zone: str, at: datetime) -> float:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return offset.total_seconds() / 3600


def _season(world: World, at: Floats) -> Floats:
    return 0.15 * np.cos((at / 86_400 - world.season_peak_day) * 2 * np.pi / 365.25)


def _sigmoid(values: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-values))

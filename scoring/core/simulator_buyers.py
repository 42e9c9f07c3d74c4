"""Who buys simulated leads, and what follows: when they call, what they win, what they return; and who sends leads at what price.

Everything here is drawn by generators of its own, so that leads, pings and the priors trained on them stay as they are.
docs/algorithms/simulator.md gives the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scoring.core.places import STATES
from scoring.core.simulator import BOT, CLEAN, DUPLICATE, RECYCLED, Draw, World, contact_chance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KEPT, UNREACHABLE, REPEATED, STALE, UNWANTED = range(5)
RETURN_CHANCE = {BOT: 0.6, DUPLICATE: 0.5, RECYCLED: 0.2, CLEAN: 0.0}
"""How often a buyer of usual care returns a lead of a kind for what is wrong with it."""
RETURN_NOISE = 0.02
"""How often it returns a lead nothing is wrong with."""
_REASON = {BOT: UNREACHABLE, DUPLICATE: REPEATED, RECYCLED: STALE, CLEAN: KEPT}
GIVEN, MISSING, SCOPE, EXPIRED = range(4)
CONSENT_SHARES = {
    CLEAN: (0.95, 0.02, 0.02, 0.01),
    DUPLICATE: (0.85, 0.03, 0.10, 0.02),
    RECYCLED: (0.60, 0.05, 0.05, 0.30),
    BOT: (0.50, 0.40, 0.10, 0.00),
}
"""Of each kind of lead: consent given, no proof of it, given to other sellers, ended before the lead was offered."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """One advertiser: `value` of a conversion (1 on average), median `call_minutes`, `states` it wants (1 on average), `care`.

    `care` multiplies the chance of every return.
    """

    value: float
    call_minutes: float
    states: tuple[float, ...]
    care: float


@dataclass(frozen=True, slots=True)
class Bought:
    """What became of leads at the buyers they went to: one entry a lead. `p_true` is the chance of `won` given its delay.

    `returned` says why a lead came back, KEPT if it did not. A lead that was won is never returned.
    """

    call_minutes: Floats
    p_true: Floats
    won: Bools
    returned: Ints


def make_buyers(world: World, count: int = 6) -> tuple[Buyer, ...]:
    """Make the buyers of a world; the same world has the same ones."""
    rng = _generator(world, 11)
    return tuple(
        Buyer(
            value=float(rng.lognormal(-(0.3**2) / 2, 0.3)),
            call_minutes=float(rng.lognormal(np.log(8.0), 0.8)),
            states=tuple(_with_mean_of_1(rng.gamma(2.0, 1.0, len(STATES))).tolist()),
            care=float(rng.lognormal(-(0.5**2) / 2, 0.5)),
        )
        for _ in range(count)
    )


def appetite(draw: Draw, buyers: Sequence[Buyer]) -> Floats:
    """Give what each lead is worth to each buyer before anything is known of it but its state: (leads, buyers), about 1."""
    return np.array([[buyer.value * buyer.states[state] ** 0.5 for buyer in buyers] for state in draw.state.tolist()])


def chances(draw: Draw, buyers: Sequence[Buyer]) -> tuple[Floats, Floats]:
    """Give the true chance of a win, (leads, buyers), and the minutes until each buyer would call: fast ones win more."""
    rng = _generator(draw.world, 12, draw.seed)
    medians = np.array([buyer.call_minutes for buyer in buyers])
    minutes = medians * rng.lognormal(0.0, 1.3, (len(draw), len(buyers)))
    half_life = draw.world.half_life_minutes
    close = draw.p_true / contact_chance(draw.contact_minutes, half_life)
    return close[:, None] * contact_chance(minutes, half_life), minutes


def buy(draw: Draw, buyers: Sequence[Buyer], buyer: Ints) -> Bought:
    """Let each lead be worked on by the buyer at the place that `buyer` names."""
    rng = _generator(draw.world, 13, draw.seed)
    leads = np.arange(len(draw))
    by_buyer, minutes = chances(draw, buyers)
    p_true = by_buyer[leads, buyer]
    won = rng.random(len(draw)) < p_true
    wrong, noise = (rng.random(len(draw)) < chance[leads, buyer] for chance in _return_chances(draw, buyers))
    reason = np.array([_REASON[kind] for kind in range(len(_REASON))])[draw.kind]
    returned = np.where(won, KEPT, np.where(wrong, reason, np.where(noise, UNWANTED, KEPT)))
    return Bought(minutes[leads, buyer], p_true, won, returned)


def return_chances(draw: Draw, buyers: Sequence[Buyer]) -> Floats:
    """Give how often each buyer returns each lead that it does not win, (leads, buyers)."""
    wrong, noise = _return_chances(draw, buyers)
    return 1 - (1 - wrong) * (1 - noise)


def _return_chances(draw: Draw, buyers: Sequence[Buyer]) -> tuple[Floats, Floats]:
    """Give the chances of a return for what is wrong with a lead, and for nothing."""
    care = np.array([buyer.care for buyer in buyers])
    by_kind = np.array([RETURN_CHANCE[kind] for kind in range(len(RETURN_CHANCE))])[draw.kind]
    return np.minimum(0.95, by_kind[:, None] * care), np.minimum(0.95, np.full((len(draw), 1), RETURN_NOISE) * care)


def elasticities(world: World) -> Floats:
    """Give for each publisher by which power of the price its volume grows: about .8, a few hardly, a few twice as much."""
    return _generator(world, 14).lognormal(np.log(0.8), 0.4, len(world.publishers))


def volumes(world: World, paid: Floats) -> Floats:
    """Give the volume of each publisher, as parts of what it sends at the usual price, at `paid` times that price."""
    return np.asarray(np.maximum(paid, 0.0) ** elasticities(world))


def consent_states(draw: Draw) -> Ints:
    """Give the state of the consent of each lead: GIVEN, MISSING, SCOPE (to other sellers) or EXPIRED."""
    borders = np.array([CONSENT_SHARES[kind] for kind in range(len(CONSENT_SHARES))]).cumsum(axis=1)[draw.kind]
    throw = _generator(draw.world, 15, draw.seed).random(len(draw))[:, None]
    return np.asarray(np.minimum((throw >= borders).sum(axis=1), EXPIRED))


def _with_mean_of_1(values: Floats) -> Floats:
    weights = np.array([state.weight for state in STATES.values()])
    return np.asarray(values / float((values * weights).sum() / weights.sum()))


def _generator(world: World, part: int, seed: int = 0) -> np.random.Generator:
    return np.random.default_rng([world.seed, seed, part, crc32(world.spec.vertical.encode())])

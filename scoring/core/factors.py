"""What moved one score: each column's contribution to the logit, gathered into a few factors, as odds.

Trees: LightGBM's own contributions (TreeSHAP, Lundberg et al. 2020) against the mean of the training rows; a logistic regression:
what a column adds, less what it added on average; of both, the mean. Contributions and their base add up to the raw logit. The
calibration bends that logit, so all contributions are stretched by the one number that makes them add up to the calibrated one:
odds of a typical lead x all factors x level = odds as served.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log1p

from scoring.core.calibration import EDGE, Beta
from scoring.core.columns import Feature
from scoring.core.linear import Linear
from scoring.core.parts import part_of, parts_of, sent_parts
from scoring.core.serving import FLOAT64, Artifact, extractor_for, open_booster
from scoring.core.wording import is_unsent, said, title_of, unsent

PREDICT_CONTRIB = 3
TOP = 5
BESIDE_MAX = 2
MADE = "interaction"
"""The family of products of other columns: they name a thing only where no other column does."""
FELT = 0.005
"""A smaller move of the logit is odds x 1.00 and no factor."""
TOGETHER: tuple[tuple[str, ...], ...] = (
    ("behaviour.pages_viewed", "velocity.pages_per_session", "interaction.intent_pages"),
    ("behaviour.time_on_site_seconds", "velocity.seconds_per_page"),
    ("behaviour.session_count", "interaction.deep_sessions", "sequence.visits_48h"),
    ("behaviour.referrer", "behaviour.paid_landing"),
    (
        "velocity.actions_per_day", "velocity.last_30_days", "velocity.last_7_days_share", "events.count", "events.actions",
        "events.span_minutes",
    ),
    ("time.recency_hours", "events.quiet_minutes"),
    ("intent.download", "velocity.downloads_per_week"),
    ("velocity.mail_opens", "velocity.mail_clicks"),
    ("intent.pricing", "sequence.prices_before_download"),
    ("intent.depth", "intent.share", "sequence.minutes_to_intent", "sequence.rising", "interaction.fresh_intent"),
    ("sequence.last", "sequence.second_last", "sequence.third_last"),
    ("text.characters", "text.words"),
    ("text.urgent", "text.calm", "interaction.urgent_detail"),
    ("time.hour", "time.weekday"),
    ("time.weekend_share", "time.peak_share"),
    ("market.year_sin", "market.year_cos", "market.month_sin", "market.month_cos"),
    ("market.rate", "market.rate_change"),
    ("touchpoints.count", "touchpoints.channels", "touchpoints.span_days"),
    ("touchpoints.first", "touchpoints.last", "touchpoints.pair", "touchpoints.paid_share"),
    ("contact.phone", "contact.phone_type", "contact.area_code_here"),
    ("contact.email", "contact.email_kind"),
    ("source.lift", "source.leads", "source.sub_lift"),
    ("source.repeats", "source.sub_repeats"),
)  # fmt: skip
"""Columns that tell one thing in several ways: trees deal its weight out among them by chance, so it is named once."""
_GROUP: Mapping[str, str] = {name: names[0] for names in TOGETHER for name in names}
_PLACE = {"lead.zip", "lead.state"}


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each column adds to a logit, in the order of the vector, on top of `base`, the logit of a typical lead."""

    base: float
    adds: tuple[float, ...]

    @property
    def logit(self) -> float:
        """Give the sum of everything."""
        return self.base + sum(self.adds)


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that moved a score: its strongest column, words, what belongs to it as words, and the odds ratio."""

    feature: str
    words: str
    beside: tuple[str, ...]
    odds: float


@dataclass(frozen=True, slots=True)
class Factors:
    """The strongest factors, strongest first, the odds ratio of all others together, and the chance of a typical lead."""

    typical: float
    strongest: tuple[Factor, ...]
    others: float


class Explainer:
    """A stored model that says what moved its answers. Some milliseconds to load, a tenth of one for a row."""

    def __init__(self, library: ctypes.CDLL, artifact: Artifact, version: str) -> None:
        """Prepare the model; raises Unservable as serving does."""
        self.features: tuple[Feature, ...] = extractor_for(artifact, version).features
        self.artifact = artifact
        self._members: list[Callable[[Sequence[float]], Contributions]] = []
        if artifact.booster:
            self._members.append(TreeContributions(library, artifact.booster, len(artifact.names)))
        if artifact.linear is not None:
            self._members.append(LinearContributions(artifact.linear))

    def raw(self, row: Sequence[float]) -> Contributions:
        """Say what each column adds to the raw logit of a vector, before the calibration."""
        found = [of(row) for of in self._members]
        columns = zip(*(one.adds for one in found), strict=True)
        return Contributions(sum(one.base for one in found) / len(found), tuple(sum(adds) / len(found) for adds in columns))

    def factors(self, row: Sequence[float], probability: float, *, told: Collection[str] | None = None) -> Factors:
        """Name what moved the answer `probability`, before the level, of a vector.

        Only of the parts that may be `told` it says what the ping said; None: of all.
        """
        served = stretched(self.raw(row), self.artifact.calibration, probability)
        found = gathered(self.features, row, served.adds, told=told)
        others = sum(served.adds) - sum(log(one.odds) for one in found)
        return Factors(chance(served.base), found, exp(others))


class TreeContributions:
    """LightGBM's contributions for one row at a time."""

    def __init__(self, library: ctypes.CDLL, text: str, columns: int) -> None:
        """Load the model's text; raises Unservable."""
        self.columns = columns
        self._check, self._booster = open_booster(self, library, text, columns)
        self._predict = library.LGBM_BoosterPredictForMatSingleRow

    def __call__(self, row: Sequence[float]) -> Contributions:
        """Give the contributions of one row; a row of another width raises ValueError."""
        values = array("d", row)
        address, width = values.buffer_info()
        if width != self.columns:
            raise ValueError(f"a row of {width} values for a model of {self.columns}")
        count, answers = ctypes.c_int64(), (ctypes.c_double * (width + 1))()
        self._check(
            self._predict(
                self._booster, ctypes.c_void_p(address), FLOAT64, width, 1, PREDICT_CONTRIB, 0, -1,
                b"num_threads=1 verbosity=-1", ctypes.byref(count), answers,
            )
        )  # fmt: skip
        *adds, base = answers
        return Contributions(base, tuple(adds))


@dataclass(frozen=True, slots=True)
class LinearContributions:
    """A logistic regression's contributions: what a column adds, less what it added on average in training."""

    linear: Linear

    def __call__(self, row: Sequence[float]) -> Contributions:
        """Give the contributions of one row."""
        means = self.linear.means or (0.0,) * len(row)
        adds = zip(self.linear.adds(row), means, strict=True)
        return Contributions(self.linear.intercept + sum(means), tuple(one - mean for one, mean in adds))


def stretched(raw: Contributions, calibration: Beta, probability: float) -> Contributions:
    """Carry contributions over to the calibrated logit, where they lead from a typical lead to `probability`."""
    base = logit_of(calibration(chance(raw.base)))
    moved = raw.logit - raw.base
    stretch = (logit_of(probability) - base) / moved if abs(moved) > EDGE else 1.0
    return Contributions(base, tuple(stretch * one for one in raw.adds))


def gathered(
    features: Sequence[Feature], row: Sequence[float], adds: Sequence[float], *, told: Collection[str] | None = None
) -> tuple[Factor, ...]:
    """Gather the columns that tell one thing, and give the strongest things; a part that was not sent is one thing."""
    sent = sent_parts(features, row)
    groups: dict[str, list[int]] = {}
    for place, (feature, value) in enumerate(zip(features, row, strict=True)):
        groups.setdefault(_thing(feature, value, sent), []).append(place)
    totals = {key: sum(adds[place] for place in places) for key, places in groups.items()}
    strongest = sorted(totals, key=lambda key: -abs(totals[key]))[:TOP]
    return tuple(
        _factor(key, totals[key], [(features[place], row[place], adds[place]) for place in groups[key]], sent, told)
        for key in strongest
        if abs(totals[key]) >= FELT
    )


def chance(logit: float) -> float:
    """Give the probability of a logit, strictly between 0 and 1."""
    return min(1.0 - EDGE, max(EDGE, 1.0 / (1.0 + exp(-max(-700.0, logit)))))


def logit_of(probability: float) -> float:
    """Give the log odds of a probability strictly between 0 and 1."""
    return log(probability) - log1p(-probability)


def _words(feature: Feature, value: float, sent: frozenset[str], told: Collection[str] | None) -> str:
    """Say a column as far as its reader may know it."""
    return said(feature, value, sent) if told is None or set(parts_of(feature)) <= set(told) else title_of(feature)


def _thing(feature: Feature, value: float, sent: frozenset[str]) -> str:
    if is_unsent(feature, value, sent):
        return f"no {part_of(feature)}"
    field = ".".join(feature.name.split(".")[:2])
    return "lead.zip" if field in _PLACE else _GROUP.get(feature.name, field)


def _factor(
    key: str, total: float, columns: list[tuple[Feature, float, float]], sent: frozenset[str], told: Collection[str] | None
) -> Factor:
    """Name a thing by the column that moved it most in the direction of the whole; a count of 0 or a product comes last."""
    columns.sort(key=lambda one: (one[2] * total <= 0, one[0].family == MADE, one[1] == 0, -one[2] * total))
    (feature, value, _), *rest = columns
    if key.startswith("no "):
        return Factor(feature.name, unsent(key.removeprefix("no ")), (), exp(total))
    words = [
        _words(one, shown, sent, told)
        for one, shown, add in [(feature, value, total), *rest]
        if add * total > 0 and abs(add) >= FELT and (one is feature or one.family != MADE)
    ]
    unique = list(dict.fromkeys(words))
    return Factor(feature.name, unique[0], tuple(unique[1 : 1 + BESIDE_MAX]), exp(total))

"""What an experiment may ask, and what it makes of one ping: which arm, and what that arm changes.

An arm only ever narrows what was promised: a smallest price on top of the publisher's floors, fewer buyers than the publisher
allows, another version of the model. The rules advertisers set themselves are theirs: an advertiser alone may try two of its own
bid rules on one of its campaigns, and its arms change nothing but its own bids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from accounts.core.errors import FieldError, invalid
from accounts.core.money import CENT, MoneyError, micros_from_text
from scoring.core.experiments import arm_of

if TYPE_CHECKING:
    from scoring.core.serving import Champion

BID_RULE = "bid_rule"
KINDS: Mapping[str, str] = {
    "model": "Model version", "floor": "Smallest price", "sharing": "Most buyers of a lead", BID_RULE: "Bid rule of a campaign",
}  # fmt: skip
UNITS: Mapping[str, str] = {"ping": "Each ping", "person": "Each person", "source": "Each source"}
METRICS: Mapping[str, str] = {
    "conversion": "Conversion rate", "sold": "Sold share", "revenue": "Revenue per unit", "payout": "Payout per unit",
    "margin": "Margin per unit", "spend": "Spend per unit",
}  # fmt: skip
RATES = frozenset({"conversion", "sold"})
# Of these less is better, so a guardrail says by how much they may rise.
COSTS = frozenset({"spend"})
ARMS_MAX, WEIGHT_MAX, SHARING_MAX, WINDOW_DAYS_MAX, WINDOW_DAYS = 6, 10_000, 10, 90, 14
SETTING_LENGTH_MAX = 80
BELONGS = "Bid rules belong to advertisers: the campaign's own advertiser makes this experiment, on its pages or with its key."
# What a person is known by: the first of these that a ping brings, so the same hash gives the same arm.
PERSON_KEYS = tuple(f"{kind}_{algorithm}" for kind in ("phone", "email") for algorithm in ("sha256", "sha1", "md5"))
_TEXTS: Mapping[str, int] = {"name": 80, "hypothesis": 500, "vertical": 60}
KEYS = frozenset({*_TEXTS, "kind", "unit", "metric", "arms", "guardrails", "window_days"})


@dataclass(frozen=True, slots=True)
class Side:
    """Who asks: the kinds of experiments that are its own to make, and the figures it may know."""

    kinds: tuple[str, ...]
    metrics: tuple[str, ...]


OPERATOR = Side(("model", "floor", "sharing"), ("conversion", "sold", "revenue", "payout", "margin"))
ADVERTISER = Side((BID_RULE,), ("conversion", "sold", "spend"))


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to treat a unit: how often it is drawn, and its setting.

    The setting is a version's name, an amount, a number of buyers, or the number of a campaign's revision.
    """

    name: str
    weight: int
    setting: str


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A figure that may fall (a cost: rise) by `harm_max` at most: a share, or an amount of the market's currency per unit."""

    metric: str
    harm_max: float


@dataclass(frozen=True, slots=True)
class Wish:
    """An experiment as somebody wants it, of sound form."""

    name: str
    hypothesis: str
    vertical: str
    kind: str
    unit: str
    metric: str
    arms: tuple[Arm, ...]
    guardrails: tuple[Guardrail, ...]
    window_days: int


class Ping(Protocol):
    """What a draw needs of a ping."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def source_id(self) -> UUID:
        """Its source."""

    @property
    def contact_keys(self) -> Mapping[str, str]:
        """Keyed hashes of the person by name, such as phone_sha256, where there are any."""


@dataclass(frozen=True, slots=True)
class Running:
    """An experiment as the ping path has it, immutable; `changes` says for each arm what it changes, by the names of `Drawn`."""

    experiment_id: UUID
    kind: str
    unit: str
    salt: str
    weights: Mapping[str, int]
    changes: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Exposed:
    """The arm a ping was served in one experiment, and the keyed hash of the unit it was drawn by."""

    experiment_id: UUID
    arm: str
    unit: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the running experiments change for one ping: "" and 0 change nothing; `price_min` in micros.

    `champion` is the loaded `version`: what was drawn is what scores, whatever is loaded meanwhile.
    """

    version: str = ""
    champion: Champion | None = None
    price_min: int = 0
    sales_max: int = 0
    exposed: tuple[Exposed, ...] = ()


NOTHING = Drawn()


def draw(running: Sequence[Running], ping: Ping, contact_keys: Mapping[str, str] | None = None) -> Drawn:
    """Draw the arm of a ping in each running experiment of its vertical; of a kind there is one at most.

    `contact_keys` are those of the full contact, where it is known already.
    """
    changes: dict[str, Any] = {}
    exposed = []
    for one in running:
        exposed.append(expose(one, ping, contact_keys))
        changes |= one.changes[exposed[-1].arm]
    return Drawn(**changes, exposed=tuple(exposed))


def expose(one: Running, ping: Ping, contact_keys: Mapping[str, str] | None = None) -> Exposed:
    """Draw the arm of a ping in one experiment."""
    unit = unit_of(one.unit, ping, contact_keys)
    key = hashlib.sha256(f"{one.salt}:{unit}".encode()).hexdigest()[:32]
    return Exposed(one.experiment_id, arm_of(unit, one.salt, one.weights), key)


def unit_of(unit: str, ping: Ping, contact_keys: Mapping[str, str] | None = None) -> str:
    """Give the text that is drawn by; a person without a known telephone or e-mail counts by the ping."""
    if unit == "source":
        return str(ping.source_id)
    keys = (contact_keys or ping.contact_keys) if unit == "person" else {}
    return next((keys[name] for name in PERSON_KEYS if keys.get(name)), str(ping.id))


def change_of(kind: str, setting: str) -> Mapping[str, Any]:
    """Give what an arm changes, by the names of `Drawn`; of a campaign's bid rule the `revision` it stands in."""
    if kind == "model":
        return {"version": setting}
    if kind == BID_RULE:
        return {"revision": int(setting)}
    return {"price_min": micros_from_text(setting)} if kind == "floor" else {"sales_max": int(setting)}


@dataclass(slots=True)
class _Reader:
    """Reads a wish and gathers everything that is wrong with it."""

    data: Mapping[str, Any]
    side: Side
    errors: list[FieldError] = field(default_factory=list)

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        """Note a fault."""
        self.errors.append(FieldError(pointer, code, detail))

    def text(self, name: str) -> str:
        """Read a text that must be there."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, str):
            self.wrong(f"/{name}", "wrong_type", "Must be text.")
            return ""
        if not value or not value.strip():
            self.wrong(f"/{name}", "required", f"{name.capitalize()} is required.")
            return ""
        if len(value.strip()) > _TEXTS[name]:
            self.wrong(f"/{name}", "too_long", f"At most {_TEXTS[name]} characters.")
        return value.strip()

    def choice(self, name: str, choices: Collection[str]) -> str:
        """Read one of a closed list."""
        value = self.data.get(name)
        if not isinstance(value, str) or value not in choices:
            whose = BELONGS if value == BID_RULE else f"Must be one of {', '.join(choices)}."
            self.wrong(f"/{name}", "not_a_choice", whose)
            return ""
        return value

    def whole(self, value: Any, pointer: str, low: int, high: int) -> int:
        """Read a whole number in a range."""
        if type(value) is not int or not low <= value <= high:
            self.wrong(pointer, "out_of_range", f"Must be a whole number from {low} to {high}.")
            return low
        return value

    def arms(self, kind: str) -> tuple[Arm, ...]:
        """Read two arms or more, with names and settings that differ."""
        rows = self.data.get("arms")
        if not isinstance(rows, list) or not 2 <= len(rows) <= ARMS_MAX:
            self.wrong("/arms", "out_of_range", f"Give 2 to {ARMS_MAX} arms; the first is the control.")
            return ()
        arms = tuple(self._arm(row, f"/arms/{place}", kind) for place, row in enumerate(rows))
        meanings = {"name": {arm.name for arm in arms}, "setting": {_meaning(kind, arm.setting) for arm in arms}}
        for what, different in meanings.items():
            if len(different) < len(arms):
                self.wrong("/arms", "repeated", f"Each arm needs a {what} of its own.")
        return arms

    def _arm(self, row: Any, pointer: str, kind: str) -> Arm:
        if not isinstance(row, Mapping) or set(row) - {"name", "weight", "setting"}:
            self.wrong(pointer, "wrong_type", "An arm has name, weight and setting.")
            return Arm(pointer, 1, pointer)
        name, setting = str(row.get("name") or "").strip(), str(row.get("setting") or "").strip()
        if not 1 <= len(name) <= 40:
            self.wrong(f"{pointer}/name", "required", "Name the arm in 1 to 40 characters.")
        if fault := _fault_of(kind, setting):
            self.wrong(f"{pointer}/setting", "invalid", fault)
        return Arm(name, self.whole(row.get("weight"), f"{pointer}/weight", 1, WEIGHT_MAX), setting)

    def guardrails(self) -> tuple[Guardrail, ...]:
        """Read the figures that must not fall, each once."""
        rows = self.data.get("guardrails", [])
        metrics = self.side.metrics
        if not isinstance(rows, list) or len(rows) > len(metrics):
            self.wrong("/guardrails", "wrong_type", f"Must be a list of at most {len(metrics)} guardrails.")
            return ()
        found = {}
        for place, row in enumerate(rows):
            metric, harm = (row.get("metric"), row.get("harm_max")) if isinstance(row, Mapping) else (None, None)
            if not isinstance(metric, str) or metric not in metrics or metric in found:
                self.wrong(f"/guardrails/{place}/metric", "not_a_choice", f"One of {', '.join(metrics)}, each once.")
            elif isinstance(harm, bool) or not isinstance(harm, int | float) or not 0 <= harm <= 1_000_000:
                self.wrong(f"/guardrails/{place}/harm_max", "out_of_range", "A number of 0 or more: how far it may move.")
            elif metric in RATES and harm >= 1:
                self.wrong(
                    f"/guardrails/{place}/harm_max", "out_of_range", "A share below 1; 0.02 lets it move by two points of 100."
                )
            else:
                found[str(metric)] = Guardrail(str(metric), float(harm))
        return tuple(found.values())


def read_wish(data: Mapping[str, Any], side: Side = OPERATOR) -> Wish:
    """Read what an experiment shall be; raises Problem(invalid_request) with everything that is wrong with it."""
    reader = _Reader(data, side)
    for name in sorted(set(data) - KEYS):
        reader.wrong(f"/{name}", "unknown_field", "No such field; leave it out.")
    texts = {name: reader.text(name) for name in _TEXTS}
    closed: Mapping[str, Collection[str]] = {"kind": side.kinds, "unit": UNITS, "metric": side.metrics}
    choices = {name: reader.choice(name, known) for name, known in closed.items()}
    window = reader.whole(data.get("window_days", WINDOW_DAYS), "/window_days", 1, WINDOW_DAYS_MAX)
    wish = Wish(**texts, **choices, arms=reader.arms(choices["kind"]), guardrails=reader.guardrails(), window_days=window)
    if reader.errors:
        raise invalid(reader.errors)
    return wish


def _meaning(kind: str, setting: str) -> str:
    """Give what a setting comes to, as text: 0 and 0.00 are the same; a faulty one is only itself."""
    sound = kind in KINDS and not _fault_of(kind, setting)
    return repr(change_of(kind, setting)) if sound else setting


def _fault_of(kind: str, setting: str) -> str:
    if len(setting) > SETTING_LENGTH_MAX:
        return f"At most {SETTING_LENGTH_MAX} characters."
    if kind == "floor":
        try:
            price = micros_from_text(setting)
        except MoneyError:
            price = -1
        return "" if price >= 0 and price % CENT == 0 else "Give an amount of 0 or more such as 12.50."
    if kind == "sharing":
        sound = setting.isascii() and setting.isdecimal() and 1 <= int(setting) <= SHARING_MAX
        return "" if sound else f"Give a number of buyers from 1 to {SHARING_MAX}."
    if kind == BID_RULE:
        sound = setting.isascii() and setting.isdecimal() and int(setting) >= 1
        return "" if sound else "Give the number of a published revision of the campaign."
    return "" if setting else "Name a version of the vertical's model."

"""The people of the demo market: simulated leads of each stream, one after the other, as the public API wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaigns.verticals import load_verticals
from demo.cast import Stream
from scoring.core.features import spec_of
from scoring.core.simulator import Publisher, World, draw, make_world
from scoring.core.simulator_leads import Leads

BATCH = 400
CHANNELS_OF = 3  # the simulator's fourth publisher has an even mix of channels


@dataclass(frozen=True, slots=True)
class Visitor:
    """One lead about to be offered, and what the simulator knows of it: its outcome, and when a buyer would reach and win it."""

    stream: Stream
    leads: Leads
    index: int
    outcome: bool
    contact_minutes: float
    label_days: float

    def ping(self, source: str, at: datetime) -> dict[str, Any]:
        """Give the body of its ping."""
        return {"source": source, **self.leads.ping(self.index, at)}

    def post(self, ping_id: str, at: datetime) -> dict[str, Any]:
        """Give the body of its post; `at` is the ping's."""
        return {"ping_id": ping_id, **self.leads.post(self.index, at)}


class Crowd:
    """All streams, each with leads of its own world that never repeat a person of an earlier batch."""

    def __init__(self, streams: tuple[Stream, ...], *, first_person: int = 0, seed: int = 1) -> None:
        """Begin with a person that no earlier run has sent."""
        self.next_person = first_person
        self._worlds = {stream: _world_of(stream) for stream in streams}
        self._seed = seed
        self._batches: dict[Stream, tuple[Leads, int]] = {}

    def next(self, stream: Stream, at: datetime) -> Visitor:
        """Give the next lead of a stream."""
        leads, index = self._batches.get(stream) or (self._draw(stream, at), 0)
        self._batches[stream] = (leads, index + 1)
        if index + 1 == len(leads):
            del self._batches[stream]
        drawn = leads.draw
        outcome = bool(drawn.outcome[index])
        return Visitor(stream, leads, index, outcome, float(drawn.contact_minutes[index]), float(drawn.label_days[index]))

    def _draw(self, stream: Stream, at: datetime) -> Leads:
        self._seed += 1
        drawn = draw(self._worlds[stream], count=BATCH, seed=self._seed, starts_at=at, days=1.0)
        leads = Leads(drawn, first_person=self.next_person)
        self.next_person += BATCH
        return leads


def _world_of(stream: Stream) -> World:
    """Give the truth of a vertical with one publisher, the stream's; what pays there is the same for all streams."""
    world = _truth(stream.vertical)
    sender = Publisher(
        quality=stream.quality,
        bot_share=stream.bots,
        duplicate_share=stream.duplicates,
        recycled_share=stream.recycled,
        volume=1.0,
        channels=world.publishers[CHANNELS_OF].channels,
    )
    return replace(world, publishers=(sender,))


_truths: dict[str, World] = {}


def _truth(vertical: str) -> World:
    if vertical not in _truths:
        verticals: Mapping[str, Any] = load_verticals()
        _truths[vertical] = make_world(spec_of(verticals[vertical]))
    return _truths[vertical]

"""The champions of this process: loaded once, looked after in the background, swapped without a pause.

`get` never waits for PostgreSQL once the champions are loaded: at most once a second it wakes a thread that compares versions,
loads what has changed (versions, levels, layers of campaigns) and puts a new mapping in place of the old. A failure there is
logged; the loaded champions go on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from uuid import UUID

from django.db import Error, close_old_connections, connections

from accounts.core.clock import utc_now
from accounts.core.errors import Problem, unavailable
from accounts.tenancy import act_as_exchange
from scoring.context import load_context
from scoring.core.arms import Running
from scoring.core.context import NOTHING
from scoring.core.features import FEATURES_VERSION
from scoring.core.ladder import NO_LAYERS, Layer, Layers
from scoring.core.serving import Champion, FastBooster, Unservable, unpack
from scoring.experiments import list_running
from scoring.native import load_library
from scoring.selectors import StoredLayer, get_stored_model, layers_stamp, list_champions, list_layers, list_levels

REFRESH_SECONDS = 1.0
CONTEXT_SECONDS = 600.0
log = logging.getLogger(__name__)


class Champions:
    """One champion a vertical, and `context`: what features know beside the ping. Only `refresh` replaces what is loaded."""

    def __init__(self) -> None:
        """Start empty; the first look loads."""
        self.forget()

    def forget(self) -> None:
        """Drop everything loaded; after a fork that is all to do, for threads and connections are the parent's. See `close`."""
        self._loaded: Mapping[str, Champion] | None = None
        self._running: Mapping[tuple[str, str], tuple[Running, ...]] = {}
        self._broken: dict[str, str] = {}
        self._layers: Mapping[str, Layers] = {}
        self._layers_stamp: object = None
        self._looked_at = 0.0
        self.context = NOTHING
        self._context_at: float | None = None
        self._refreshing = threading.Lock()
        self._first = threading.Lock()
        self._background: ThreadPoolExecutor | None = None

    def get(self, vertical: str) -> Champion | None:
        """Give the champion of a vertical, None where it has none; Problem unavailable while nothing could be loaded."""
        loaded = self._loaded
        if loaded is None:
            loaded = self._load_first()
        elif time.monotonic() - self._looked_at >= REFRESH_SECONDS:
            self._wake()
        return loaded.get(vertical)

    def running(self, mode: str, vertical: str) -> tuple[Running, ...]:
        """Give the experiments that run in a vertical; raises what `get` raises."""
        if self._loaded is None:
            self._load_first()
        return self._running.get((mode, vertical), ())

    @property
    def loaded(self) -> Mapping[str, Champion]:
        """What is loaded now, by vertical and, for arms of experiments, by version; it never changes, another takes its place."""
        return self._loaded or {}

    def refresh(self) -> None:
        """Load every champion whose version has changed, now, and place all at their levels; raises what the database raises."""
        before = self._loaded or {}
        with act_as_exchange("load the champions"):
            if self._context_at is None or time.monotonic() - self._context_at >= CONTEXT_SECONDS:
                self.context, self._context_at = load_context(utc_now()), time.monotonic()
            running = list_running()
            # The versions that arms of experiments serve stand beside the champions, by their own names.
            wanted = {**{name: name for name in _versions_of(running)}, **list_champions()}
            changed = {
                vertical for vertical, name in wanted.items() if vertical not in before or before[vertical].version != name
            }
            fresh = {
                vertical: self._load(wanted[vertical]) for vertical in changed if self._broken.get(vertical) != wanted[vertical]
            }
            levels = list_levels({*wanted.values(), *(one.version for one in before.values())})
            layers = self._present_layers()
        self._broken |= {vertical: wanted[vertical] for vertical, champion in fresh.items() if champion is None}
        loaded = {**before, **{vertical: champion for vertical, champion in fresh.items() if champion is not None}}
        # A champion that goes on because the new one is broken keeps its own level: a shift belongs to a version.
        self._loaded = {
            name: one.placed(levels.get(one.version, 0.0), layers.get(one.spec.vertical, NO_LAYERS))
            for name, one in loaded.items()
            if name in wanted
        }
        self._running = running
        self._looked_at = time.monotonic()

    def close(self) -> None:
        """End the background thread with its connection, and forget."""
        if self._background is not None:
            self._background.submit(connections.close_all)
            self._background.shutdown()
        self.forget()

    def _load_first(self) -> Mapping[str, Champion]:
        with self._first:
            if self._loaded is None:
                if self._looked_at and time.monotonic() - self._looked_at < REFRESH_SECONDS:
                    raise unavailable("The scorer")  # tried a moment ago: do not let every ping wait for a dead database
                try:
                    self.refresh()
                except Error as error:
                    self._looked_at = time.monotonic()
                    raise unavailable("The scorer") from error
            return self._loaded or {}

    def _wake(self) -> None:
        if not self._refreshing.acquire(blocking=False):
            return
        self._looked_at = time.monotonic()
        if self._background is None:
            self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="champions")
        try:
            self._background.submit(self._refresh_quietly)
        except RuntimeError:  # the interpreter is shutting down and takes no new work
            self._refreshing.release()

    def _refresh_quietly(self) -> None:
        try:
            close_old_connections()
            self.refresh()
        except Exception:
            log.warning("the champions could not be refreshed; the loaded ones go on", exc_info=True)
        finally:
            self._refreshing.release()

    def _present_layers(self) -> Mapping[str, Layers]:
        """Read the layers again where one of them was fitted since."""
        stamp = layers_stamp()
        if stamp != self._layers_stamp:
            found: dict[str, dict[UUID, Layer]] = {}
            for row in list_layers():
                if (layer := _layer_of(row)) is not None:
                    found.setdefault(row.vertical, {})[row.campaign_id] = layer
            self._layers, self._layers_stamp = found, stamp
        return self._layers

    def _load(self, name: str) -> Champion | None:
        try:
            stored = get_stored_model(name)
            if sha256(stored.artifact).hexdigest() != stored.artifact_sha256:
                raise Unservable(f"the stored bytes of {name} are not what was trained")
            return Champion(
                load_library(), unpack(stored.artifact), version=stored.name, badge=stored.badge, proven=stored.proven
            )
        except (Unservable, Problem) as error:
            log.error("champion %s cannot be served and is passed over: %s", name, error)
            return None


def _versions_of(running: Mapping[tuple[str, str], tuple[Running, ...]]) -> set[str]:
    arms = (arm for found in running.values() for one in found for arm in one.changes.values())
    return {arm["version"] for arm in arms if "version" in arm}


def _layer_of(row: StoredLayer) -> Layer | None:
    """Make a stored layer ready to answer; one with trees over other features than ours waits to be fitted again."""
    if not row.booster:
        return Layer(row.phase, row.a, row.b, row.labels, row.positives)
    if row.features_version != FEATURES_VERSION:
        return None
    try:
        trees = FastBooster(load_library(), row.booster, row.columns, raw=True).predict
    except Unservable as error:
        log.error("the layer of campaign %s cannot be served and is passed over: %s", row.campaign_id, error)
        return None
    return Layer(row.phase, row.a, row.b, row.labels, row.positives, trees, row.columns)


champions = Champions()
os.register_at_fork(after_in_child=champions.forget)

"""Which vertical a page of the monitors shows, and how its figures are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.core.display import decimals, percent
from accounts.portal.visits import PortalRequest
from scoring.core.monitors.look import AMBER, GREEN, RED, verdict_of
from scoring.monitoring import ReportFacts, latest_reports, list_alerts, list_watched_verticals

WHY = "the operator looks at the monitors"


@dataclass(frozen=True, slots=True)
class Reading:
    """The verticals that are watched, the chosen one's newest report (None while nothing is watched), and what rings."""

    verticals: tuple[str, ...]
    report: ReportFacts | None
    ringing: frozenset[str] = frozenset()

    @property
    def level(self) -> str:
        """Give the worst of what the last look found and what still rings: an open alarm is not fine because a look was."""
        found = {*self.ringing, self.report.level if self.report else GREEN}
        return RED if RED in found else AMBER if AMBER in found else GREEN

    @property
    def as_served(self) -> str:
        """Judge the chances as they were served against all outcomes that are known; "" without any."""
        level = self.figures.get("level")
        return verdict_of(level["z"]) if level and level["rows"] else ""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Give the figures of the report, empty without one."""
        return {} if self.report is None else self.report.figures


def read(request: PortalRequest) -> Reading:
    """Read the vertical of the address; one that is not watched is the first that is. Inside the exchange's door."""
    verticals = list_watched_verticals()
    asked = request.GET.get("vertical", "")
    chosen = asked if asked in verticals else next(iter(verticals), "")
    ringing = frozenset(alert.level for alert in list_alerts(vertical=chosen, open_only=True))
    return Reading(verticals, next(iter(latest_reports(chosen, limit=1)), None), ringing)


def metrics_words(metrics: Mapping[str, Any] | None) -> dict[str, str]:
    """Write the metrics of rows; dashes where they had one outcome only."""
    found = metrics or {}
    interval = f"{found['auc_low']:.3f} to {found['auc_high']:.3f}" if found else ""
    return {
        "auc": decimals(found.get("auc")),
        "auc_between": interval,
        "log_loss": decimals(found.get("log_loss"), 4),
        "brier": decimals(found.get("brier"), 4),
        "ece": decimals(found.get("ece"), 4),
        "ece_floor": decimals(found.get("ece_floor"), 4),
        "skill": percent(found.get("skill")),
    }

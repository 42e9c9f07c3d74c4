"""Tables of scoring: registry, examples, outcomes, learning, experiments, evidence, monitors, histories. They stay inside it."""

from scoring.models.evidence import ScoreCommitment
from scoring.models.examples import TrainingExample
from scoring.models.experiments import Experiment, Exposure
from scoring.models.history import HistoryImport, HistoryModel
from scoring.models.learning import CampaignLayer, Challenge, Level, ShadowScore, TrainingRun
from scoring.models.monitoring import Alert, MonitorReport
from scoring.models.outcomes import Outcome
from scoring.models.rates import Rate
from scoring.models.registry import Alias, AliasMove, Model, ModelVersion, SourceSegments
from scoring.models.repeats import SourceRepeats

__all__ = [
    "Alert", "Alias", "AliasMove", "CampaignLayer", "Challenge", "Experiment", "Exposure", "HistoryImport", "HistoryModel",
    "Level", "Model", "ModelVersion", "MonitorReport", "Outcome", "Rate", "ScoreCommitment", "ShadowScore", "SourceRepeats",
    "SourceSegments", "TrainingExample", "TrainingRun",
]  # fmt: skip

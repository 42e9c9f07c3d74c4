"""Tables of scoring: registry, examples, outcomes, experiments, evidence, monitors. Only scoring's own modules import them."""

from scoring.models.evidence import ScoreCommitment
from scoring.models.examples import TrainingExample
from scoring.models.experiments import Experiment, Exposure
from scoring.models.monitoring import Alert, MonitorReport
from scoring.models.outcomes import Outcome
from scoring.models.registry import Alias, Model, ModelVersion

__all__ = [
    "Alert", "Alias", "Experiment", "Exposure", "Model", "ModelVersion", "MonitorReport", "Outcome", "ScoreCommitment",
    "TrainingExample",
]  # fmt: skip

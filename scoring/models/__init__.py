"""Tables of scoring: the registry, the examples, experiments and evidence. Only scoring's selectors and services import them."""

from scoring.models.evidence import ScoreCommitment
from scoring.models.examples import TrainingExample
from scoring.models.experiments import Experiment, Exposure
from scoring.models.registry import Alias, Model, ModelVersion

__all__ = ["Alias", "Experiment", "Exposure", "Model", "ModelVersion", "ScoreCommitment", "TrainingExample"]

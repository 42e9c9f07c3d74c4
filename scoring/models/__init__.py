"""Tables of scoring: the registry of models, what learning leaves behind, and the examples. Only scoring itself imports them."""

from scoring.models.examples import TrainingExample
from scoring.models.learning import CampaignLayer, Challenge, Level, ShadowScore, TrainingRun
from scoring.models.registry import Alias, AliasMove, Model, ModelVersion

__all__ = [
    "Alias", "AliasMove", "CampaignLayer", "Challenge", "Level", "Model", "ModelVersion", "ShadowScore", "TrainingExample",
    "TrainingRun",
]  # fmt: skip

"""Tables of scoring: the registry of models and the examples. Only scoring's selectors and services import them."""

from scoring.models.examples import TrainingExample
from scoring.models.registry import Alias, Model, ModelVersion

__all__ = ["Alias", "Model", "ModelVersion", "TrainingExample"]

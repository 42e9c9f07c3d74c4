"""Tables of scoring: the registry of models, the examples and the outcomes. Only scoring's selectors and services import them."""

from scoring.models.examples import TrainingExample
from scoring.models.outcomes import Outcome
from scoring.models.registry import Alias, Model, ModelVersion

__all__ = ["Alias", "Model", "ModelVersion", "Outcome", "TrainingExample"]

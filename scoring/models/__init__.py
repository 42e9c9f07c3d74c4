"""Tables of scoring: registry of models, examples, rates of the market. Only scoring's selectors and services import them."""

from scoring.models.examples import TrainingExample
from scoring.models.rates import Rate
from scoring.models.registry import Alias, Model, ModelVersion

__all__ = ["Alias", "Model", "ModelVersion", "Rate", "TrainingExample"]

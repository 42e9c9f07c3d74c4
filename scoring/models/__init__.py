"""Tables of scoring: registry, examples, outcomes, and what watches them. Only scoring's own modules import them."""

from scoring.models.examples import TrainingExample
from scoring.models.monitoring import Alert, MonitorReport
from scoring.models.outcomes import Outcome
from scoring.models.registry import Alias, Model, ModelVersion

__all__ = ["Alert", "Alias", "Model", "ModelVersion", "MonitorReport", "Outcome", "TrainingExample"]

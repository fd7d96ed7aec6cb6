"""EventBridge input transformers: what a target gets in place of the event.

Nothing here knows which events match, or what becomes of the text.
"""

from sekisho.alerts.transformers.errors import TransformerError
from sekisho.alerts.transformers.paths import InputPath, parse_input_path
from sekisho.alerts.transformers.transformer import Transformer, parse_transformer

__all__ = ["InputPath", "Transformer", "TransformerError", "parse_input_path", "parse_transformer"]

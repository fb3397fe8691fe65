"""overproof: distillation with proof."""

__version__ = "0.1.0"

"""Predictions of every arm on test rows, and what they allow one to say."""

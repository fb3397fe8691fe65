"""Deploying: what a model costs where it runs."""

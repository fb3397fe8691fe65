"""Verbs: what a user can ask for, one file each."""

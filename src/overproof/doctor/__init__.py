"""The doctor: what can silently spoil a comparison, one check per file."""

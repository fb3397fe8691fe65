"""Soft targets: what the teacher says about every row, recorded once."""

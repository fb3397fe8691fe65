"""Methods: the ways to learn from a teacher, one file each.

A method is a frozen dataclass: its fields are its settings, and the keys of ``[method]`` in the study. It never holds a
model and never sees an optimiser. ``simple``, the control, is a method like any other.
"""

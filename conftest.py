"""Examples in docstrings that need an extra are left out where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("pandas") else ["src/overproof/sources/frames.py"]

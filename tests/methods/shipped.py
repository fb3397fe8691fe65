"""The methods that come with overproof; the tests define others, which are in the catalogue, too."""

from __future__ import annotations

from overproof.methods.catalogue import catalogue

SHIPPED = {name: kind for name, kind in catalogue().items() if kind.__module__.startswith("overproof.")}

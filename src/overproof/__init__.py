"""overproof: distillation with proof.

The public names are loaded when they are first used, so that ``import overproof`` is quick and loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

#: Public names, and where each lives.
_PLACES = {
    "DistilledClassifier": "overproof.sklearn",
    "DistilledRegressor": "overproof.sklearn",
    "KD": "overproof.methods.kd",
    "OverproofError": "overproof.errors",
    "Study": "overproof.study",
    "check": "overproof.verbs.check",
    "compare": "overproof.verbs.compare",
    "distill": "overproof.verbs.distill",
    "init": "overproof.verbs.init",
}

__all__ = [  # noqa: RUF022 (sorted as everything else is)
    "DistilledClassifier",
    "DistilledRegressor",
    "KD",
    "OverproofError",
    "Study",
    "check",
    "compare",
    "distill",
    "init",
]

if TYPE_CHECKING:
    from overproof.errors import OverproofError
    from overproof.methods.kd import KD
    from overproof.sklearn import DistilledClassifier, DistilledRegressor
    from overproof.study import Study
    from overproof.verbs.check import check
    from overproof.verbs.compare import compare
    from overproof.verbs.distill import distill
    from overproof.verbs.init import init


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'overproof' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

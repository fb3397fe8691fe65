"""What the true difference may be, as a density: Student's, from the differences alone and without heavy libraries.

The same posterior as :func:`overproof.statistics.posterior`, whose module loads scipy; a report loads nothing heavy.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from overproof.report.summary import in_time
from overproof.results import Comparison, Result


class Density(NamedTuple):
    """A Student distribution."""

    mean: float
    scale: float
    """In the unit of the differences; above 0."""
    df: int

    def at(self, x: float) -> float:
        """The probability density at ``x``, per unit of the differences."""
        logarithm = (
            math.lgamma((self.df + 1) / 2)
            - math.lgamma(self.df / 2)
            - math.log(self.df * math.pi) / 2
            - math.log(self.scale)
            - (self.df + 1) / 2 * math.log1p(((x - self.mean) / self.scale) ** 2 / self.df)
        )
        return math.exp(logarithm)


def density(result: Result, comparison: Comparison) -> Density | None:
    """The posterior of a comparison's mean difference (Corani and Benavoli, Machine Learning 100:285–304, 2015).

    Args:
        result: says how many folds there are.
        comparison: whose differences have a spread, or not.

    Returns:
        A Student distribution around the mean, of the scale and degrees of freedom that the file says; where it says
        none, that of cross-validation: n − 1 degrees of freedom, squared scale ``sd² · (1/n + 1/(folds − 1))``. None
        where all differences are equal.
    """
    if comparison.scale and comparison.df:
        return Density(comparison.differences.mean, comparison.scale, comparison.df)
    if result.data.test or in_time(result):  # splits of another kind, of which the file says nothing
        return None
    spread, folds = comparison.differences, len({split.fold for split in result.splits})
    n = len(spread.values)
    if not spread.sd or n < 2 or folds < 2:
        return None
    return Density(spread.mean, spread.sd * math.sqrt(1 / n + 1 / (folds - 1)), n - 1)

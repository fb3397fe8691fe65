"""The rule: which of four answers the probabilities support, for one arm or for several."""

from __future__ import annotations

from collections.abc import Sequence

from overproof.errors import StudyError
from overproof.results import Verdict
from overproof.statistics.differences import Probabilities

#: Probability that ``helps`` and ``hurts`` have to exceed.
THRESHOLD = 0.975

#: With ``repeats = "auto"``: the numbers of repeats after which the verdict is looked at, until it is settled.
LOOKS = (1, 2, 5, 10)

#: With ``repeats = "auto"`` this takes the place of :data:`THRESHOLD`: who looks four times may err four times.
LOOKING_THRESHOLD = 0.99


def confidence(threshold: float = THRESHOLD) -> float:
    """What is left in the middle when ``1 − threshold`` is cut off at either end: ``2 · threshold − 1``.

    It is the confidence of the interval that goes with a threshold, and the probability that ``makes no practical
    difference`` has to exceed.

    Args:
        threshold: probability in [0.5, 1) that ``helps`` and ``hurts`` have to exceed.

    Raises:
        StudyError: when the threshold is outside [0.5, 1): below it two answers could be right at once.

    Example:
        >>> round(confidence(0.975), 12), round(confidence(0.99), 12)
        (0.95, 0.98)
    """
    if not 0.5 <= threshold < 1:
        raise StudyError(f"threshold must be at least 0.5 and less than 1, got {threshold}")
    return 2 * threshold - 1


def verdict(found: Probabilities, threshold: float = THRESHOLD) -> Verdict:
    """The one of four answers that the probabilities support.

    Args:
        found: from :func:`overproof.statistics.probabilities`.
        threshold: probability in [0.5, 1) that ``helps`` and ``hurts`` have to exceed.

    Raises:
        StudyError: as :func:`confidence`.

    Example:
        >>> verdict(Probabilities(helps=0.98, same=0.02, hurts=0.0)), verdict(Probabilities(0.7, 0.2, 0.1))
        ('helps', 'not settled')
    """
    enough = confidence(threshold)
    if found.helps > threshold:
        return "helps"
    if found.hurts > threshold:
        return "hurts"
    return "makes no practical difference" if found.same > enough else "not settled"


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of several hypotheses are rejected, when any of them may be rejected wrongly with probability ``level``.

    From the smallest p-value up, each is compared with level / (hypotheses not yet rejected), until one is not smaller
    (Holm, Scandinavian Journal of Statistics 6:65–70, 1979).

    Args:
        p_values: one for each hypothesis.
        level: probability of any false rejection.

    Returns:
        Whether each hypothesis is rejected, in the order given.

    Example:
        >>> holm([0.02, 0.005, 0.4], level=0.025), holm([0.01, 0.005, 0.4], level=0.025)
        ([False, True, False], [True, True, False])
    """
    rejected = [False] * len(p_values)
    for done, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] >= level / (len(p_values) - done):
            break
        rejected[index] = True
    return rejected


def verdicts(found: Sequence[Probabilities], threshold: float = THRESHOLD) -> list[Verdict]:
    """The verdict of each of several arms: where one helps by itself, it must also survive :func:`holm`.

    The best of several useless methods looks better than each of them is; Holm over 1 − P(difference > rope) at level
    1 − threshold accounts for it. For one arm this is :func:`verdict`.

    Args:
        found: from :func:`overproof.statistics.probabilities`, one for each arm.
        threshold: as for :func:`verdict`.

    Raises:
        StudyError: as :func:`verdict`.

    Example:
        >>> verdicts([Probabilities(helps=0.98, same=0.02, hurts=0.0), Probabilities(0.5, 0.3, 0.2)])
        ['not settled', 'not settled']
    """
    alone = [verdict(one, threshold) for one in found]
    survives = holm([1 - one.helps for one in found], 1 - threshold)
    return ["not settled" if a == "helps" and not s else a for a, s in zip(alone, survives, strict=True)]

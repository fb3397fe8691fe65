"""How numbers are written, the same in the terminal, in Markdown and in HTML.

Rates (accuracy, agreement, calibration error) are shown in percent and their differences in points; every other
metric in its own unit. Errors of values are in the unit of the target, which may be thousands or thousandths: they are
shown with four significant digits.
Minus is a real minus sign, and nothing is ever shown as −0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from overproof.results import Spread

#: Metrics that are shown in percent.
RATES = frozenset({
    "accuracy", "balanced_accuracy", "roc_auc", "average_precision", "f1", "agreement", "ece", "ece_equal_mass",
    "mistakes_inherited",
})  # fmt: skip

#: Metrics in the unit of the target, whose size nobody knows beforehand.
UNITS = frozenset({"rmse", "mae", "teacher_rmse"})

#: What stands where there is no value.
MISSING = "–"

#: Beyond this count a comma-separated number is harder to read than a prefix.
_LONG = 100_000


def fixed(value: float, digits: int, *, sign: bool = False) -> str:
    """``value`` with that many decimals; ``sign`` also marks positive numbers.

    Example:
        >>> fixed(-0.04, 1), fixed(-2.26, 1), fixed(2, 1, sign=True), fixed(1234.5, 1)
        ('0.0', '−2.3', '+2.0', '1,234.5')
    """
    text = f"{abs(value):,.{digits}f}"
    if not text.strip("0.,"):
        return text
    return f"{'−' if value < 0 else '+' if sign else ''}{text}"


def percent(rate: float, digits: int = 1) -> str:
    """A fraction in percent.

    Example:
        >>> percent(0.9642), percent(1, 0)
        ('96.4 %', '100 %')
    """
    return f"{fixed(100 * rate, digits)} %"


def score(metric: str, value: float, digits: int | None = None) -> str:
    """One value of a metric: percent with one decimal for a rate, else three decimals, or four significant digits.

    Example:
        >>> score("accuracy", 0.9642), score("log_loss", 0.1234), score("rmse", 68234.5), score("rmse", 0.0032149)
        ('96.4 %', '0.123', '68,234', '0.003215')
    """
    if metric in RATES:
        return percent(value, 1 if digits is None else digits)
    if metric in UNITS:
        return in_figures(value)
    return fixed(value, 3 if digits is None else digits)


def mean_and_sd(metric: str, spread: Spread) -> str:
    """Mean ± standard deviation over splits; the mean alone for a single value.

    Example:
        >>> mean_and_sd("accuracy", Spread(mean=0.9642, sd=0.0123, values=[]))
        '96.4 ± 1.2 %'
    """
    if spread.sd is None:
        return score(metric, spread.mean)
    if metric in RATES:
        return f"{fixed(100 * spread.mean, 1)} ± {percent(spread.sd)}"
    if metric in UNITS:
        return f"{in_figures(spread.mean)} ± {in_figures(spread.sd, like=spread.mean)}"
    return f"{fixed(spread.mean, 3)} ± {fixed(spread.sd, 3)}"


def in_figures(value: float, figures: int = 4, like: float | None = None) -> str:
    """A number of unknown size with that many significant digits, whole numbers whole.

    Args:
        value: the number.
        figures: significant digits.
        like: has the decimals of this number, if it is given.

    Example:
        >>> in_figures(68234.5), in_figures(0.71234), in_figures(0.0123, like=0.71234), in_figures(0.00000000321)
        ('68,234', '0.7123', '0.0123', '3.210e−09')
    """
    size = abs(value if like is None else like)
    power = math.floor(math.log10(size)) if size > 0 else 0
    if not -7 < power < 12:
        return f"{value:.{figures - 1}e}".replace("-", "−")
    return fixed(value, max(0, figures - 1 - power))


def loss(value: float) -> str:
    """A loss with three significant digits, and no more zeros than it needs.

    Example:
        >>> loss(0.02468), loss(12.345), loss(0.0), loss(1234567.0), loss(0.00005)
        ('0.0247', '12.3', '0', '1,230,000', '0.00005')
    """
    text, size = f"{value:.3g}", abs(value)
    if 1000 <= size < 1e12:
        text = f"{float(text):,.0f}"
    elif 1e-7 <= size < 1e-4:
        text = f"{value:.{2 - math.floor(math.log10(size))}f}".rstrip("0")
    return text.replace("-", "−")


def scale(metric: str) -> float:
    """What a difference in the metric's own unit is multiplied by to be shown: 100 for rates, 1 otherwise."""
    return 100.0 if metric in RATES else 1.0


def decimals(metric: str, half_width: float) -> int:
    """Decimals that let half the width of an interval (in the metric's own unit) be seen: at least 1 for rates, else 3.

    In the unit of a target there are as many as show two digits of it, and often none.

    Example:
        >>> decimals("accuracy", 0.011), decimals("accuracy", 0.0009), decimals("log_loss", 0.012), decimals("mae", 812)
        (1, 2, 3, 0)
    """
    least, most, figures = (0, 12, 2) if metric in UNITS else (1 if metric in RATES else 3, 6, 1)
    shown = half_width * scale(metric)
    return least if shown <= 0 else min(most, max(least, figures - 1 - math.floor(math.log10(shown))))


def decimals_of_split(metric: str, of_mean: int) -> int:
    """Decimals of a single split's difference: 2 for rates, else 4; in the unit of a target one more than the mean has.

    Example:
        >>> decimals_of_split("accuracy", 1), decimals_of_split("log_loss", 3), decimals_of_split("rmse", 0)
        (2, 4, 1)
    """
    return of_mean + 1 if metric in UNITS else 2 if metric in RATES else 4


def difference(metric: str, value: float, digits: int, *, sign: bool = True) -> str:
    """A difference in the unit it is shown in, without naming the unit.

    Example:
        >>> difference("accuracy", 0.0203, 1), difference("log_loss", -0.0203, 3)
        ('+2.0', '−0.020')
    """
    return fixed(scale(metric) * value, digits, sign=sign)


def probability(value: float) -> str:
    """Three decimals, never rounded to certainty.

    Example:
        >>> probability(0.9846), probability(0.99996), probability(0.0001)
        ('0.985', '>0.999', '<0.001')
    """
    if value > 0.9994:
        return ">0.999"
    return "<0.001" if value < 0.0006 else f"{value:.3f}"


def count(value: int) -> str:
    """A number of things: written out when short, else three digits and a prefix.

    Example:
        >>> count(9_706), count(1_234_567), count(25_600_000_000)
        ('9,706', '1.23 M', '25.6 G')
    """
    return f"{value:,}" if value < _LONG else _prefixed(value, ("", "k", "M", "G", "T"))


def size(value: int) -> str:
    """Bytes, in powers of 1000.

    Example:
        >>> size(512), size(38_824), size(5_021_440)
        ('512 B', '38.8 kB', '5.02 MB')
    """
    return f"{value} B" if value < 1000 else _prefixed(value, ("B", "kB", "MB", "GB", "TB"))


def ratio(value: float) -> str:
    """How many times, with two significant digits.

    Example:
        >>> ratio(12.34), ratio(3.06), ratio(0.841), ratio(1530)
        ('12×', '3.1×', '0.84×', '1,530×')
    """
    digits = 0 if value >= 9.95 else 1 if value >= 0.995 else 2
    return f"{fixed(value, digits)}×"


def milliseconds(value: float) -> str:
    """A latency with three significant digits, as in ``0.0412 ms``.

    Example:
        >>> milliseconds(0.04123), milliseconds(1.5), milliseconds(1234.0)
        ('0.0412 ms', '1.50 ms', '1,234 ms')
    """
    digits = 3 if value <= 0 else min(6, max(0, 2 - math.floor(math.log10(value))))
    return f"{fixed(value, digits)} ms"


def seconds(value: float) -> str:
    """A wall time.

    Example:
        >>> seconds(0.42), seconds(125.2), seconds(4380)
        ('0.4 s', '2 min 5 s', '1 h 13 min')
    """
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def span(values: Iterable[int]) -> str:
    """The range that whole numbers cover.

    Example:
        >>> span([359, 360, 359]), span([8, 8])
        ('359–360', '8')
    """
    numbers = list(values)
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _prefixed(value: float, prefixes: Sequence[str]) -> str:
    step = 0
    while value >= 999.5 and step < len(prefixes) - 1:
        value, step = value / 1000, step + 1
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{digits}f} {prefixes[step]}".rstrip()

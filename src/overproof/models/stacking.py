"""Whether members are trained as one stacked model: a fixed rule of architecture, sizes and device.

It never looks at a clock: the same study is trained the same way, and gives the same bits.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from overproof.errors import StudyError
from overproof.models.architecture import Architecture, logits_of
from overproof.models.networks import Stacked

#: Most members in one cohort; more make several cohorts.
MOST_MEMBERS = 256
#: Parameters above which a member keeps a core busy by itself. Calibrated by benchmarks/cohort_scaling.py.
MOST_PARAMETERS = 100_000
#: The same for a GPU, where it is memory that ends: weights, gradients and moments of a full cohort are 8 GB.
MOST_PARAMETERS_ELSEWHERE = 2_000_000
#: Members of one architecture agree to this, stacked or separate, relative to the largest logit.
TOLERANCE = 1e-4


def stacks(wanted: str, architecture: Architecture, rows: Tensor, classes: int, device: torch.device) -> bool:
    """The rule.

    Args:
        wanted: ``run.cohorts``: auto, stacked or separate.
        architecture: of the members.
        rows: a few rows of the data, shape [rows, ...].
        classes: how many logits there are.
        device: where members are trained.

    Returns:
        True for one stacked model, False for separate members.

    Raises:
        StudyError: when ``stacked`` is demanded of an architecture that cannot be stacked.
    """
    if wanted == "separate":
        return False
    modules = [architecture.fresh(rows.shape[1:], classes, "stacking", number) for number in range(2)]
    if wanted == "auto" and not pays(modules[0], device):
        return False
    reason = why_not(modules, rows)
    if wanted == "stacked" and reason is not None:
        raise StudyError(f'run.cohorts = "stacked", but {architecture} cannot be stacked: {reason}; use "auto"')
    return reason is None


def pays(module: nn.Module, device: torch.device) -> bool:
    """Whether a stacked model is expected to be faster than its members one by one.

    On a GPU small models leave the device idle, so stacking pays. On a CPU it does for small models of matrix products;
    stacked convolutions become grouped ones, which are slower there than the same convolutions one by one.
    """
    count = sum(parameter.numel() for parameter in module.parameters())
    if device.type != "cpu":
        return count <= MOST_PARAMETERS_ELSEWHERE
    convolutions = any(isinstance(part, nn.Conv1d | nn.Conv2d | nn.Conv3d) for part in module.modules())
    return not convolutions and count <= MOST_PARAMETERS


def why_not(modules: list[nn.Module], rows: Tensor) -> str | None:
    """Why two members cannot be stacked, or None when they can.

    Tried, not guessed: both are run separately and stacked, in train mode, on the same rows and from the same seed,
    and must agree. They do not where a layer's dropout depends on how its memory is laid out, or where a layer keeps
    state that does not stack.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            separate = [_seeded(copy.deepcopy(module), rows) for module in modules]
            networks = Stacked(modules)
            networks.train(True)
            torch.default_generator.manual_seed(0)
            stacked = networks(torch.stack([rows] * len(modules)))
        except Exception as error:  # whatever a user's module raises under vmap is a reason not to stack it
            return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    wanted, stacked = torch.stack(separate).detach(), stacked.detach()
    apart = float((stacked - wanted).abs().max() / wanted.abs().max().clamp(min=1e-12))
    if not apart <= TOLERANCE:
        return f"stacked and separate members differ by {apart:.1g} (a layer whose dropout depends on memory layout?)"
    return None


def _seeded(module: nn.Module, rows: Tensor) -> Tensor:
    torch.default_generator.manual_seed(0)
    return logits_of(module.train()(rows))

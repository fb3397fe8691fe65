"""Any model of the timm library: ``timm:NAME``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from overproof.data.arrays import one_line
from overproof.errors import MissingExtraError, MissingInputError, ModelError, StudyError, nearest
from overproof.models.architecture import Architecture
from overproof.models.normalising import Normalise

PREFIX = "timm:"

#: Settings of our own.
_OWN = ("pretrained", "normalise")
#: What the data decide, and what would read a file or ask a server; none of it is a setting.
_NOT_SETTINGS = re.compile(
    r"num_classes|in_chans|checkpoint_path|pretrained_.*|cache_dir|device|dtype|no_jit|features_only"
)
#: The weights of a model on the hub. Others are pickles, which are not read.
_WEIGHTS = "model.safetensors"


def architecture(model: str, settings: Mapping[str, Any], where: str) -> Architecture:
    """The architecture of ``timm:NAME``.

    Args:
        model: ``timm:`` and a name, as ``timm.list_models()`` has it, or with the tag of pretrained weights.
        settings: ``pretrained`` and ``normalise``, true or false; the others go to ``timm.create_model``. Images are
            normalised with the mean and deviation of the pretrained model, unless ``normalise`` says otherwise; models
            that start fresh see values as they are.
        where: ``teacher`` or ``student``, for messages.

    Raises:
        MissingExtraError: when timm is not installed.
        StudyError: for an unknown model, or a setting that cannot be.
        MissingInputError: when pretrained weights are neither here nor can be fetched.
    """
    name = model.removeprefix(PREFIX)
    timm = _timm(f"{where}.model = {model!r}")
    _refuse_unless_known(timm, name, f"{where}.model = {model!r}")
    for key in settings:
        if _NOT_SETTINGS.fullmatch(key):
            raise StudyError(f"[{where}] has no key {key!r} for a model of timm; {nearest(key, _OWN)}")
    pretrained = _flag(settings, "pretrained", False, where)
    normalise = _flag(settings, "normalise", pretrained, where)
    given = {key: value for key, value in settings.items() if key not in _OWN}
    facts = timm.models.get_pretrained_cfg(name) or timm.models.PretrainedCfg()
    weights = _fetched(name, facts, f"{where}.model = {model!r}") if pretrained else None

    def build(shape: Sequence[int], classes: int) -> nn.Module:
        if len(shape) != 3:
            raise ModelError(
                f"{model} needs images [channels, height, width], the data's rows have shape {tuple(shape)}; use mlp"
            )
        try:
            module: nn.Module = timm.create_model(
                name,
                pretrained=pretrained,
                pretrained_cfg_overlay=None if weights is None else {"file": str(weights)},
                num_classes=classes,
                in_chans=shape[0],
                **{**({"img_size": tuple(shape[1:])} if facts.fixed_input_size else {}), **given},
            )
        except Exception as error:  # whatever a model's constructor makes of a setting
            raise ModelError(f"{model} cannot be built with {given or 'no settings'}: {one_line(error)}") from error
        _forget_the_file(module)
        if normalise:
            module.register_forward_pre_hook(_Before(Normalise(facts.mean, facts.std, shape[0])))
        return module

    return Architecture(model, build, {"pretrained": pretrained, "normalise": normalise, **given})


def _forget_the_file(module: nn.Module) -> None:
    """Where weights came from is no property of a model: elsewhere it would not be the same."""
    for kept in (getattr(module, "pretrained_cfg", None), getattr(module, "default_cfg", None)):
        if isinstance(kept, dict):
            kept["file"] = None


class _Before:
    """A hook that normalises a module's input."""

    def __init__(self, normalise: Normalise) -> None:
        self.normalise = normalise

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """What the module is given instead."""
        return self.normalise(inputs[0]), *inputs[1:]


def _timm(what: str) -> Any:
    try:
        import timm  # noqa: PLC0415 (heavy, and an extra)
    except Exception as error:  # torchvision of another build than torch breaks it, with an error of any kind
        if isinstance(error, ModuleNotFoundError) and error.name == "timm":
            raise MissingExtraError(
                f'{what} needs timm, which is not installed: pip install "overproof[vision]"'
            ) from error
        raise MissingExtraError(f"{what} needs timm, which cannot be imported: {one_line(error)}") from error
    return timm


def _refuse_unless_known(timm: Any, name: str, what: str) -> None:
    plain, _, tag = name.partition(".")
    if not timm.is_model(plain):
        known = timm.list_models()
        close = difflib.get_close_matches(plain, known, n=3)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"timm.list_models() lists {len(known):,}"
        raise StudyError(f"{what} is not a model that timm {timm.__version__} has; {hint}")
    if tag:
        tags = [other.partition(".")[2] for other in timm.list_pretrained(plain + ".*")]
        if tag not in tags:
            raise StudyError(f"{what}: {plain} has no pretrained weights {tag!r}; {nearest(tag, tags)}")


def _flag(settings: Mapping[str, Any], key: str, default: bool, where: str) -> bool:
    value = settings.get(key, default)
    if not isinstance(value, bool):
        raise StudyError(f"{where}.{key} must be true or false, got {value!r}")
    return value


def _fetched(name: str, facts: Any, what: str) -> Path:
    """Pretrained weights as a file: kept on this machine, or fetched from the hub."""
    import huggingface_hub  # noqa: PLC0415 (an extra, which timm brings)

    hub = facts.hf_hub_id
    if not hub or facts.custom_load or facts.hf_hub_filename:
        raise StudyError(
            f"{what} has no pretrained weights in safetensors, and others are not read: pretrained = false"
        )
    if hub == "timm/":
        hub = f"timm/{facts.architecture}.{facts.tag}"
    hub, _, revision = hub.partition("@")
    kept = huggingface_hub.try_to_load_from_cache(hub, _WEIGHTS, revision=revision or None)
    if isinstance(kept, str):
        return Path(kept)
    try:
        return Path(huggingface_hub.hf_hub_download(hub, _WEIGHTS, revision=revision or None))
    except Exception as error:  # of the network, of the server, of the disk
        raise MissingInputError(
            f"{what}: the pretrained weights {hub} are not on this machine and cannot be fetched from the Hugging Face "
            f"hub ({one_line(error)}); connect once, give weights = a file, or set pretrained = false"
        ) from error

"""Any text or image classifier of the transformers library: ``hf:PATH``, a configuration file, a folder or a name."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from overproof.data.arrays import one_line
from overproof.errors import MissingExtraError, MissingInputError, ModelError, StudyError, UnsafeError, nearest
from overproof.models.architecture import Architecture, eval_mode
from overproof.models.normalising import Normalise

PREFIX = "hf:"

_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
_SAFE = ("model.safetensors", "model.safetensors.index.json")
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
#: What the data decide.
_NOT_SETTINGS = (
    *("num_labels", "id2label", "label2id", "pad_token_id", "problem_type", "torch_dtype", "dtype"),
    *("architectures", "auto_map", "model_type", "name_or_path", "transformers_version"),
)


def architecture(
    model: str,
    settings: Mapping[str, Any],
    where: str,
    *,
    vocabulary: int | None = None,
    padding: int | None = None,
    tokenizer: str | None = None,
) -> Architecture:
    """The architecture of ``hf:PATH``.

    Number of labels, vocabulary, padding, and for models that start fresh the size of images, follow the data. Where
    the folder has weights (safetensors), fresh modules start from them, but for what stands above the model's base: a
    head of another size, or none, starts fresh.

    Args:
        model: ``hf:`` and a configuration file, a folder that has one, or a name on the hub.
        settings: ``pretrained = false`` leaves weights alone; the others replace values of the configuration.
        where: ``teacher`` or ``student``, for messages.
        vocabulary: token numbers are below this; None where rows are no texts.
        padding: the token that means nothing.
        tokenizer: what made the token numbers, as ``data.tokenizer`` has it; None where it is not known.

    Raises:
        MissingExtraError: when transformers is not installed.
        MissingInputError: when there is no such file, and the hub cannot be asked.
        StudyError: for a setting that the configuration does not have.
        UnsafeError: for weights that are a pickle, or a model that is a program.
        ModelError: when the configuration cannot be read.
    """
    what, path = f"{where}.model = {model!r}", model.removeprefix(PREFIX)
    transformers = _transformers(what)
    config = _config(transformers, path, what)
    wanted = settings.get("pretrained")
    if not isinstance(wanted, bool | None):
        raise StudyError(f"{where}.pretrained must be true or false, got {wanted!r}")
    pretrained = _has_weights(path, wanted, what)
    given = {key: value for key, value in settings.items() if key != "pretrained"}
    for key, value in given.items():
        _set(config, key, value, where, model)
    if pretrained and vocabulary is not None and tokenizer == "hashing":
        raise StudyError(
            f"{what} starts from weights that know the tokens of their own tokenizer, and data.tokenizer is 'hashing'; "
            f"set data.tokenizer = {path!r}, or {where}.pretrained = false"
        )
    recipe = _Recipe(transformers, model, path, config, pretrained, frozenset(given), vocabulary, padding or 0)
    return Architecture(model, recipe.build, {"pretrained": pretrained, **given})


def _set(config: Any, key: str, value: Any, where: str, model: str) -> None:
    """Replace a value of a configuration."""
    known = [name for name in config.to_dict() if not name.startswith("_") and name not in _NOT_SETTINGS]
    if key in _NOT_SETTINGS or key.startswith("_") or not hasattr(config, key):
        raise StudyError(f"[{where}] has no key {key!r} for {model}; {nearest(key, [*known, 'pretrained'])}")
    try:
        setattr(config, key, value)
    except Exception as error:  # of whatever kind a configuration checks its values with
        last_line = str(error).strip().rpartition("\n")[2].strip()
        raise StudyError(
            f"{where}.{key} = {value!r} is refused by the configuration of {model}: {last_line}"
        ) from error


@dataclass(frozen=True)
class _Recipe:
    """How modules of one configuration are made."""

    transformers: Any
    model: str
    path: str
    config: Any
    pretrained: bool
    given: frozenset[str]
    vocabulary: int | None
    padding: int
    tried: set[tuple[int, ...]] = field(default_factory=set)

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """A module for rows of a shape.

        Raises:
            ModelError: when rows and model do not fit together, or its weights do not fit it.
        """
        texts = self.vocabulary is not None
        if not texts and len(shape) != 3:
            raise ModelError(
                f"{self.model} needs texts, or images [channels, height, width]; the data's rows have shape "
                f"{tuple(shape)}; use mlp"
            )
        config = copy.deepcopy(self.config)
        config.num_labels, config.dtype = classes, torch.float32
        self._follow(config, shape)
        maker = self._maker(config, "text" if texts else "image")
        try:
            with _quiet(self.transformers):
                module = self._start(maker, config) if self.pretrained else maker.from_config(config)
        except ModelError:
            raise
        except ImportError as error:
            raise MissingExtraError(
                f"{self.model} cannot be imported from the transformers library that is installed: "
                f"{one_line(_root(error))}"
            ) from error
        except Exception as error:  # whatever a configuration makes of its values
            raise ModelError(f"{self.model} cannot be built: {one_line(error)}") from error
        module.config._name_or_path = ""  # where it came from is no property of the model
        before = _Texts(self.padding) if texts else _Images(self._normalise(shape[0]))
        module.register_forward_pre_hook(before, with_kwargs=True)
        if texts and tuple(shape) not in self.tried:
            self._try(module, shape)
            self.tried.add(tuple(shape))
        return module  # type: ignore[no-any-return]

    def _follow(self, config: Any, shape: Sequence[int]) -> None:
        """Set what follows the data."""
        if self.vocabulary is not None:
            config.pad_token_id = self.padding
            if not self.pretrained and "vocab_size" not in self.given:
                config.vocab_size = self.vocabulary
            if config.vocab_size < self.vocabulary:
                raise ModelError(
                    f"{self.model} knows {config.vocab_size:,} tokens and the data have {self.vocabulary:,}; is "
                    f"data.tokenizer the model's own ({self.path})?"
                )
        elif not self.pretrained:
            height, width = shape[1:]
            for key, value in (
                ("num_channels", shape[0]),
                ("image_size", height if height == width else (height, width)),
            ):
                if hasattr(config, key) and key not in self.given:
                    setattr(config, key, value)

    def _maker(self, config: Any, rows: str) -> Any:
        """The class that makes classifiers of texts or of images."""
        maker = {
            "text": self.transformers.AutoModelForSequenceClassification,
            "image": self.transformers.AutoModelForImageClassification,
        }[rows]
        if type(config) not in maker._model_mapping:
            raise ModelError(
                f"{self.model} is a {config.model_type} model, of which transformers has no {rows} classifier"
            )
        return maker

    def _start(self, maker: Any, config: Any) -> Any:
        """A module that starts from pretrained weights."""
        module, found = maker.from_pretrained(
            self.path,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
        base = f"{module.base_model_prefix}."
        missing = sorted(key for key in found["missing_keys"] if key.startswith(base) and "pooler" not in key)
        differing = sorted(each for each in found["mismatched_keys"] if each[0].startswith(base))
        complaints = [
            *([f"{len(missing)} missing ({missing[0]} …)"] if missing else []),
            *(f"{key} has shape {tuple(file)}, expected {tuple(own)}" for key, file, own in differing[:1]),
        ]
        if complaints:
            raise ModelError(f"the weights of {self.model} do not fit the model: {'; '.join(complaints)}")
        return module

    @torch.no_grad()
    def _try(self, module: nn.Module, shape: Sequence[int]) -> None:
        """See that the model reads a row without padding: positions end where a configuration says."""
        token = 1 if self.padding == 0 else 0
        try:
            with eval_mode(module):
                module(torch.full((1, *shape), token, dtype=torch.int32))
        except (RuntimeError, ValueError, IndexError) as error:
            raise ModelError(
                f"{self.model} cannot read rows of {shape[0]:,} tokens ({one_line(error)}); lower data.length"
            ) from error

    def _normalise(self, channels: int) -> Normalise | None:
        """What a pretrained model of images wants done to them, as its folder says."""
        if not self.pretrained:
            return None
        file = self.transformers.utils.cached_file(
            self.path, "preprocessor_config.json", _raise_exceptions_for_missing_entries=False
        )
        if file is None:
            return None
        facts = json.loads(Path(file).read_text("utf-8"))
        mean, deviation = facts.get("image_mean"), facts.get("image_std")
        return Normalise(mean, deviation, channels) if facts.get("do_normalize", True) and mean and deviation else None


class _Texts:
    """A hook that turns token numbers into what text models are called with."""

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def __call__(
        self, module: nn.Module, rows: tuple[Tensor, ...], beside: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Positional and named arguments; those of a caller who names them are left alone."""
        if not rows:
            return rows, beside
        real = rows[0] != self.padding
        # a row without a token attends to its padding: attention to nothing at all would not be a number
        seen = real | ~real.any(-1, keepdim=True)
        return (), {"input_ids": rows[0].long(), "attention_mask": seen.long(), **beside}


class _Images:
    """A hook that turns images into what image models are called with."""

    def __init__(self, normalise: Normalise | None) -> None:
        self.normalise = normalise

    def __call__(
        self, module: nn.Module, rows: tuple[Tensor, ...], beside: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Positional and named arguments; those of a caller who names them are left alone."""
        if not rows:
            return rows, beside
        return (), {"pixel_values": rows[0] if self.normalise is None else self.normalise(rows[0]), **beside}


def _transformers(what: str) -> Any:
    try:
        import transformers  # noqa: PLC0415 (heavy, and an extra)
    except ModuleNotFoundError as error:
        if error.name != "transformers":
            raise MissingExtraError(
                f"{what} needs transformers, which cannot be imported: {one_line(error)}"
            ) from error
        raise MissingExtraError(
            f'{what} needs transformers, which is not installed: pip install "overproof[hf]"'
        ) from error
    return transformers


def _config(transformers: Any, path: str, what: str) -> Any:
    """The configuration that a path holds."""
    here = Path(path)
    if here.is_dir() and not (here / "config.json").is_file():
        raise MissingInputError(f"{what}: the folder has no config.json")
    if not here.exists() and _HUB_NAME.fullmatch(path) is None:
        raise MissingInputError(f"{what}: {path} does not exist (current folder: {Path.cwd()})")
    try:
        if not here.exists():
            _ask_once(path)
        with _quiet(transformers):
            return transformers.AutoConfig.from_pretrained(path, trust_remote_code=False)
    except Exception as error:  # of the network, of the file, of the values in it
        if "trust_remote_code" in str(error):
            raise UnsafeError(f"{what} is a model that comes with code of its own, which is not run") from error
        if here.exists():
            raise ModelError(f"{what}: the configuration cannot be read: {one_line(error)}") from error
        raise MissingInputError(
            f"{what} is not in the current folder ({Path.cwd()}), and the Hugging Face hub cannot give it: "
            f"{one_line(error)}"
        ) from error


def _ask_once(name: str) -> None:
    """See that a configuration is kept on this machine, or that the hub has it.

    transformers asks again and again where nobody answers, for 20 seconds and more.

    Raises:
        Exception: of the network, or of the hub.
    """
    import huggingface_hub  # noqa: PLC0415 (an extra, which transformers brings)

    if not isinstance(huggingface_hub.try_to_load_from_cache(name, "config.json"), str):
        huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(name, "config.json"))


def _has_weights(path: str, wanted: bool | None, what: str) -> bool:
    """Whether fresh modules start from weights: a name on the hub has some, and a folder where they are safetensors."""
    folder = Path(path)
    if wanted is False or not folder.exists() or any((folder / name).is_file() for name in _SAFE):
        return wanted is not False
    for name in _PICKLES:
        if (folder / name).is_file():
            raise UnsafeError(
                f"{folder / name} is a pickle, and loading a pickle can run code; save the model with "
                "save_pretrained(), which writes safetensors, or set pretrained = false to start fresh"
            )
    if wanted:
        raise MissingInputError(f"{what} has no weights: there is no {_SAFE[0]} in {path}; leave pretrained out")
    return False


def _root(error: Exception) -> Exception:
    """What began a chain of errors: a library that transformers imports, and that is broken."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Without bars and reports: what matters in them is raised."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()

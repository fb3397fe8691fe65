"""Classifiers of the transformers library that were brought: a folder with weights, read without running its code.

Texts go through the folder's own tokenizer, images through the sizes and scales of its own image processor.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import DataError, ModelError, StudyError, UnsafeError, nearest
from overproof.models.architecture import logits_of
from overproof.models.inference import BATCH
from overproof.sources.files import parsing
from overproof.study import Teacher
from overproof.teachers.classes import match
from overproof.teachers.extras import library
from overproof.teachers.outputs import Kind, Reading
from overproof.teachers.teacher import Shown, Voice

_TEXTS, _IMAGES = "ForSequenceClassification", "ForImageClassification"
#: Tokens of a row are padded to a multiple of this; a row's bits depend on its own length only.
_STEP = 32
#: Longest row of tokens where neither tokenizer nor model says one.
_LONGEST = 512
#: Positions of these begin after the number of the padding token.
_SHIFTED = ("roberta", "xlm-roberta", "camembert", "longformer")


def has_weights(folder: Path) -> bool:
    """Whether a folder holds a configuration and weights of any kind."""
    return (folder / "config.json").is_file() and any(
        file.suffix in (".safetensors", ".bin") for file in folder.iterdir() if file.is_file()
    )


class Transformers(Voice):
    """A sequence or image classifier with its weights."""

    def __init__(self, folder: Path, table: Teacher, data: Dataset, where: str) -> None:
        self.name = f"hf:{folder}"
        for setting in table.settings:
            hint = nearest(setting, Teacher.model_fields)
            raise StudyError(f"[{where}] has no key {setting!r} beside a model with weights; {hint}")
        if not any(file.suffix == ".safetensors" for file in folder.iterdir()):
            raise UnsafeError(
                f"{self.name} has weights as a pickle only, and loading a pickle can run code; save it again with "
                "model.save_pretrained(folder), which writes safetensors"
            )
        config = _json(folder / "config.json")
        images = _wants_images(config, data, self.name)
        self.sees_views = images
        self.device = torch.device("cpu")
        """Where it is asked."""
        library("transformers", self.name)
        self._model = _model(folder, self.name, images=images)
        self._prepare = _Pictures(folder, config, self.name) if images else _Texts(folder, config, self.name)
        order = match(_names(config), table.classes, data, self.name)
        kind: Kind = "values" if data.task == "regression" else "logits"
        self._reading = Reading(self.name, kind if table.output == "auto" else table.output, order)
        self.notes = order.notes
        version = library("transformers", self.name).__version__
        self._facts = {"folder": _digest(folder), "transformers": version, "torch": torch.__version__}

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """Its logits; see :class:`Voice`."""
        said = np.zeros((len(shown.rows), self._model.config.num_labels), dtype=np.float32)
        self._model.to(self.device)
        with torch.inference_mode():
            for rows in self._prepare.together(shown):
                for start in range(0, len(rows), BATCH):
                    batch = rows[np.arange(start, start + BATCH).clip(max=len(rows) - 1)]
                    given = {key: value.to(self.device) for key, value in self._prepare(shown, batch).items()}
                    kept = batch[: len(rows) - start]
                    said[kept] = logits_of(self._model(**given)).float().cpu().numpy()[: len(kept)]
        return self._reading.targets(said, shown)

    def components(self) -> dict[str, Any] | None:
        """The bytes of the folder, and what runs them."""
        return {**self._facts, "device": self.device.type}


class _Texts:
    """From texts to the numbers of the folder's own tokenizer."""

    def __init__(self, folder: Path, config: Mapping[str, Any], who: str) -> None:
        # without files, the library makes a tokenizer that knows no word
        if not any(re.match(r"tokenizer|vocab|.*\.(model|spm)$", file.name) for file in folder.iterdir()):
            raise ModelError(
                f"{who} has no tokenizer beside its weights; save it there, tokenizer.save_pretrained(folder)"
            )
        auto = library("transformers", who).AutoTokenizer
        try:
            self._tokenizer = auto.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        except Exception as error:  # whatever the folder makes it raise
            raise ModelError(f"{who} has no tokenizer that can be loaded ({one_line(error)})") from error
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.unk_token
        positions = int(config.get("max_position_embeddings") or _LONGEST)
        if config.get("model_type") in _SHIFTED:
            positions -= int(config.get("pad_token_id") or 0) + 1
        self._longest = int(min(positions, self._tokenizer.model_max_length, 2**16))

    def together(self, shown: Shown) -> list[NDArray[np.int64]]:
        """Rows that are padded to the same length."""
        texts = self._tokenizer(shown.texts, truncation=True, max_length=self._longest)["input_ids"]
        lengths = np.array([-(-max(1, len(text)) // _STEP) for text in texts])
        return [np.flatnonzero(lengths == length) for length in np.unique(lengths)]

    def __call__(self, shown: Shown, rows: NDArray[np.int64]) -> dict[str, Tensor]:
        """What the model takes of some rows, which :meth:`together` found together."""
        assert shown.data.tokens is not None
        texts = [shown.data.tokens.texts[shown.rows[row]] for row in rows]
        # rows that were found together are padded alike, so that one of them tells for all
        first = self._tokenizer(texts[0], truncation=True, max_length=self._longest)["input_ids"]
        length = min(self._longest, -(-max(1, len(first)) // _STEP) * _STEP)
        given = self._tokenizer(texts, truncation=True, max_length=length, padding="max_length", return_tensors="pt")
        return dict(given)


class _Pictures:
    """From images in [0, 1] to the sizes and scales of the folder's own image processor."""

    def __init__(self, folder: Path, config: Mapping[str, Any], who: str) -> None:
        file = folder / "preprocessor_config.json"
        if not file.is_file():
            raise ModelError(f"{who} has no preprocessor_config.json, which says how its images are sized and scaled")
        self._own = _json(file)
        self._channels = int(config.get("num_channels") or 3)
        self._who = who

    def together(self, shown: Shown) -> list[NDArray[np.int64]]:
        """All rows: images of a data set have one size."""
        return [np.arange(len(shown.rows))]

    def __call__(self, shown: Shown, rows: NDArray[np.int64]) -> dict[str, Tensor]:
        """What the model takes of some rows."""
        images = torch.from_numpy(np.ascontiguousarray(shown.inputs[rows], dtype=np.float32))
        if images.shape[1] != self._channels:
            if images.shape[1] != 1:
                raise ModelError(
                    f"{self._who} takes images of {self._channels} channels, the data have {images.shape[1]}"
                )
            images = images.expand(-1, self._channels, -1, -1)
        images = self._sized(images)
        if self._own.get("do_rescale", True):
            images = images * (255 * float(self._own.get("rescale_factor", 1 / 255)))
        else:
            images = images * 255
        if self._own.get("do_normalize", True):
            mean, deviation = (torch.tensor(self._own.get(key, [0.5])) for key in ("image_mean", "image_std"))
            images = (images - mean.view(-1, 1, 1)) / deviation.view(-1, 1, 1)
        return {"pixel_values": images}

    def _sized(self, images: Tensor) -> Tensor:
        own, size = self._own, _size(self._own.get("size"))
        if own.get("do_resize", True) and size is not None:
            images = _resized(images, size, own)
        crop = _size(own.get("crop_size"))
        if own.get("crop_pct") and isinstance(size, int) and size < 384:
            crop = (size, size)  # as ConvNeXt's processor does
        if crop is not None and (own.get("do_center_crop") or own.get("crop_pct")):
            high, wide = crop if isinstance(crop, tuple) else (crop, crop)
            top, left = (images.shape[2] - high) // 2, (images.shape[3] - wide) // 2
            images = images[:, :, max(0, top) : max(0, top) + high, max(0, left) : max(0, left) + wide]
        return images


def _resized(images: Tensor, size: int | tuple[int, int], own: Mapping[str, Any]) -> Tensor:
    """Images at the processor's size; one number is the shorter edge. Filters by Pillow's numbers."""
    if isinstance(size, int):
        share = float(own.get("crop_pct") or 1)
        edge = int(size / share) if size < 384 else size
        short = min(images.shape[2:])
        size = (round(images.shape[2] * edge / short), round(images.shape[3] * edge / short))
    if tuple(images.shape[2:]) == size:
        return images
    filters = {0: "nearest-exact", 3: "bicubic"}
    mode = filters.get(int(own.get("resample", 2)), "bilinear")
    smooth = mode != "nearest-exact"
    sized = torch.nn.functional.interpolate(
        images, size=size, mode=mode, align_corners=False if smooth else None, antialias=smooth
    )
    return sized.clamp(0, 1)


def _size(found: Any) -> int | tuple[int, int] | None:
    """A size as processors write it: one number for the shorter edge, or height and width."""
    if isinstance(found, Mapping):
        if "height" in found and "width" in found:
            return int(found["height"]), int(found["width"])
        return int(found["shortest_edge"]) if "shortest_edge" in found else None
    return found if isinstance(found, int) else None


def _json(file: Path) -> dict[str, Any]:
    with parsing(file, "JSON"):
        found = json.loads(file.read_text("utf-8"))
    if not isinstance(found, dict):
        raise DataError(f"{file} holds no table")
    return found


def _wants_images(config: Mapping[str, Any], data: Dataset, who: str) -> bool:
    kinds = [str(name) for name in config.get("architectures") or []]
    if not any(kind.endswith((_TEXTS, _IMAGES)) for kind in kinds):
        raise ModelError(
            f"{who} is no classifier ({', '.join(kinds) or 'its config names no architecture'}); expected "
            f"…{_TEXTS} or …{_IMAGES}"
        )
    images = any(kind.endswith(_IMAGES) for kind in kinds)
    if images and len(data.shape) != 3:
        raise ModelError(f"{who} is an image classifier, and the rows of the data are no images")
    if not images and data.tokens is None:
        raise ModelError(f"{who} is a classifier of texts, and the rows of the data are no texts; set data.text")
    return images


def _model(folder: Path, who: str, *, images: bool) -> Any:
    transformers = library("transformers", who)
    auto = transformers.AutoModelForImageClassification if images else transformers.AutoModelForSequenceClassification
    logging = transformers.utils.logging
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        model, found = auto.from_pretrained(
            str(folder),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            dtype=torch.float32,
        )
    except Exception as error:  # whatever the folder makes it raise
        raise ModelError(f"{who} cannot be loaded ({one_line(error)})") from error
    finally:
        logging.set_verbosity(before)
    absent = sorted(found["missing_keys"])
    if absent:
        raise ModelError(
            f"{who} has no weights for {absent[0]} ({len(absent)} missing), so it is no trained classifier"
        )
    return model.eval()


def _names(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Names of the labels, where they are more than their places."""
    found = config.get("id2label")
    if not isinstance(found, Mapping):
        return None
    names = tuple(str(found[key]) for key in sorted(found, key=int))
    return None if all(re.fullmatch(r"LABEL_\d+", name) for name in names) else names


def _digest(folder: Path) -> str:
    """Of all files of the folder that a model is made of."""
    whole = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.suffix in (".json", ".txt", ".model", ".safetensors"):
            with file.open("rb") as stream:
                whole.update(f"{file.name} {hashlib.file_digest(stream, 'sha256').hexdigest()} ".encode())
    return whole.hexdigest()

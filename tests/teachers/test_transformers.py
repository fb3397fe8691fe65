from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from overproof.errors import DataError, ModelError, StudyError, UnsafeError
from overproof.teachers.teacher import Shown
from overproof.teachers.transformers import Transformers
from tests.teachers.pupils import ROWS, everything, images, made, table, texts

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.usefixtures("torchvision_loads")

TEXTS, IMAGES = texts(), images(3)


def tokenizer() -> Any:
    """Words by their numbers."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = sorted({word for text in everything(TEXTS).texts for word in text.split()})
    numbers = {name: place for place, name in enumerate(["[PAD]", "[UNK]", *words])}
    own = {"unk_token": "[UNK]"}
    made = Tokenizer(WordLevel(numbers, **own))
    made.pre_tokenizer = Whitespace()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **own, **{"pad_token": "[PAD]"})


def of_texts(folder: str = "texts", names: tuple[str, ...] | None = ("neg", "pos"), **settings: Any) -> Any:
    """A folder with a small classifier of texts, and the classifier."""
    torch.manual_seed(0)
    named = {} if names is None else {"id2label": dict(enumerate(names))}
    config = transformers.BertConfig(
        vocab_size=60,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        **named,
        **settings,
    )
    model = transformers.BertForSequenceClassification(config).eval()
    with torch.no_grad():
        model.classifier.weight.mul_(20)
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return model


def of_images(folder: str = "images", processor: dict[str, Any] | None = None, channels: int = 3) -> Any:
    """A folder with a small classifier of images, and the classifier."""
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=12,
        patch_size=4,
        num_channels=channels,
        id2label={0: "ü", 1: "cat", 2: "dog"},
    )
    model = transformers.ViTForImageClassification(config).eval()
    model.save_pretrained(folder)
    own = {"size": {"height": 12, "width": 12}, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}
    Path(folder, "preprocessor_config.json").write_text(json.dumps({**own, **(processor or {})}), "utf-8")
    return model


def test_texts_go_through_its_own_tokenizer() -> None:
    model = of_texts()
    voice = made("hf:texts", TEXTS)
    assert isinstance(voice, Transformers)
    assert not voice.sees_views
    assert voice.notes == ()
    found = voice.answer(everything(TEXTS))
    for row in (0, 17):
        with torch.no_grad():
            alone = model(**tokenizer()(everything(TEXTS).texts[row], return_tensors="pt")).logits[0]
        np.testing.assert_allclose(found[row], alone, rtol=1e-3, atol=1e-4)
    rows = np.array([30, 2])
    np.testing.assert_array_equal(voice.answer(Shown.of(TEXTS, rows)), found[rows])


def test_long_texts_are_cut() -> None:
    of_texts()
    assert TEXTS.tokens is not None
    long = ("good " * 500, *TEXTS.tokens.texts[1:])
    data = replace(TEXTS, tokens=replace(TEXTS.tokens, texts=long))
    voice = made("hf:texts", data)
    assert [rows.tolist() for rows in voice._prepare.together(everything(data))] == [list(range(1, ROWS)), [0]]
    said = voice.answer(everything(data))
    np.testing.assert_array_equal(said[1:], made("hf:texts", TEXTS).answer(everything(TEXTS))[1:])


def test_labels_go_by_name() -> None:
    of_texts()
    straight = made("hf:texts", TEXTS).answer(everything(TEXTS))
    of_texts("swapped", ("pos", "neg"))
    voice = made("hf:swapped", TEXTS)
    np.testing.assert_array_equal(voice.answer(everything(TEXTS)), straight[:, ::-1])
    assert voice.notes == ("hf:swapped: outputs reordered by the names of the classes",)
    of_texts("other", ("pos", "good"))
    with pytest.raises(ModelError, match="hf:other knows 2 classes, the data have 2; only in the teacher: 'good'"):
        made("hf:other", TEXTS)


def test_labels_by_place_are_no_names() -> None:
    of_texts(names=None)
    with pytest.raises(ModelError, match="hf:texts does not say which classes"):
        made("hf:texts", TEXTS)
    swapped = made("hf:texts", TEXTS, classes=["pos", "neg"]).answer(everything(TEXTS))
    straight = made("hf:texts", TEXTS, classes=["neg", "pos"]).answer(everything(TEXTS))
    np.testing.assert_array_equal(swapped, straight[:, ::-1])


@pytest.mark.parametrize("rescale", [True, False])
def test_images_go_through_its_own_sizes_and_scales(rescale: bool) -> None:
    model = of_images(processor={"do_rescale": rescale, "resample": 0, "do_resize": True})
    voice = made("hf:images", IMAGES)
    assert voice.sees_views
    pixels = IMAGES.inputs.repeat(2, axis=2).repeat(2, axis=3) * (1 if rescale else 255)
    mean, deviation = (np.array(each).reshape(3, 1, 1) for each in ([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]))
    with torch.no_grad():
        expected = model(torch.from_numpy((pixels - mean) / deviation).float()).logits.numpy()
    np.testing.assert_allclose(voice.answer(everything(IMAGES)), expected[:, [1, 2, 0]], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("data", [images(1), IMAGES], ids=["grey", "colour"])
@pytest.mark.parametrize(
    "processor",
    [
        {"size": {"shortest_edge": 14}, "crop_size": {"height": 12, "width": 12}, "do_center_crop": 1, "resample": 3},
        {"size": {"shortest_edge": 12}, "crop_pct": 0.875},
        {"size": 12, "do_normalize": False, "rescale_factor": 1 / 127.5},
    ],
)
def test_sizes_in_other_forms(data: Any, processor: dict[str, Any]) -> None:
    of_images(processor=processor)
    assert made("hf:images", data).answer(everything(data)).shape == (ROWS, 3)


def test_sizes_are_those_of_the_library_s_own_processor() -> None:
    """Bilinear and antialiased, as Pillow does it, up to the rounding of 8 bits."""
    pytest.importorskip("PIL")
    from PIL import Image

    of_images()
    voice = made("hf:images", IMAGES)
    found = voice._prepare._sized(torch.from_numpy(IMAGES.inputs[:1]))[0].numpy()
    picture = Image.fromarray((IMAGES.inputs[0].transpose(1, 2, 0) * 255).round().astype(np.uint8))
    expected = np.asarray(picture.resize((12, 12), Image.Resampling.BILINEAR)).transpose(2, 0, 1) / 255
    np.testing.assert_allclose(found, expected, atol=1.5 / 255)


def test_folders_that_do_not_fit() -> None:
    of_texts()
    of_images()
    with pytest.raises(ModelError, match="hf:images is an image classifier, and the rows of the data are no images"):
        made("hf:images", TEXTS)
    with pytest.raises(ModelError, match="hf:texts is a classifier of texts, and the rows of the data are no texts"):
        made("hf:texts", table())
    Path("images/preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match=r"hf:images has no preprocessor_config.json"):
        made("hf:images", IMAGES)
    of_images("grey", channels=1)
    grey = made("hf:grey", IMAGES)
    with pytest.raises(ModelError, match="takes images of 1 channels, the data have 3"):
        grey.answer(everything(IMAGES))
    with pytest.raises(StudyError, match="no key 'layers' beside a model with weights"):
        made("hf:texts", TEXTS, layers=3)
    for file in Path("texts").glob("token*"):
        file.unlink()
    with pytest.raises(ModelError, match="hf:texts has no tokenizer beside its weights"):
        made("hf:texts", TEXTS)


def test_a_model_without_a_trained_head_is_refused() -> None:
    model = of_texts()
    model.bert.save_pretrained("bare")
    with pytest.raises(ModelError, match=r"hf:bare is no classifier \(BertModel\); expected …ForSequence"):
        made("hf:bare", TEXTS)
    config = json.loads(Path("bare/config.json").read_text("utf-8"))
    config["architectures"] = ["BertForSequenceClassification"]
    Path("bare/config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match=r"hf:bare has no weights for classifier.bias \(2 missing\)"):
        made("hf:bare", TEXTS)


def test_pickles_are_refused() -> None:
    model = of_texts()
    Path("texts/model.safetensors").unlink()
    torch.save(model.state_dict(), "texts/pytorch_model.bin")
    with pytest.raises(UnsafeError, match="hf:texts has weights as a pickle only"):
        made("hf:texts", TEXTS)


def test_damaged_folders_are_one_sentence() -> None:
    of_texts()
    Path("texts/tokenizer.json").write_bytes(b"no")
    with pytest.raises(ModelError, match=r"^hf:texts has no tokenizer that can be loaded \(.+\)$"):
        made("hf:texts", TEXTS)
    Path("texts/model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError, match=r"^hf:texts cannot be loaded \(.+\)$"):
        made("hf:texts", TEXTS)
    Path("texts/config.json").write_bytes(b"no")
    with pytest.raises(DataError, match=r"config.json cannot be read as JSON"):
        made("hf:texts", TEXTS)


def test_a_configuration_alone_is_no_teacher_of_this_kind() -> None:
    of_texts()
    Path("texts/model.safetensors").unlink()
    assert made("hf:texts", TEXTS) is None
    assert made("hf:nowhere", TEXTS) is None


def test_the_bytes_of_the_folder_are_what_it_depends_on() -> None:
    of_texts()
    one = made("hf:texts", TEXTS).components()
    assert made("hf:texts", TEXTS).components() == one
    of_texts("other", hidden_act="relu")
    assert made("hf:other", TEXTS).components() != one

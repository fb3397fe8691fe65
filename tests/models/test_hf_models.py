"""Classifiers of the transformers library, which is an extra."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from overproof.errors import MissingExtraError, MissingInputError, ModelError, OverproofError, StudyError, UnsafeError
from overproof.models.architecture import Architecture, check_fresh, check_outputs, logits_of
from overproof.models.catalogue import architecture
from overproof.study import Student
from overproof.targets import fingerprint

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
LENGTH, PADDING = 12, 0


@pytest.fixture
def written(transformers: Any, tmp_path: Path) -> Callable[..., Path]:
    """Writes a configuration into a folder."""

    def write(kind: str, **values: Any) -> Path:
        folder = tmp_path / kind
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"model_type": kind, **TINY, **values}), "utf-8")
        return folder

    return write


def made(path: Path | str, vocabulary: int | None = 50, tokenizer: str | None = None, **values: Any) -> Architecture:
    table = Student.model_validate({"model": f"hf:{path}", **values})
    return architecture(table, "student", vocabulary=vocabulary, padding=PADDING, tokenizer=tokenizer)


def tokens() -> torch.Tensor:
    rows = torch.randint(1, 50, (4, LENGTH), dtype=torch.int32, generator=torch.Generator().manual_seed(0))
    for row, length in enumerate((12, 5, 1, 0)):
        rows[row, length:] = PADDING
    return rows


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta", "gpt2", "llama"])
def test_text_classifiers_follow_the_data(written: Callable[..., Path], kind: str) -> None:
    values = {"dim": 16, "hidden_dim": 32, "n_heads": 2, "n_layers": 1, "n_embd": 16, "n_head": 2, "n_layer": 1}
    own = {key: value for key, value in values.items() if kind in ("distilbert", "gpt2")}
    architecture = made(written(kind, **own))
    check_fresh(architecture, (LENGTH,), 5, "student")
    module: Any = architecture.fresh((LENGTH,), 5, 0)
    check_outputs(module, tokens(), 5, "student")
    assert (module.config.vocab_size, module.config.pad_token_id, module.config.num_labels) == (50, PADDING, 5)
    assert architecture.settings == {"pretrained": False}
    module.eval()
    wanted = logits_of(module(tokens()))
    for row, length in enumerate((12, 5, 1)):  # padding means nothing, however much there is of it
        torch.testing.assert_close(logits_of(module(tokens()[row : row + 1, :length]))[0], wanted[row])
    ids, mask = tokens().long(), (tokens() != PADDING).long()
    mask[3] = 1  # a row without a token
    torch.testing.assert_close(module(input_ids=ids, attention_mask=mask).logits, wanted)
    assert len(fingerprint.digest(module)) == 64


def test_a_digest_does_not_import_the_library(written: Callable[..., Path]) -> None:
    # what it imports depends on what was imported before, and so would the digest
    module = made(written("bert")).fresh((LENGTH,), 3, 0)
    before = {name for name in sys.modules if name.startswith("transformers.")}
    fingerprint.digest(module)
    assert {name for name in sys.modules if name.startswith("transformers.")} == before


def test_image_classifiers_follow_the_data(written: Callable[..., Path]) -> None:
    architecture = made(written("vit", patch_size=7), vocabulary=None)
    check_fresh(architecture, (1, 28, 28), 5, "student")
    module: Any = architecture.fresh((1, 28, 28), 5, 0).eval()
    assert (module.config.image_size, module.config.num_channels) == (28, 1)
    check_outputs(module, torch.rand(2, 1, 28, 28), 5, "student")
    rows = torch.rand(2, 1, 28, 28)
    assert torch.equal(logits_of(module(rows)), module(pixel_values=rows).logits)


def test_a_configuration_file_is_enough(written: Callable[..., Path]) -> None:
    file = written("bert") / "config.json"
    assert (
        made(file).fresh((LENGTH,), 3, 0).state_dict().keys()
        == made(file.parent).fresh((LENGTH,), 3, 0).state_dict().keys()
    )


def test_settings_replace_values_of_the_configuration(written: Callable[..., Path]) -> None:
    folder = written("bert")
    architecture = made(folder, num_hidden_layers=1, hidden_size=8, hidden_dropout_prob=0.5)
    module: Any = architecture.fresh((LENGTH,), 3, 0)
    assert len(module.bert.encoder.layer) == 1
    assert module.config.hidden_size == 8
    assert architecture.settings == {
        "pretrained": False,
        "num_hidden_layers": 1,
        "hidden_size": 8,
        "hidden_dropout_prob": 0.5,
    }
    assert made(folder).fresh((LENGTH,), 3, 0).config.hidden_size == 16  # type: ignore[union-attr]


@pytest.fixture
def pretrained(transformers: Any, written: Callable[..., Path]) -> tuple[Path, Any]:
    """A folder with weights for three classes, and the model that they are of."""
    folder = written("bert", vocab_size=50, pad_token_id=PADDING, num_labels=3)
    torch.manual_seed(5)
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    model.save_pretrained(folder)
    return folder, model


def differing(module: Any, wanted: Any) -> set[str]:
    own = module.state_dict()
    return {
        name
        for name, tensor in wanted.state_dict().items()
        if name not in own or tensor.shape != own[name].shape or not torch.equal(tensor, own[name])
    }


def test_weights_in_the_folder_are_the_start(pretrained: tuple[Path, Any]) -> None:
    folder, model = pretrained
    architecture = made(folder, tokenizer=str(folder))
    assert architecture.settings == {"pretrained": True}
    check_fresh(architecture, (LENGTH,), 3, "student")
    module: Any = architecture.fresh((LENGTH,), 3, 0)
    assert not differing(module, model)
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())
    torch.testing.assert_close(
        logits_of(module.eval()(tokens()[:2])),
        model.eval()(input_ids=tokens()[:2].long(), attention_mask=(tokens()[:2] != PADDING).long()).logits,
    )
    assert str(folder) not in str(vars(module.config))  # elsewhere it is the same model


def test_a_head_of_another_size_starts_fresh(pretrained: tuple[Path, Any]) -> None:
    folder, model = pretrained
    one, same, other = (made(folder).fresh((LENGTH,), 5, seed) for seed in (0, 0, 1))
    assert differing(one, model) == {"classifier.weight", "classifier.bias"}
    assert not differing(one, same)
    assert differing(one, other) == {"classifier.weight"}  # biases start at zero


def test_a_base_without_a_head_starts_a_classifier(transformers: Any, pretrained: tuple[Path, Any]) -> None:
    folder, model = pretrained
    (folder / "model.safetensors").unlink()
    transformers.BertForMaskedLM(model.config).save_pretrained(folder)
    state = transformers.BertForMaskedLM.from_pretrained(folder).bert.state_dict()
    module: Any = made(folder).fresh((LENGTH,), 3, 0)
    assert all(torch.equal(module.bert.state_dict()[name], tensor) for name, tensor in state.items())


def test_weights_can_be_left_alone(pretrained: tuple[Path, Any]) -> None:
    folder, model = pretrained
    architecture = made(folder, pretrained=False, vocabulary=70, tokenizer="hashing")
    module: Any = architecture.fresh((LENGTH,), 3, 0)
    assert "bert.encoder.layer.0.attention.self.query.weight" in differing(module, model)
    assert module.config.vocab_size == 70


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden_size": 8}, r"the weights of hf:.* do not fit the model: bert\..* has shape \(16,\), expected \(8,\)"),
        ({"num_hidden_layers": 3}, r"the weights of hf:.* do not fit the model: 16 missing \(bert.encoder.layer.2"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    pretrained: tuple[Path, Any], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        made(pretrained[0], **values).fresh((LENGTH,), 3, 0)
    assert "\n" not in str(caught.value)


def test_weights_know_the_tokens_of_their_own_tokenizer(pretrained: tuple[Path, Any]) -> None:
    folder = pretrained[0]
    with pytest.raises(
        StudyError, match=r"starts from weights that know the tokens of their own tokenizer, and data.to"
    ):
        made(folder, tokenizer="hashing")
    with pytest.raises(ModelError, match=r"knows 50 tokens and the data have 51; is data.tokenizer the model's own"):
        made(folder, vocabulary=51).fresh((LENGTH,), 3, 0)


@pytest.mark.parametrize("asked", [{}, {"pretrained": True}])
def test_a_pickle_is_never_read(written: Callable[..., Path], asked: dict[str, Any]) -> None:
    folder = written("bert")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(
        UnsafeError, match=r"pytorch_model.bin is a pickle, and loading a pickle can run code; save the "
    ):
        made(folder, **asked)
    assert made(folder, pretrained=False).settings == {"pretrained": False}


def test_a_program_is_never_run(written: Callable[..., Path], tmp_path: Path) -> None:
    folder, canary = written("mine", auto_map={"AutoConfig": "code.Config"}), tmp_path / "canary"
    (folder / "code.py").write_text(f"open({str(canary)!r}, 'w').close()\nclass Config: ...\n", "utf-8")
    with pytest.raises(UnsafeError, match=r"is a model that comes with code of its own, which is not run$"):
        made(folder)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"hidden_siz": 8}, StudyError, r"\[student\] has no key 'hidden_siz' for hf:.*; did you mean 'hidden_size'\?"),
        ({"num_labels": 8}, StudyError, r"\[student\] has no key 'num_labels' for hf:"),
        ({"hidden_size": "wide"}, StudyError, r"student.hidden_size = 'wide' is refused by the configuration of hf:"),
        ({"pretrained": "no"}, StudyError, "student.pretrained must be true or false, got 'no'"),
        (
            {"pretrained": True},
            MissingInputError,
            r"has no weights: there is no model.safetensors in .*; leave pretrain",
        ),
        ({"num_attention_heads": 3}, ModelError, "cannot be built: .*multiple of the number of attention heads"),
        ({"max_position_embeddings": 8}, ModelError, r"cannot read rows of 12 tokens \(.*\); lower data.length"),
        ({"vocab_size": 20}, ModelError, "knows 20 tokens and the data have 50"),
    ],
)
def test_what_is_refused(
    written: Callable[..., Path], values: dict[str, Any], error: type[OverproofError], message: str
) -> None:
    folder = written("bert")
    with pytest.raises(error, match=message) as caught:
        made(folder, **values).fresh((LENGTH,), 3, 0)
    assert "\n" not in str(caught.value)


def test_rows_that_do_not_fit(written: Callable[..., Path]) -> None:
    with pytest.raises(
        ModelError, match=r"needs texts, or images \[channels, height, width\]; the data's rows have sha"
    ):
        made(written("bert"), vocabulary=None).fresh((30,), 3, 0)
    with pytest.raises(ModelError, match=r"is a bert model, of which transformers has no image classifier$"):
        made(written("bert"), vocabulary=None).fresh((1, 8, 8), 3, 0)
    with pytest.raises(ModelError, match=r"is a vit model, of which transformers has no text classifier$"):
        made(written("vit")).fresh((LENGTH,), 3, 0)


def test_what_is_not_there(transformers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["huggingface_hub"].constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MissingInputError, match=r"/none does not exist \(current folder: "):
        made(tmp_path / "none")
    with pytest.raises(MissingInputError, match=r": the folder has no config.json$"):
        made(tmp_path)
    with pytest.raises(
        MissingInputError, match=r"is not in the current folder \(.*\), and the Hugging Face hub cannot g"
    ):
        made("nobody/nothing")
    (tmp_path / "config.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match=r"the configuration cannot be read: "):
        made(tmp_path)


def test_a_hub_that_does_not_answer_is_asked_once(transformers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def silent(url: str) -> None:
        asked.append(url)
        raise ConnectionError("nobody is there")

    monkeypatch.setattr(sys.modules["huggingface_hub"], "get_hf_file_metadata", silent)
    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", lambda *_, **__: pytest.fail("asked again"))
    with pytest.raises(MissingInputError, match=r"the Hugging Face hub cannot give it: nobody is there$"):
        made("nobody/nothing")
    assert [url.endswith("/nobody/nothing/resolve/main/config.json") for url in asked] == [True]


def test_without_transformers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError) as caught:
        made("bert")
    assert str(caught.value) == (
        "student.model = 'hf:bert' needs transformers, which is not installed: pip install \"overproof[hf]\""
    )

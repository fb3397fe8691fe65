"""Models of the timm library, which is an extra."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from overproof.errors import MissingExtraError, MissingInputError, ModelError, StudyError
from overproof.models import timm_models, weights
from overproof.models.architecture import check_fresh, check_outputs, logits_of
from overproof.models.catalogue import architecture
from overproof.study import Student
from overproof.targets import fingerprint

SMALL = "timm:test_resnet"


def student(**values: Any) -> Student:
    return Student.model_validate(values)


@pytest.fixture
def hub(timm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a hub's snapshot on this machine, while the hub itself cannot be reached."""
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    commit, folder = "0" * 40, tmp_path / "models--timm--test_resnet.r160_in1k"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    return folder / "snapshots" / commit


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize(
    ("name", "settings"),
    [("test_resnet", {}), ("mobilenetv3_small_050", {"drop_rate": 0.1}), ("test_vit", {"patch_size": 4})],
)
def test_shapes_follow_the_data(timm: Any, name: str, settings: dict[str, Any], shape: tuple[int, int, int]) -> None:
    made = architecture(student(model=f"timm:{name}", **settings), "student")
    check_fresh(made, shape, 5, "student")
    module = made.fresh(shape, 5, 0)
    check_outputs(module, torch.rand(2, *shape), 5, "student")
    assert made.settings == {"pretrained": False, "normalise": False, **settings}
    # timm's own way to the same module, from the same seed
    size = {"img_size": shape[1:]} if name == "test_vit" else {}
    torch.manual_seed(0)
    own = timm.create_model(name, num_classes=5, in_chans=shape[0], **size, **settings)
    own.load_state_dict(module.state_dict())
    rows = torch.rand(2, *shape)
    assert torch.equal(module.eval()(rows), own.eval()(rows))


def test_initial_weights_are_a_function_of_their_purpose(timm: Any) -> None:
    made = architecture(student(model=SMALL), "student")
    one, same, other = (fingerprint.weights_digest(made.fresh((1, 32, 32), 3, seed)) for seed in (0, 0, 1))
    assert one == same != other


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "timm:resnet81"}, "timm:resnet81' is not a model that timm .* has; did you mean 'resnet18' or "),
        ({"model": "timm:qqqqqq"}, r"timm:qqqqqq' is not a model that timm .* has; timm.list_models\(\) lists [\d,]+"),
        ({"model": "timm:resnet18.a9"}, "resnet18 has no pretrained weights 'a9'; .*a1_in1k"),
        ({"model": "timm:../weights"}, "is not a model that timm"),
        ({"model": SMALL, "pretrained": "yes"}, "student.pretrained must be true or false, got 'yes'"),
        ({"model": SMALL, "normalise": 1}, "student.normalise must be true or false, got 1"),
        ({"model": SMALL, "num_classes": 3}, r"\[student\] has no key 'num_classes' for a model of timm; known: norma"),
        ({"model": SMALL, "checkpoint_path": "a.pth"}, r"\[student\] has no key 'checkpoint_path' for a model of timm"),
        (
            {"model": SMALL, "pretrained_cfg": "a"},
            r"\[student\] has no key 'pretrained_cfg' for a model of timm; did y",
        ),
        (
            {"model": SMALL, "pretrained": True, "weights": "a.pt"},
            "student.weights and student.pretrained = true are tw",
        ),
    ],
)
def test_what_is_refused(timm: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        architecture(student(**values), "student")
    assert "\n" not in str(caught.value)


def test_rows_and_settings_that_do_not_fit(timm: Any) -> None:
    with pytest.raises(
        ModelError, match=r"^timm:test_resnet needs images \[channels, height, width\], the data's rows"
    ):
        architecture(student(model=SMALL), "student").fresh((30,), 3, 0)
    with pytest.raises(
        ModelError, match=r"^timm:test_resnet cannot read texts, and the data's rows are texts; use embe"
    ):
        architecture(student(model=SMALL), "student", vocabulary=10, padding=0)
    made = architecture(student(model=SMALL, widht=3), "student")
    with pytest.raises(ModelError, match=r"^timm:test_resnet cannot be built with {'widht': 3}: .*unexpected keyword"):
        made.fresh((1, 32, 32), 3, 0)
    made = architecture(student(model="timm:test_vit"), "student")  # patches of 16×16
    with pytest.raises(
        ModelError, match=r"^student cannot take rows of shape \(1, 28, 28\): Input height \(28\) should"
    ):
        check_outputs(made.fresh((1, 28, 28), 3, 0), torch.zeros(2, 1, 28, 28), 3, "student")


def test_pretrained_weights_but_for_the_head(timm: Any, hub: Path) -> None:
    torch.manual_seed(7)
    kept = timm.create_model("test_resnet")
    hub.mkdir(parents=True)
    (hub / "model.safetensors").write_bytes(weights.to_bytes(kept.state_dict()))
    made = architecture(student(model=SMALL, pretrained=True), "student")
    assert made.settings == {"pretrained": True, "normalise": True}
    check_fresh(made, (3, 32, 32), 5, "student")
    one, other = made.fresh((3, 32, 32), 5, 0), made.fresh((3, 32, 32), 5, 1)
    for name, tensor in kept.state_dict().items():
        if name.startswith("fc."):
            assert one.state_dict()[name].shape[0] == 5
        else:
            assert torch.equal(one.state_dict()[name], tensor)
    assert not torch.equal(one.state_dict()["fc.weight"], other.state_dict()["fc.weight"])
    # normalised as the model's authors did it
    facts, rows = kept.pretrained_cfg, torch.rand(2, 3, 32, 32)
    mean, deviation = (torch.tensor(facts[key]).reshape(3, 1, 1) for key in ("mean", "std"))
    plain = timm.create_model("test_resnet", num_classes=5)
    plain.load_state_dict(one.state_dict())
    torch.testing.assert_close(one.eval()(rows), plain.eval()((rows - mean) / deviation))
    # all of it, where the number of classes is the same; and where the file lies is no property of the model
    assert torch.equal(made.fresh((3, 32, 32), 1000, 0).state_dict()["fc.weight"], kept.state_dict()["fc.weight"])
    assert str(hub) not in str(vars(one))


def test_pretrained_weights_are_adapted_to_grey_images(timm: Any, hub: Path) -> None:
    kept = timm.create_model("test_resnet")
    hub.mkdir(parents=True)
    (hub / "model.safetensors").write_bytes(weights.to_bytes(kept.state_dict()))
    module = architecture(student(model=SMALL, pretrained=True), "student").fresh((1, 32, 32), 5, 0)
    first = next(part for part in module.modules() if isinstance(part, nn.Conv2d))
    wanted = next(part for part in kept.modules() if isinstance(part, nn.Conv2d))
    torch.testing.assert_close(first.weight, wanted.weight.sum(1, keepdim=True))
    assert logits_of(module(torch.rand(2, 1, 32, 32))).shape == (2, 5)


def test_weights_that_cannot_be_fetched_are_missed(timm: Any, hub: Path) -> None:
    with pytest.raises(MissingInputError) as caught:
        architecture(student(model=SMALL, pretrained=True), "student")
    assert str(caught.value).startswith(
        "student.model = 'timm:test_resnet': the pretrained weights timm/test_resnet.r160_in1k are not on this machine "
        "and cannot be fetched from the Hugging Face hub ("
    )
    assert str(caught.value).endswith("connect once, give weights = a file, or set pretrained = false")
    assert "\n" not in str(caught.value)


def test_without_timm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError) as caught:
        architecture(student(model=SMALL), "student")
    assert str(caught.value) == (
        "student.model = 'timm:test_resnet' needs timm, which is not installed: pip install \"overproof[vision]\""
    )


def test_a_timm_that_cannot_be_imported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "timm.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    with pytest.raises(
        MissingExtraError, match=r"needs timm, which cannot be imported: operator torchvision::nms does n"
    ):
        timm_models.architecture(SMALL, {}, "student")

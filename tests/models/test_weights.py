from __future__ import annotations

import io
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from overproof.errors import DataError, MissingInputError, ModelError, OverproofError, UnsafeError
from overproof.models import weights
from overproof.models.architecture import Architecture, check_fresh
from overproof.models.cnn import CNN
from overproof.models.mlp import MLP
from overproof.targets import fingerprint

STATE = CNN(width=2).build((1, 8, 8), 3).state_dict()


def saved(value: Any, **settings: Any) -> bytes:
    """The bytes of ``torch.save``."""
    buffer = io.BytesIO()
    torch.save(value, buffer, **settings)
    return buffer.getvalue()


def loaded(data: bytes, folder: Path, name: str = "weights.pt") -> dict[str, Tensor]:
    path = folder / name
    path.write_bytes(data)
    return weights.load(path)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and torch.equal(one[name], other[name]) for name in one
    )


# What can be read.


def test_safetensors_survive_with_every_kind_of_number(tmp_path: Path) -> None:
    kinds = [torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.uint8, torch.bool]
    state = {f"part.{kind}".replace("torch.", ""): torch.arange(6).reshape(2, 3).to(kind) for kind in kinds}
    state |= {"scalar": torch.tensor(3.5), "empty": torch.zeros(0, 4), "turned": torch.arange(6.0).reshape(2, 3).T}
    assert same(loaded(weights.to_bytes(state), tmp_path), state)


def test_safetensors_bytes_are_a_function_of_the_state() -> None:
    assert weights.to_bytes(STATE) == weights.to_bytes(dict(STATE))


def test_safetensors_of_every_header_length_are_read(tmp_path: Path) -> None:
    # the file starts with the header's length: 128 looks like the first byte of a pickle
    starts = set()
    for length in range(1, 300):
        state = {"n" * length: torch.tensor([1.0])}
        data = weights.to_bytes(state)
        starts.add(data[0])
        assert same(loaded(data, tmp_path), state)
    assert 0x80 in starts


def test_tied_weights_are_written_twice_and_read_back(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = module[0].weight
    assert same(loaded(weights.to_bytes(module.state_dict()), tmp_path), module.state_dict())


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("under", [None, "state_dict", "model_state_dict", "model"])
def test_checkpoints_that_hold_tensors_are_read(tmp_path: Path, under: str | None, legacy: bool) -> None:
    value = STATE if under is None else {"epoch": 3, under: STATE, "note": "best"}
    assert same(loaded(saved(value, _use_new_zipfile_serialization=not legacy), tmp_path), dict(STATE))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"^weights file .*none\.pt does not exist \(current folder: "):
        weights.load(tmp_path / "none.pt")


# What could run code.


class Canary:
    """Whoever unpickles it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def _evil_pickle(protocol: int) -> Callable[[Path], bytes]:
    return lambda canary: pickle.dumps(Canary(canary), protocol=protocol)


def _evil_archive(canary: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Canary(canary), protocol=2))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    return buffer.getvalue()


def _evil_eval(canary: Path) -> bytes:
    return b"\x80\x02cbuiltins\neval\nX" + _counted(f"open({str(canary)!r}, 'w').close()") + b"\x85R."


def _counted(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode()


EVIL: dict[str, Callable[[Path], bytes]] = {
    **{f"pickle, protocol {protocol}": _evil_pickle(protocol) for protocol in range(6)},
    "checkpoint": lambda canary: saved(Canary(canary)),
    "legacy checkpoint": lambda canary: saved(Canary(canary), _use_new_zipfile_serialization=False),
    "beside the weights": lambda canary: saved({"state_dict": dict(STATE), "optimiser": Canary(canary)}),
    "among the weights": lambda canary: saved({**STATE, "extra": Canary(canary)}),
    "archive by hand": _evil_archive,
    "eval": _evil_eval,
    "checkpoint, protocol 4": lambda canary: saved([Canary(canary)], pickle_protocol=4),
}


@pytest.mark.parametrize("forced", [False, True], ids=["", "forced"])
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
@pytest.mark.parametrize("make", EVIL.values(), ids=EVIL)
def test_a_malicious_file_never_runs(
    make: Callable[[Path], bytes], suffix: str, forced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if forced:
        monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    canary = tmp_path / "canary"
    data = make(canary)
    with pytest.raises(OverproofError) as caught:
        loaded(data, tmp_path, f"weights.{suffix}")
    assert isinstance(caught.value, UnsafeError) or not data.startswith((b"PK", b"\x80"))
    assert not canary.exists()


@pytest.mark.parametrize("name", ["pickle, protocol 0", "pickle, protocol 5", "eval", "checkpoint", "archive by hand"])
def test_the_canary_sings_where_it_is_not_refused(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    data = EVIL[name](canary)
    if data.startswith(b"PK"):
        torch.load(io.BytesIO(data), weights_only=False)
    else:
        pickle.loads(data)  # noqa: S301
    assert canary.exists()


def test_messages_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnsafeError) as caught:
        loaded(pickle.dumps({"weight": 1}), tmp_path, "model.joblib")
    assert str(caught.value) == (
        f"{tmp_path / 'model.joblib'} is a pickle, and loading a pickle can run code; save the state dict as "
        ".safetensors (safetensors.torch.save_file(model.state_dict(), ...))"
    )
    with pytest.raises(UnsafeError) as caught:
        loaded(EVIL["checkpoint"](tmp_path), tmp_path, "teacher.pt")
    assert str(caught.value) == (
        f"{tmp_path / 'teacher.pt'} refers to {os.system.__module__}.system; refused, because loading it could run "
        "code. Save the state dict alone, as .safetensors or with torch.save(model.state_dict(), ...)"
    )


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeError, match=r"refers to torch\.nn\.modules\.linear\.Linear; refused"):
        loaded(saved(nn.Linear(3, 2)), tmp_path)


# What is damaged, or something else.


def test_every_truncation_of_safetensors_is_found(tmp_path: Path) -> None:
    data = weights.to_bytes({"weight": torch.ones(2, 3), "bias": torch.ones(2)})
    for length in range(len(data)):
        with pytest.raises(DataError, match=r"is not a safetensors file or is damaged \("):
            loaded(data[:length], tmp_path)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_truncated_checkpoints_are_refused(tmp_path: Path, legacy: bool) -> None:
    data = saved({"weight": torch.ones(20, 3)}, _use_new_zipfile_serialization=not legacy)
    for length in [*range(1, 60), *range(60, len(data), 41), len(data) - 1]:
        with pytest.raises(OverproofError) as caught:
            loaded(data[:length], tmp_path)
        assert str(tmp_path) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
def test_damaged_bytes_are_read_or_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    whole = {"safetensors": weights.to_bytes(STATE), "zip": saved(STATE)}.get(
        kind, saved(STATE, _use_new_zipfile_serialization=False)
    )
    draw = random.Random(kind)  # noqa: S311
    refusals = []
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(draw.choice([1, 2, 8])):
            data[draw.randrange(draw.choice([600, len(data)]))] = draw.randrange(256)
        try:
            loaded(bytes(data), tmp_path)
        except OverproofError as error:
            refusals.append(str(error))
    assert len(refusals) > 100
    assert not [message for message in refusals if "\n" in message]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"is not a safetensors file or is damaged"),
        (b"<!DOCTYPE html>", r"is not a safetensors file or is damaged"),
        (b"PK\x03\x04 not an archive", r"is damaged: "),
        (saved({"epoch": 3}), r"holds no state dict \(found dict\); save model.state_dict\(\)"),
        (saved({}), r"holds no state dict \(found dict\)"),
        (saved([torch.ones(2)]), r"holds no state dict \(found list\)"),
        (saved({"model": {"weight": "none"}}), r"holds no state dict \(found dict\)"),
    ],
    ids=["empty", "page", "archive", "no tensors", "nothing", "list", "nested"],
)
def test_other_files_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        loaded(data, tmp_path)


# What does not fit.


def test_a_state_that_fits_is_loaded() -> None:
    module = CNN(width=2).build((1, 8, 8), 3)
    weights.load_into(module, STATE, "w.pt")
    assert same(module.state_dict(), dict(STATE))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda state: {name: state[name] for name in sorted(state)[2:]},
            "w.pt does not fit the model: 2 missing (1.bias …)",
        ),
        (
            lambda state: state | {"head.weight": torch.ones(1), "head.bias": torch.ones(1)},
            "w.pt does not fit the model: 2 unexpected (head.bias …)",
        ),
        (
            lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
            "w.pt does not fit the model: 6 missing (1.bias …); 6 unexpected (module.1.bias …)",
        ),
        (
            lambda state: state | {"1.weight": torch.ones(5, 4), "4.bias": torch.ones(9)},
            "w.pt does not fit the model: 1.weight has shape (5, 4), expected (5, 6)",
        ),
        (
            lambda state: {"1.weight": torch.ones(()), "7.bias": state["7.bias"]},
            "w.pt does not fit the model: 4 missing (1.bias …); 1.weight has shape (), expected (5, 6)",
        ),
    ],
    ids=["missing", "unexpected", "renamed", "shapes", "several"],
)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]], message: str
) -> None:
    module = MLP(width=5).build((6,), 2)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    other = MLP(width=5).build((6,), 2).state_dict()
    with pytest.raises(ModelError) as caught:
        weights.load_into(module, change(dict(other)), "w.pt")
    assert str(caught.value) == message
    assert same(module.state_dict(), before)


# Pretrained weights as a start.

MODEL = Architecture.of("cnn", CNN(width=2))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Weights for images of one channel and three classes."""
    path = tmp_path / "start.safetensors"
    path.write_bytes(weights.to_bytes(MODEL.fresh((1, 8, 8), 3, "pretrained").state_dict()))
    return path


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_fresh_modules_start_from_the_weights(file: Path, suffix: str) -> None:
    state = weights.load(file)
    path = file.with_suffix(f".{suffix}")
    if suffix == "pt":
        path.write_bytes(saved({"state_dict": state}))
    started = weights.starting_from(MODEL, path)
    check_fresh(started, (1, 8, 8), 3, "student")
    for seed in (0, 1):
        assert same(started.fresh((1, 8, 8), 3, seed).state_dict(), state)
    assert str(started) == str(MODEL)
    assert weights.fresh_head(MODEL, path, (1, 8, 8), 3) is None


def test_what_a_module_learns_stays_with_it(file: Path) -> None:
    started, state = weights.starting_from(MODEL, file), weights.load(file)
    with torch.no_grad():
        for parameter in started.fresh((1, 8, 8), 3, 0).parameters():
            parameter.zero_()
    assert same(started.fresh((1, 8, 8), 3, 0).state_dict(), state)


def test_a_head_of_other_outputs_stays_fresh(file: Path) -> None:
    state, started = weights.load(file), weights.starting_from(MODEL, file)
    one, other = (started.fresh((1, 8, 8), 5, seed).state_dict() for seed in (0, 1))
    head = [name for name in state if name.startswith("8.")]
    assert len(head) == 2
    assert same({k: v for k, v in one.items() if k not in head}, {k: v for k, v in state.items() if k not in head})
    fresh = MODEL.fresh((1, 8, 8), 5, 0).state_dict()
    assert same({name: one[name] for name in head}, {name: fresh[name] for name in head})
    assert not torch.equal(one["8.weight"], other["8.weight"])
    assert weights.fresh_head(MODEL, file, (1, 8, 8), 5) == (
        f"{file} has a head of 3 outputs; the head of 5 starts fresh."
    )


def test_the_file_is_part_of_what_a_fresh_module_is(file: Path) -> None:
    def digest() -> str:
        return fingerprint.digest(weights.starting_from(MODEL, file).fresh((1, 8, 8), 3, 0))

    before = digest()
    assert digest() == before
    state = weights.load(file)
    state["0.weight"][0, 0, 0, 0] += 1e-6
    file.write_bytes(weights.to_bytes(state))
    assert digest() != before


@pytest.mark.parametrize(
    ("shape", "model", "message"),
    [
        ((3, 8, 8), MODEL, r"does not fit the model: 0.weight has shape \(2, 1, 3, 3\), expected \(2, 3, 3, 3\)"),
        ((1, 12, 12), MODEL, r"does not fit the model: 8\.(weight has shape \(3, 16\)|bias has shape \(3,\)), "),
        ((1, 8, 8), Architecture.of("cnn", CNN(width=3)), r"does not fit the model: 0.bias has shape \(2,\), expected"),
        (
            (1, 8, 8),
            Architecture.of("mlp", MLP()),
            r"does not fit the model: \d missing \(1.bias …\); \d unexpected \(0",
        ),
    ],
    ids=["channels", "size", "width", "another model"],
)
@pytest.mark.parametrize("classes", [3, 5])
def test_every_other_difference_is_refused(
    file: Path, shape: tuple[int, ...], model: Architecture, message: str, classes: int
) -> None:
    started = weights.starting_from(model, file)
    with pytest.raises(ModelError, match=message):
        started.fresh(shape, classes, 0)


def test_an_embedding_of_as_many_words_as_classes_is_no_head(tmp_path: Path) -> None:
    def bag(words: int) -> Architecture:
        return Architecture("bag", lambda shape, classes: nn.Sequential(nn.Embedding(words, 2), nn.Linear(2, classes)))

    path = tmp_path / "bag.safetensors"
    path.write_bytes(weights.to_bytes(bag(7).fresh((3,), 4, 0).state_dict()))
    with pytest.raises(ModelError, match=r"0.weight has shape \(7, 2\), expected \(4, 2\)$"):
        weights.starting_from(bag(4), path).fresh((3,), 4, 0)


def test_a_start_is_read_like_every_file_of_weights(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"^weights file .* does not exist"):
        weights.starting_from(MODEL, tmp_path / "none.safetensors")
    path = tmp_path / "evil.pt"
    path.write_bytes(EVIL["checkpoint"](tmp_path / "canary"))
    with pytest.raises(UnsafeError):
        weights.starting_from(MODEL, path)
    assert not (tmp_path / "canary").exists()

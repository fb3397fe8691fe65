from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from overproof.data.dataset import Dataset, Tokens, assembled, from_arrays
from overproof.errors import OverproofError, UnsafeError
from overproof.models.catalogue import REFERENCES
from overproof.models.cnn import CNN
from overproof.models.cost import macs, parameters
from overproof.study import Study
from overproof.verbs.models import Cost, Listed, at, costs_table, describe, listing, settings_table

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
LABELS = [f"class {number}" for number in range(10)]


def rows(*shape: int) -> Dataset:
    return from_arrays(np.zeros((10, *shape), dtype=np.float32), LABELS, "rows")


def texts(length: int) -> Dataset:
    tokens = np.ones((10, length), dtype=np.int32)
    return assembled(tokens, LABELS, "texts", tokens=Tokens(("a text",) * 10, vocabulary=8192, padding=0))


def models(data: Dataset) -> dict[str, Listed]:
    return {model.name: model for model in at(data)}


def test_every_reference_is_listed_with_its_cost_where_it_fits() -> None:
    found = models(rows(1, 8, 8))
    assert list(found) == sorted(REFERENCES)
    module = CNN().build((1, 8, 8), 10)
    import torch

    assert found["cnn"].here == Cost(parameters(module), macs(module, torch.zeros(1, 1, 8, 8)))
    assert str(found["cnn"].here) == "6,090 parameters, 84,224 MACs"
    assert [found[name].here for name in ("transformer", "embedding-bag")] == ["texts only"] * 2


def test_what_does_not_fit_says_why_in_a_word() -> None:
    table, text = models(rows(30)), models(texts(16))
    images = ("cnn", "depthwise", "resnet")
    assert {table[name].here for name in images} == {text[name].here for name in images} == {"images only"}
    assert {table[name].here for name in ("embedding-bag", "transformer")} == {"texts only"}
    assert text["mlp"].here == "no texts"
    assert isinstance(table["mlp"].here, Cost)
    assert isinstance(text["transformer"].here, Cost)
    small = models(rows(1, 3, 3))["cnn"].here
    assert str(small).startswith("cnn needs images [channels, height, width] of at least 4×4")


def test_a_table_is_counted_as_it_is_encoded() -> None:
    cost = models(rows(30))["mlp"].here
    assert isinstance(cost, Cost)
    assert cost.parameters == 31 * 128 + 129 * 128 + 129 * 10


def test_settings_have_their_ranges() -> None:
    found = models(rows(1, 8, 8))
    assert [str(setting) for setting in found["resnet"].settings] == [
        "depth = 20 (8, 14, 20, 32, 44, 56)",
        "width = 16 (at least 1)",
    ]
    assert [str(setting) for setting in found["depthwise"].settings] == [
        "width = 0.25 (more than 0, at most 4)",
        "dropout = 0 (at least 0, less than 1)",
    ]
    assert "padding = the data's (at least 0)" in map(str, found["transformer"].settings)


def test_the_study_s_own_models_come_first() -> None:
    found = listing(settings=["data.limit=20", 'student={model="mlp", width=7}'])
    assert (found.data, found.shape, found.kind, found.outputs) == ("digits", (1, 8, 8), "images", 10)
    assert found.study["student"] == ("mlp(width=7, dropout=0.0)", Cost(64 * 7 + 7 + 7 * 7 + 7 + 7 * 10 + 10, 567))
    assert found.study["teacher"][0] == "cnn(width=32, dropout=0.3)"


def test_a_study_s_model_that_cannot_be_says_so_and_the_others_are_listed() -> None:
    tables = {
        "data": {"source": "digits"},
        "teacher": {"model": "sklearn:GaussianNB"},
        "student": {"model": "transformer"},
    }
    said = describe(Study.model_validate(tables), ["data.limit=20"])
    assert "student  —: transformer needs texts" in said
    assert re.search(r"^teacher  .*GaussianNB.*: no network$", said, re.MULTILINE)
    assert "mlp — Two hidden layers" in said


def test_code_needs_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import numpy\ndef rows():\n    return numpy.zeros((4, 5)), ['a', 'b', 'a', 'b']\n"
    (tmp_path / "listed_rows.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    settings = ['data.source="listed_rows:rows"']
    with pytest.raises(UnsafeError):
        listing(settings=settings)
    assert listing(settings=settings, trust_study=True).shape == (5,)


def test_what_packages_offer_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "listed_models-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: listed-models\nVersion: 1.0\n", "utf-8")
    offers = "[overproof.models]\nplain = listed_models:plain\nodd = listed_models:odd\nbad = listed_models:bad\n"
    (metadata / "entry_points.txt").write_text(offers, "utf-8")
    (tmp_path / "listed_models.py").write_text(
        "from torch import nn\n"
        'def plain(shape, classes, bias=True):\n    """One layer.\n\n    More."""\n'
        "    return nn.Sequential(nn.Flatten(1), nn.Linear(64, classes, bias=bias))\n"
        "def odd(width):\n    return nn.Linear(width, 3)\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = models(rows(1, 8, 8))
    assert (found["plain"].summary, found["plain"].here) == ("One layer.", Cost(650, 640))
    assert [str(setting) for setting in found["plain"].settings] == ["bias = true"]
    assert str(found["odd"].here).startswith("odd cannot be called with no settings")
    assert "cannot be imported" in str(found["bad"].here)


def test_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "overproof", "models", "--set", "data.limit=20"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "at the rows of digits: images, 1 × 8 × 8, 10 outputs"
    assert all(f"{name} — " in done.stdout for name in (*REFERENCES, "timm:NAME", "hf:PATH", "module:function"))
    assert not list(tmp_path.iterdir())
    done = subprocess.run([*command, "data.source=none.npz"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_a_study_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OverproofError):
        describe(tmp_path / "none.toml")


def test_the_page_has_the_tables_of_the_code() -> None:
    page = PAGE.read_text("utf-8")
    costs = costs_table(
        {
            "30 numbers": rows(30),
            "1×8×8": rows(1, 8, 8),
            "1×28×28": rows(1, 28, 28),
            "3×32×32": rows(3, 32, 32),
            "64 tokens": texts(64),
        }
    )
    for table in (settings_table(rows(1, 8, 8)), costs):
        assert table in page, f"docs/models.md should have:\n{table}"

"""What init writes is a study, says what it saw, and never writes over a file."""

from __future__ import annotations

import gzip
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import overproof
from overproof import study_file
from overproof.errors import DataError, MissingInputError, OutputError, OverproofError, StudyError
from overproof.sources.catalogue import load
from overproof.study import Study


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(source: str, **keys: Any) -> tuple[Study, str]:
    """The study that is written about data, checked, and its text; its data can be loaded."""
    path = overproof.init(source, **keys)
    text = path.read_text("utf-8")
    study = study_file.checked(tomllib.loads(text))
    data = load(study.data, 0)
    assert data.task == study.data.task
    path.unlink()
    assert overproof.init(source, **keys).read_text("utf-8") == text  # the same again
    path.unlink()
    return study, text


def table(name: str, columns: dict[str, Any], separator: str = ",") -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [separator.join(columns), *(separator.join(map(str, row)) for row in rows)]
    Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    return name


def numbers(rows: int, seed: int = 0) -> list[float]:
    return [float(number) for number in np.random.default_rng(seed).standard_normal(rows).round(4)]


def test_without_data_it_is_the_default_study() -> None:
    default = resources.files("overproof").joinpath("default.toml").read_bytes()
    assert overproof.init() == Path("study.toml")
    assert overproof.init("mine.toml").read_bytes() == Path("study.toml").read_bytes() == default
    with pytest.raises(OutputError, match=r"mine\.toml exists; nothing was written"):
        overproof.init("mine.toml")
    with pytest.raises(StudyError, match="no data"):
        overproof.init("other.toml", target="x")


def test_nothing_is_written_over() -> None:
    Path("precious.txt").write_text("mine")
    Path("study.toml").write_text("mine")
    source = table("rows.csv", {"x": numbers(40), "label": ["a", "b"] * 20})
    with pytest.raises(OutputError, match=r"precious\.txt exists; nothing was written"):
        overproof.init("precious.txt")
    with pytest.raises(OutputError, match=r"study\.toml exists; nothing was written"):
        overproof.init(source)
    with pytest.raises(OutputError, match=r"rows\.csv exists; nothing was written"):
        overproof.init(source, out="rows.csv")
    assert {path.read_text() for path in (Path("precious.txt"), Path("study.toml"))} == {"mine"}


def test_a_table() -> None:
    source = table(
        "people.csv",
        {
            "person_id": [f"p{n}" for n in range(60)],
            "age": [n % 31 for n in range(60)],
            "job": ["cook", "clerk", "?"] * 20,
            "weight": [*numbers(59), "na"],
            "ticket": [f"t{n}" for n in range(60)],
            "number": [1000 + n for n in range(60)],
            "family": [n // 3 for n in range(60)],
            "seen": [f"2024-01-{1 + n % 28:02}" for n in range(60)],
            "same": ["x"] * 60,
            "label": ["yes"] * 12 + ["no"] * 48,
        },
    )
    study, text = written(source)
    assert study.data.target == "label"
    assert study.data.task == "binary"
    assert study.data.id == "person_id"
    assert study.data.ignore == ["ticket"]
    assert study.data.missing == ["", "na"]
    assert study.data.groups is study.data.time is None
    for line in (
        "# The column is called 'label'.",
        "# 2 classes: 'no' 48, 'yes' 12.",
        "# All 60 values differ: it names the rows, and no model sees it.",
        "# Nothing to learn from: 'ticket' has 60 different words in 60 rows.",
        "# They stand among numbers, where they mean a missing value.",
        "# Perhaps: 20 values in 60 rows: rows of one value stay on one side of a border.",
        '# groups = "family"',
        '# time = "seen"',
        "# Perhaps: 'same' is the same in every row.",
        "# Perhaps: the values of 'number' all differ, as if they numbered the rows.",
        "# Perhaps: '?' is a category of 1 column, and could mean that a value is missing.",
        "which looked at people.csv: 60 rows, 5 columns of numbers and 2 of categories, 1 cells missing.",
    ):
        assert line in text, line
    assert study.protocol.folds == 5
    assert study.protocol.validation == 0
    assert study.protocol.metric == "accuracy"
    assert study.student.model == "mlp"


@pytest.mark.parametrize(
    ("columns", "target", "why"),
    [
        ({"a": numbers(40), "Label": ["u", "v"] * 20}, "Label", "The column is called 'Label'"),
        ({"HousePrice": numbers(40), "b": numbers(40, 1)}, "HousePrice", "A guess: of 2 columns"),
        ({"a": numbers(40), "kind": ["u", "v"] * 20}, "kind", "A guess: the last column, which has 2 different"),
    ],
)
def test_the_target_is_guessed_and_why_is_said(columns: dict[str, Any], target: str, why: str) -> None:
    study, text = written(table("rows.csv", columns))
    assert study.data.target == target
    assert f"# {why}" in text


def test_a_target_that_cannot_be_guessed_is_asked_for() -> None:
    source = table("rows.csv", {"a": numbers(40), "b": numbers(40, 1), "c": numbers(40, 2)})
    with pytest.raises(DataError, match=r"target cannot be guessed; name it with --target; columns are a, b, c"):
        overproof.init(source)
    assert not Path("study.toml").exists()
    study, text = written(source, target="b")
    assert (study.data.target, study.data.task) == ("b", "regression")
    assert "# b: values from" in text or "values from" in text
    assert study.protocol.metric == "rmse"
    assert "temperature" not in study.methods[0].settings
    several, _ = written(source, target=["a", "b"])
    assert several.data.target == ["a", "b"]
    with pytest.raises(DataError, match=r"no column 'd' \(the target\); known: a, b, c"):
        overproof.init(source, target="d")
    both = table("both.csv", {"price": numbers(40), "value": numbers(40, 1)})
    with pytest.raises(DataError, match="'price', 'value' could each be it"):
        overproof.init(both)


def test_several_labels() -> None:
    source = table("tags.csv", {"x": numbers(40), "red": [0, 1] * 20, "blue": [1, 1, 0, 0] * 10})
    study, text = written(source, target=["red", "blue"])
    assert study.data.task == "multilabel"
    assert "'red' 50.0%, 'blue' 50.0%" in text
    assert study.protocol.metric == "average_precision"


def test_files_of_an_unusual_form() -> None:
    study, text = written(table("semi.csv", {"a": numbers(40), "label": ["u", "v"] * 20}, ";"))
    assert study.data.separator == ";"
    lines = "\n".join(f"{n % 7},{n % 5},{'uv'[n % 2]}" for n in range(40))
    Path("bare.csv").write_text(lines)
    study, text = written("bare.csv")
    assert study.data.columns == ["column_0", "column_1", "column_2"]
    assert "these names are made up" in text
    assert len(load(study.data, 0)) == 40
    Path("latin.csv").write_bytes(("a,label\n" + "1,é\n2,ü\n" * 20).encode("latin-1"))
    study, text = written("latin.csv")
    assert (study.data.encoding, load(study.data, 0).classes) == ("latin-1", ("é", "ü"))
    Path("rows.csv.gz").write_bytes(gzip.compress(("a,label\n" + "1,x\n2,y\n" * 20).encode()))
    assert written("rows.csv.gz")[0].data.source == "rows.csv.gz"


def test_names_that_could_break_a_file_do_not() -> None:
    odd = 'a"]\\ \t\u2028#'
    Path("odd.jsonl").write_text(
        "\n".join(json.dumps({odd: n % 7, "x\ny": "same", "label": ["\x1b[31m", 'q"\n'][n % 2]}) for n in range(40))
    )
    study, text = written("odd.jsonl")
    assert all(not set(line) & {"\x1b", "\u2028", "\t"} for line in text.split("\n"))
    assert study.data.target == "label"


def test_texts() -> None:
    words = ["the", "card", "is", "lost", "please", "send", "me", "a", "new", "one", "today", "how", "it", "works"]
    random = np.random.default_rng(0)
    rows = [
        {"sentence": " ".join(random.choice(words, 25 + n % 3)), "intent": "ab"[n % 2], "who": f"s{n % 9}", "m": [n]}
        for n in range(60)
    ]
    Path("talk.jsonl").write_text("\n".join(map(json.dumps, rows)))
    study, text = written("talk.jsonl")
    assert (study.data.text, study.data.target, study.data.ignore) == ("sentence", "intent", ["m"])
    assert study.data.length == 32
    assert (study.teacher.model, study.student.model) == ("transformer", "embedding-bag")
    assert "models do not see 'who'" in text
    assert "60 rows of text, 26 tokens in the median and 27 at most" in text


def test_images_of_several_sizes() -> None:
    image = pytest.importorskip("PIL.Image")
    for n in range(20):
        path = Path("photos") / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(np.full((90, 100 + n % 3), n, dtype=np.uint8)).save(path)
    study, text = written("photos")
    assert study.data.size == [64, 64]
    assert "images of 64 × 64 pixels with 1 channel" in text
    assert (study.teacher.model, study.student.model) == ("resnet", "cnn")
    assert study.data.target is None


def test_arrays_and_the_digits() -> None:
    random = np.random.default_rng(0)
    np.savez("rows.npz", X=random.standard_normal((60, 3)), answers=np.arange(60) % 3)
    study, text = written("rows.npz", target="answers")
    assert (study.data.target, study.data.task, study.student.model) == ("answers", "multiclass", "mlp")
    np.savez("pixels.npz", X=random.integers(0, 256, (60, 8, 8)).astype(np.uint8), y=np.arange(60) % 3)
    assert written("pixels.npz")[0].teacher.model == "cnn"
    study, text = written("digits")
    assert "1,797 rows, images of 8 × 8 pixels" in text
    assert study.protocol.validation == 0.1


def test_hugging_face() -> None:
    datasets = pytest.importorskip("datasets")
    texts = [f"please tell me about number {n}" for n in range(60)]
    found = datasets.Dataset.from_dict({"text": texts, "idx": [*range(60)], "mood": [n % 2 for n in range(60)]})
    found = found.cast_column("mood", datasets.ClassLabel(names=["sad", "glad"]))
    bars = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        found.save_to_disk("moods")
        tags = datasets.Dataset.from_dict({"x": numbers(60), "labels": [["a"], ["a", "b"], []] * 20})
        tags.save_to_disk("tags")
    finally:
        if not bars:
            datasets.enable_progress_bars()
    study, text = written("hf:moods")
    assert (study.data.source, study.data.text, study.data.target) == ("hf:moods", "text", "mood")
    assert "# The data set says that 'mood' holds the classes." in text
    assert "'sad' 30, 'glad' 30" in text
    study, text = written("hf:tags")
    assert study.data.task == "multilabel"
    assert "'a' 66.7%, 'b' 33.3%" in text


def test_columns_that_no_model_can_take_are_ignored() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": numbers(40), "m": [[n] for n in range(40)], "label": ["u", "v"] * 20})
    frame["n"] = frame["m"]
    frame.to_parquet("rows.parquet")
    study, text = written("rows.parquet")
    assert study.data.ignore == ["m", "n"]
    assert "# No model can take what they hold." in text


def test_folds_fit_the_rarest_class_and_single_rows_are_named() -> None:
    labels = ["a"] * 37 + ["b"] * 3
    study, text = written(table("rare.csv", {"x": numbers(40), "label": labels}))
    assert study.protocol.folds == 3
    assert "the rarest class has no more different rows" in text
    assert "# Only 7.5% of the rows are 'b'" in text
    assert '# metric = "roc_auc"' in text
    _, text = written(table("one.csv", {"x": numbers(40), "label": ["a"] * 39 + ["b"]}))
    assert "A class with one row cannot be tested: 'b'" in text


def test_large_data_get_fewer_epochs_and_a_limit_to_uncomment() -> None:
    small, text = written(table("small.csv", {"x": numbers(200), "label": ["a", "b"] * 100}))
    assert "limit" not in text
    text = overproof.init(table("large.csv", {"x": numbers(160_000), "label": ["a", "b"] * 80_000})).read_text()
    large = study_file.checked(tomllib.loads(text))
    assert "# limit = 60000" in text
    assert large.student.training.epochs < small.student.training.epochs
    assert large.student.training.batch_size > small.student.training.batch_size


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("gone.csv", MissingInputError),
        ("gone", OverproofError),
        ("hf:./gone", MissingInputError),
        ("empty", MissingInputError),
        ("broken.jsonl", DataError),
        ("blank.csv", DataError),
    ],
)
def test_what_cannot_be_looked_at(here: Path, source: str, error: type[OverproofError]) -> None:
    if source.startswith("hf:"):
        pytest.importorskip("datasets")
    (here / "empty").mkdir()
    (here / "broken.jsonl").write_text('{"a": 1\n')
    (here / "blank.csv").write_text("")
    with pytest.raises(error) as raised:
        overproof.init(source)
    assert "\n" not in str(raised.value)
    assert not (here / "study.toml").exists()


def test_real_data(shared_data: Path) -> None:
    study, text = written(str(shared_data / "adult" / "adult-train.csv.gz"))
    assert (study.data.task, study.data.target) == ("binary", "column_14")
    assert "'<=50K' 24,720, '>50K' 7,841" in text
    assert "'?' is a category of 3 columns" in text
    study, text = written(str(shared_data / "california-housing" / "housing.csv.gz"), target="median_house_value")
    assert study.data.task == "regression"
    assert "20,640 rows, 8 columns of numbers and 1 of categories, 207 cells missing" in text

"""Several runs in words: their names, and whether they may be compared with one another."""

from __future__ import annotations

from pathlib import Path

from overproof.report import several, side_by_side
from overproof.report.side_by_side import Run
from overproof.results import Results
from tests.report.conftest import changed, content, parsed, scenario


def runs(*names: str) -> list[Run]:
    return side_by_side.named([Path(name) for name in names], [scenario(name) for name in names])


def test_runs_are_called_after_their_folders(tmp_path: Path, helping: Results) -> None:
    for folder in ("a/x", "b/x", "y"):
        (tmp_path / folder).mkdir(parents=True)
        helping.write(tmp_path / folder / "results.json")
    paths = [tmp_path / "a/x", tmp_path / "b/x", tmp_path / "y" / "results.json"]
    assert [run.name for run in side_by_side.named(paths, [helping] * 3)] == [str(paths[0]), str(paths[1]), "y"]


def test_like_runs_need_no_warning() -> None:
    assert side_by_side.warnings(runs("helping", "two_methods")) == []


def test_other_data_and_other_protocols_are_named(helping: Results, leaking: Results) -> None:
    data = helping.result.data.model_copy(update={"digest": "ab" * 32})
    protocol = {**helping.result.study["protocol"], "folds": 10}
    other = changed(helping, result={"data": data, "study": {**helping.result.study, "protocol": protocol}})
    pair = side_by_side.named([Path("one"), Path("two")], [helping, other])
    assert side_by_side.warnings(pair) == [
        "The runs are not on the same data (7f7f7f7f7f7f in one, abababababab in two): their scores cannot be compared "
        "with one another.",
        "The runs have different protocols: protocol.folds is 5 in one, 10 in two.",
    ]
    assert all(warning in content(parsed(several.several(pair))) for warning in side_by_side.warnings(pair))
    leaky = side_by_side.warnings(side_by_side.named([Path("one"), Path("two")], [helping, leaking]))
    assert any("teacher_rows" in warning for warning in leaky)
    assert "none in one, leaking in two" in leaky[-1]

"""`overproof report`: the page again from results alone, or several runs side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from overproof.cli import main
from overproof.results import Results
from tests.report.conftest import page_of, scenario


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two runs in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("helping", "hurting"):
        (tmp_path / name).mkdir()
        scenario(name).write(tmp_path / name / "results.json")
    return tmp_path


def carried_out(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main(["report", *arguments])
    return ended.value.code


@pytest.mark.parametrize("named", ["helping", "helping/results.json"])
def test_one_run_is_told_beside_its_results(runs: Path, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert carried_out(named) == 0
    assert (runs / "helping" / "report.html").read_text("utf-8") == page_of("helping")
    said = capsys.readouterr().out
    assert said.endswith("helping/report.html\n")
    assert "against" in said


def test_several_runs_are_told_on_one_page(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert carried_out("helping", "hurting") == 0
    page = (runs / "side-by-side.html").read_text("utf-8")
    assert "2 runs side by side" in page
    assert not (runs / "helping" / "report.html").exists()
    assert "hurting: shy" in capsys.readouterr().out


def test_the_file_can_be_named(runs: Path) -> None:
    for arguments in (["helping"], ["helping", "hurting"]):
        assert carried_out(*arguments, "--out", "new/page.html") == 0
        assert (runs / "new" / "page.html").is_file()
        (runs / "new" / "page.html").unlink()


def test_a_run_that_is_missing_stops_everything(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert carried_out("helping", "nowhere") == 66
    assert "nowhere" in capsys.readouterr().err
    assert not list(runs.glob("*.html"))


def test_a_report_needs_neither_torch_nor_numpy(runs: Path, helping: Results) -> None:
    code = (
        "import sys\nfrom overproof.cli import main\n"
        "try:\n    main(['report', 'helping'])\n"
        "finally:\n    print(sorted({'torch', 'numpy', 'scipy', 'sklearn'} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=runs, capture_output=True, text=True, check=True)
    assert helping.result.comparisons[0].verdict in done.stdout
    assert done.stderr.strip() == "[]"

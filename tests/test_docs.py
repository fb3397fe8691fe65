"""What the pages tell a reader to do works: their blocks are run in order, in one folder, as the reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from overproof import study_file
from overproof.errors import StudyError
from overproof.study import Study

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

#: What a page needs that is not always installed.
NEEDS = {"docs/texts.md": "transformers", "docs/sklearn.md": "pandas"}

#: Commands that prepare the reader's machine; the tests run on one that is prepared.
PREPARATION = ("cd", "git", "make", "pip", "python", "python3", "source")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, and its lines by their number on the page."""

    language: str
    lines: dict[int, str]

    @property
    def text(self) -> str:
        """The block's content."""
        return "\n".join(self.lines.values()) + "\n"


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, without those under ``<!-- not run: reason -->``."""
    lines = page.splitlines()
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if opened is None and line.startswith("```"):
            opened = (number, line.strip("` "))
        elif opened is not None and line.rstrip() == "```":
            start, language = opened
            opened = None
            above = next((text for text in reversed(lines[: start - 1]) if text.strip()), "")
            if not re.fullmatch(r"<!-- not run: \S.* -->", above):
                yield Block(language, {at: lines[at - 1] for at in range(start + 1, number)})
    assert opened is None, f"line {opened}: the block is never closed"


def commands(block: Block) -> Iterator[tuple[int, str]]:
    """The commands of a ``bash`` block (every line) or a ``console`` block (lines that start with ``$``)."""
    waiting, start = "", 0
    for number, line in block.lines.items():
        if not waiting and block.language == "console" and not line.startswith("$ "):
            continue
        start = start if waiting else number
        waiting += line if waiting or block.language == "bash" else line.removeprefix("$ ")
        if waiting.endswith("\\"):
            waiting = waiting.removesuffix("\\")
            continue
        if waiting.strip() and not waiting.startswith("#"):
            yield start, waiting
        waiting = ""


def program(page: str) -> str:
    """A Python program that does what the page says, each thing on the page's own line.

    Python blocks stand as they are, so they share one namespace; an ``overproof`` command becomes a call of the command
    line; a TOML block that begins with its file's name (``# study.toml``) becomes that file.
    """
    lines = [""] * (len(page.splitlines()) + 1)
    for block in blocks(page):
        if block.language == "python":
            for number, line in block.lines.items():
                lines[number] = line
        elif block.language in ("bash", "console"):
            for number, command in commands(block):
                lines[number] = _call(number, command)
        elif block.language == "toml":
            number, first = next(iter(block.lines.items()))
            if named := re.fullmatch(r"# ([\w.-]+\.toml)", first):
                lines[number] = f"__import__('pathlib').Path({named[1]!r}).write_text({block.text!r}, 'utf-8')"
    return "\n".join(lines[1:])


def _call(number: int, command: str) -> str:
    word = re.sub(r"^(\w+=\S* +)*", "", command).split()[0]
    if word in PREPARATION:
        return ""
    assert word == "overproof", f"line {number}: {command!r} cannot be tested; mark the block <!-- not run: reason -->"
    function = f'overproof() {{ {sys.executable!r} -m overproof "$@"; }}; '
    return f"__import__('subprocess').run(['bash', '-euc', {function + command!r}], check=True)"


def check_study(text: str) -> None:
    """A TOML block that shows tables of a study shows possible ones; tables it leaves out are the default study's."""
    tables = tomllib.loads(text)
    if tables.keys() & Study.model_fields.keys():
        study_file.checked({**study_file.default(), **tables})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    if needed := NEEDS.get(page.relative_to(ROOT).as_posix()):
        pytest.importorskip(needed)
    text = page.read_text("utf-8")
    for block in blocks(text):
        if block.language == "toml":
            check_study(block.text)
    steps = program(text)
    if not steps.strip():
        return
    script = tmp_path / f"page_{page.stem}.py"  # not sklearn.py, which would be imported
    script.write_text(steps, "utf-8")
    reader = tmp_path / "reader"
    reader.mkdir()
    environment = {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=reader,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{page.relative_to(ROOT)} does not do what it says:\n{done.stdout[-4000:]}", pytrace=False)


PAGE = """\
```toml
# study.toml
[data]
source = "digits"
```
```python
from pathlib import Path
seen = Path("study.toml").read_text()
```
<!-- not run: needs a second machine -->
```python
raise SystemExit(1)
```
```console
$ make demo
$ overproof compare study.toml \\
    --out here
student beats simple
```
```bash
# a remark
OVERPROOF__RUN__DEVICE=cpu overproof methods
pip install overproof
```
```python
assert seen
```
"""


def test_a_page_becomes_a_program() -> None:
    lines = program(PAGE).splitlines()
    assert "[data]" in lines[1]
    assert lines[6:8] == ["from pathlib import Path", 'seen = Path("study.toml").read_text()']
    assert "compare study.toml     --out here" in lines[15]
    assert "OVERPROOF__RUN__DEVICE=cpu overproof methods" in lines[21]
    assert lines[25] == "assert seen"
    assert sum(bool(line) for line in lines) == 6


@pytest.mark.parametrize(
    ("page", "complaint"),
    [("```bash\nrm -r runs\n```", "cannot be tested"), ("```python\n1\n", "never closed")],
)
def test_a_page_that_cannot_be_run_is_refused(page: str, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        program(page)


def test_an_impossible_study_is_refused() -> None:
    check_study("[protocol]\nfolds = 3\n")
    check_study("[tool.ruff]\nline-length = 120\n")
    with pytest.raises(StudyError, match="fold"):
        check_study("[protocol]\nfold = 3\n")

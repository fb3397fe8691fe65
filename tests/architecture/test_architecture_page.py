"""ARCHITECTURE.md names every file of the package, and no file that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "overproof"


def listed(page: str) -> list[str]:
    """The files a page lists, in the form "- `file` — purpose"."""
    return re.findall(r"^- `([^`]+)` — \S", page, flags=re.MULTILINE)


def present() -> set[str]:
    """The package's files, relative to it."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(PACKAGE).as_posix() for path in files}


def entry(file: str) -> str:
    """The line to add for a file; its docstring's first line is the suggested purpose."""
    docstring = ast.get_docstring(ast.parse((PACKAGE / file).read_text("utf-8"))) if file.endswith(".py") else None
    purpose = (docstring or "PURPOSE").splitlines()[0].rstrip(".").replace("``", "`")
    return f"- `{file}` — {purpose}"


def test_the_page_lists_every_file_and_no_other() -> None:
    lines = listed((ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    missing = "\n".join(entry(file) for file in sorted(present() - set(lines)))
    gone = "\n".join(sorted(set(lines) - present()))
    if missing:
        pytest.fail(f"add to ARCHITECTURE.md, under their floors:\n{missing}", pytrace=False)
    if gone:
        pytest.fail(f"remove from ARCHITECTURE.md:\n{gone}", pytrace=False)
    assert len(lines) == len(set(lines)), "ARCHITECTURE.md lists a file twice"


def test_only_whole_entries_count() -> None:
    assert listed("- `a.py` — does a\n- `b.py`\n- `c.py` — \ntext `d.py` — no\n") == ["a.py"]

"""The command line: one short function per verb. Nothing heavy is imported before a verb is chosen."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import cyclopts
from cyclopts import App, Parameter
from rich.console import Console

import overproof
from overproof.errors import OverproofError

app = App(
    name="overproof",
    help=(
        "Distillation with proof: train a small model from a big one, and know whether it helped.\n\n"
        "Start with ``overproof init data.csv``, which looks at your data (a table, texts, a folder of images) and "
        "writes study.toml; ``overproof compare study.toml`` then trains and compares. ``overproof models study.toml`` "
        "lists what else can be the student."
    ),
    version=overproof.__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    suppress_keyboard_interrupt=False,
)

cache = App(name="cache", help="The store of soft targets that all runs share.")
app.command(cache)

#: Characters of a message in a terminal.
_LONGEST = 4000

Settings = Annotated[list[str], Parameter(name="--set", negative="", consume_multiple=False)]


@app.command
def compare(
    study: Path | None = None,
    /,
    *,
    settings: Settings | None = None,
    out: Path | None = None,
    executor: str | None = None,
    trust_study: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compare teacher, student and simple under cross-validation.

    Args:
        study: a study file; without one the default study on scikit-learn's digits.
        settings: a study setting, as in ``--set method.temperature=2``; may be repeated.
        out: the run folder; an interrupted run in it is continued.
        executor: who performs the jobs: auto, in-process, processes or ray.
        trust_study: let the study name code (module:function).
    """
    _see_that_it_can_be_read(study)
    from overproof.report import terminal
    from overproof.report.progress import watcher
    from overproof.verbs.compare import compare as verb

    if trust_study:
        sys.path.append(str(Path.cwd()))  # a study's module:function is found beside it
    chosen = [*(settings or []), *([] if executor is None else [f"run.executor={executor!r}"])]
    console = Console()
    with watcher(Console(stderr=True)) as watching:
        found = verb(study, settings=chosen, out=out, trust_study=trust_study, watcher=watching)
    terminal.show(found, console)
    console.print(f"\n{found.folder / 'results.json'}\n{found.folder / 'report.html'}", soft_wrap=True, highlight=False)


@app.command
def check(
    study: Path | None = None,
    /,
    *,
    settings: Settings | None = None,
    out: Path | None = None,
    trust_study: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Look for what would silently spoil a comparison; the exit code is 1 when there is an error.

    Args:
        study: a study file; without one the default study on scikit-learn's digits.
        settings: a study setting, as in ``--set method.temperature=2``; may be repeated.
        out: the study's run folder, if there is one: a teacher that was trained there is not trained again.
        trust_study: let the study name code (module:function).
    """
    _see_that_it_can_be_read(study)
    from overproof.report import findings
    from overproof.verbs.check import check as verb

    if trust_study:
        sys.path.append(str(Path.cwd()))  # a study's module:function is found beside it
    found = verb(study, settings=settings or [], out=out, trust_study=trust_study)
    findings.show(found, found.checked, found.unchecked, Console())
    if any(finding.severity == "error" for finding in found):
        sys.exit(1)


@app.command
def report(run: Path, /, *others: Path, out: Path | None = None) -> None:
    """Write a run's HTML report again and print its table; or lay several runs side by side on one page.

    Args:
        run: a run folder, or its results.json.
        others: more of them.
        out: the HTML file; by default report.html beside the results, or side-by-side.html here for several runs.
    """
    from overproof import results
    from overproof.report import html, several, side_by_side, terminal

    paths = [run, *others]
    found = [results.read(path) for path in paths]
    console = Console()
    if others:
        runs = side_by_side.named(paths, found)
        terminal.show_several(runs, console)
        written = several.write(runs, out or Path("side-by-side.html"))
    else:
        terminal.show(found[0], console)
        written = html.write(found[0], out or (run if run.is_dir() else run.parent) / "report.html")
    console.print(f"\n{written}", soft_wrap=True, highlight=False)


@app.command
def init(
    path: str = "study.toml",
    /,
    *,
    out: Path | None = None,
    target: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
) -> None:
    """Write a commented study to start from: ``init PATH`` looks at your data, ``init`` alone writes the default one.

    Args:
        path: data to look at: a table, a file of texts, a folder of images, or hf:PATH; or a new .toml file for the
            default study.
        out: where a study about data is written, by default study.toml; never over a file that exists.
        target: the column that holds the labels, where it cannot be guessed; repeat it for several labels.
    """
    from overproof.verbs.init import init as verb

    written = verb(path, out, target)
    print(f"{written} written; overproof compare {written}")


@app.command
def methods(name: str | None = None, /) -> None:
    """List the methods, or describe one.

    Args:
        name: a method.
    """
    from overproof.verbs.methods import describe

    Console().print(describe(name), markup=False, highlight=False, soft_wrap=True)


@app.command
def models(
    study: Path | None = None,
    /,
    *,
    settings: Settings | None = None,
    trust_study: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """List the models that can be a student, with settings and what each costs at the study's rows.

    Args:
        study: a study file; without one the default study on scikit-learn's digits.
        settings: a study setting, as in ``--set data.source=photos``; may be repeated.
        trust_study: let the study name code (module:function).
    """
    _see_that_it_can_be_read(study)
    from overproof.verbs.models import describe

    if trust_study:
        sys.path.append(str(Path.cwd()))  # a study's module:function is found beside it
    found = describe(study, settings or [], trust_study=trust_study)
    Console().print(found, markup=False, highlight=False, soft_wrap=True)


@cache.command(name="list")
def list_cache() -> None:
    """List what the store holds."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from overproof.verbs.cache import held

    table = Table("key", "teacher", "rows × outputs", "codec", "bytes", "used", "complete", box=box.SIMPLE_HEAD)
    for each in held():
        size = " × ".join(f"{n:,}" for n in (each.rows, *(each.shape or [])) if n is not None)
        cells = (each.key[:12], each.teacher or "", size, each.codec or "", f"{each.size:,}", each.used[:10])
        table.add_row(*map(escape, cells), "yes" if each.complete else "no")
    Console().print(table)


@cache.command
def verify() -> None:
    """Read every byte of the store and compare checksums; damaged files are named, and the exit code is 74."""
    from overproof.errors import StorageError
    from overproof.verbs.cache import verify as verb

    found = verb()
    print(f"{found.files:,} files read, {len(found.damaged):,} damaged")
    if found.damaged:
        raise StorageError(f"damaged, and recorded anew by the next run that needs it: {', '.join(found.damaged)}")


@cache.command
def prune(
    *, older_than: float | None = None, everything: Annotated[bool, Parameter(name="--all", negative="")] = False
) -> None:
    """Remove leftovers of recordings that never ended, and what you say; what is being recorded stays.

    Args:
        older_than: also remove what was not used for this many days.
        everything: remove the whole store.
    """
    from overproof.verbs.cache import prune as verb

    removed = verb(older_than, everything=everything)
    print(f"{len(removed):,} entries removed, {sum(each.size for each in removed):,} bytes")


class _Terminated(BaseException):
    """SIGTERM, on its way out through the same clean-up as Ctrl-C."""


def _stop(*_: object) -> NoReturn:
    raise _Terminated


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0, the error's code (``errors.py``), 130 after Ctrl-C, 143 after SIGTERM."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    signal.signal(signal.SIGTERM, _stop)
    try:
        app([argument for argument in arguments if argument != "--debug"], exit_on_error=False, print_error=False)
    except OverproofError as error:
        _fail(str(error), error.exit_code, debug)
    except cyclopts.CycloptsError as error:
        _fail(_one_line(error), 2, debug)
    except KeyboardInterrupt:
        _fail("interrupted; the same command continues the run", 130, debug)
    except _Terminated:
        _fail("terminated; the same command continues the run", 143, debug)
    sys.exit(0)


def _see_that_it_can_be_read(study: Path | None) -> None:
    """Read a study file before the libraries that compute are loaded: what is wrong with it needs none of them."""
    from overproof import study_file

    if study is not None:
        study_file.read(study)


def _one_line(error: cyclopts.CycloptsError) -> str:
    return " ".join(str(error).split())


def _sentence(message: str) -> str:
    """A message on one line, without what a terminal would obey: names that stand in it may come from any file."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", message)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _fail(message: str, code: int, debug: bool) -> NoReturn:
    if debug:
        raise  # noqa: PLE0704 — called while the exception is being handled
    print(f"error: {_sentence(message)}", file=sys.stderr)
    sys.exit(code)

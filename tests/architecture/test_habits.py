"""House rules that a machine can check, each with a planted fault that the check must find."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import overproof

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "overproof"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Modules that can execute code out of a file.
UNSAFE_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve", "yaml"}


def unsafe_code(source: str) -> list[str]:
    """What in ``source`` could execute code out of a file."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt | ast.expr))
    return [f"line {node.lineno}: {fault}" for node in nodes for fault in _faults(node)]


def _faults(node: ast.stmt | ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.name for alias in node.names}
        if not names <= {"UnpicklingError"}:  # an error to catch, which loads nothing
            yield from (f"imports {name}" for name in _imported(node) if name.partition(".")[0] in UNSAFE_MODULES)
        if isinstance(node, ast.ImportFrom) and node.module == "torch" and "load" in names:
            yield "hides torch.load"
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        settings = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if called in ("eval", "exec", "compile"):
            yield f"calls {called}"
        if called == "torch.load" and settings.get("weights_only") != "True":
            yield "torch.load without weights_only=True"
        if settings.get("allow_pickle", "False") != "False":
            yield "allow_pickle"


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def eager_imports(source: str, package: str) -> list[int]:
    """Lines that import ``package`` when the module is imported, not when a function is called."""
    waiting: list[ast.AST] = [ast.parse(source)]
    lines = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            lines += [node.lineno for name in _imported(node) if name.partition(".")[0] == package]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)
    return sorted(lines)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    source = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(source)), "a module starts with a docstring"
    length = len(source.splitlines())
    assert length <= 400, "a file holds one idea, in at most 400 lines"
    assert not unsafe_code(source), "nothing read from a file may execute code"
    if path != PACKAGE / "sklearn.py":  # its classes are scikit-learn's, and nobody loads it for anything else
        assert not eager_imports(source, "sklearn"), "scikit-learn is slow to load: import it where it is used"


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from pickle import UnpicklingError, loads",
        "from joblib import load",
        "import marshal as m",
        "def f():\n    import yaml.loader",
        "eval('1')",
        "exec(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "from torch import load",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
    ],
)
def test_unsafe_code_is_found(planted: str) -> None:
    assert unsafe_code(planted)


def test_safe_code_is_left_alone() -> None:
    assert not unsafe_code("torch.load(path, weights_only=True)\nnp.load(path, allow_pickle=False)")
    assert not unsafe_code("from pickle import UnpicklingError\nmodel.eval()\nre.compile('x')")


def test_eager_imports_are_found() -> None:
    eager = (
        "import sklearn.svm\nclass A:\n    from sklearn import svm\nif TYPE_CHECKING:\n    x\nelse:\n    import sklearn"
    )
    lazy = "def f():\n    import sklearn\nif TYPE_CHECKING:\n    import sklearn\nimport sklearnex"
    assert eager_imports(eager, "sklearn") == [1, 3, 7]
    assert not eager_imports(lazy, "sklearn")


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = sum(project["optional-dependencies"].values(), project["dependencies"])
    declared = {_normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}
    nodes = (node for path in MODULES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    imports = {name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in _imported(node)}
    packages = {name.partition(".")[0] for name in imports} - sys.stdlib_module_names - {"overproof"}
    providers: dict[str, list[str]] = {**importlib.metadata.packages_distributions()}
    providers = {
        "PIL": ["pillow"],
        **{package: [package] for package in packages - {"PIL"}},
        **providers,
    }  # not installed
    undeclared = {package for package in packages if not declared & {_normal(name) for name in providers[package]}}
    assert not undeclared, "declare them in pyproject.toml"


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


HEAVY = ("numpy", "scipy", "sklearn", "torch")


def loaded_by(program: str) -> list[str]:
    """The heavy packages that a Python program has loaded when it ends."""
    report = f"import atexit, sys; atexit.register(lambda: print('loaded:', *set({HEAVY!r}) & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", f"{report}\n{program}"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return ended.stdout.rpartition("loaded:")[2].split()


def test_importing_overproof_loads_nothing_heavy() -> None:
    assert loaded_by("import overproof") == []
    assert loaded_by("import overproof.randomness") == ["numpy"]


@pytest.mark.skipif(not (PACKAGE / "cli.py").exists(), reason="the command line is not written yet")
def test_the_help_page_loads_nothing_heavy() -> None:
    assert loaded_by("import sys; sys.argv = ['overproof', '--help']\nfrom overproof.cli import main; main()") == []


#: Written so that this file does not match.
PLACES = re.compile(
    rb"(?<![\w.])/(?:[w]ork|[r]oot|[h]ome)/|/tmp/[v]env"
    rb"|[p]ypi\.org|[p]ythonhosted\.org|[d]ownload\.pytorch|[r]egistry\.npmjs|[d]eb\.debian|[c]onda\.anaconda"
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    kept = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(kept, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    paths = [ROOT / name for name in names if name]
    found = {str(path): PLACES.findall(path.read_bytes()) for path in paths if path.is_file()}
    assert len(found) > 10
    assert not {path: places for path, places in found.items() if places}


def test_a_machine_or_a_registry_is_found() -> None:
    assert PLACES.search(b"cd /wor" + b"k/main")
    assert PLACES.search(b"from py" + b"pi.org")
    assert not PLACES.search(b"example.org/home/page and frame/work/a")


def test_the_changelog_is_about_this_version() -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert headings[0] in ("Unreleased", overproof.__version__)
    assert [heading for heading in headings if heading != "Unreleased"][:1] in ([], [overproof.__version__])


def test_public_names_are_sorted_and_exist() -> None:
    names = overproof.__all__
    assert names == sorted(set(names))
    for name in names:
        getattr(overproof, name)

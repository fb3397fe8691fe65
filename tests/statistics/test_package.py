"""The package offers every public name, and loads nothing slow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from overproof import statistics

#: Steps that the package's own files share; others have no use for them.
SHARED = {"as_design", "cut", "finite", "moments", "quantile"}


def test_every_public_name_is_offered() -> None:
    files = (path for path in Path(statistics.__file__).parent.glob("*.py") if path.name != "__init__.py")
    nodes = [node for path in files for node in ast.parse(path.read_text("utf-8")).body]
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    constants = [ast.unparse(node.targets[0]) for node in nodes if isinstance(node, ast.Assign)]
    public = {name for name in [*functions, *constants] if not name.startswith("_")}
    assert set(statistics.__all__) == public - SHARED
    assert all(hasattr(statistics, name) for name in statistics.__all__)


def test_the_package_loads_neither_torch_nor_scikit_learn_nor_slow_parts_of_scipy() -> None:
    code = """
import sys
import overproof.statistics
slow = {"torch", "sklearn", "scipy.stats", "scipy.optimize", "scipy.integrate"}
print(sorted(slow & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"

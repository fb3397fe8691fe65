"""The values that every key of a study takes and refuses, and studies that hypothesis makes out of them."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import BaseModel

from overproof import study_file
from overproof.study import Method, Metric, OpenTable, Study

NAN, INFINITE = float("nan"), float("inf")

#: For every key: values that are allowed, and values that are not with the end of the sentence that refuses them.
KEYS: dict[str, tuple[list[Any], dict[str, list[Any]]]] = {
    "data.source": (["digits", "a/b", "module:function", "", "ü \"'\n\\"], {"be a string": [3, None, ["a"]]}),
    "data.target": (["label", ["cat", "dog"]], {"be a string or a list": [3, True]}),
    "data.task": (
        ["auto", "multiclass", "binary", "multilabel", "regression"],
        {"be 'multiclass', 'binary', 'multilabel', 'regression' or 'auto'": ["classes", 1]},
    ),
    "data.text": (["utterance"], {"be a string": [3, ["a"]]}),
    "data.ignore": ([[], ["fnlwgt", "a.b"]], {"be a list": ["fnlwgt", 3]}),
    "data.groups": (["patient"], {"be a string": [["a"], 0]}),
    "data.time": (["day"], {"be a string": [1.5]}),
    "data.id": (["key"], {"be a string": [0, True]}),
    "data.columns": ([["age", "income"]], {"be a list": ["age,income"]}),
    "data.missing": ([["", "?"], []], {"be a list": ["?"]}),
    "data.separator": ([";", "\t"], {"be a string": [0]}),
    "data.encoding": (["utf-8", "latin-1"], {"be a string": [8, None]}),
    "data.size": (
        [[32, 24]],
        {"be a list": [32, "32x24"], "have 2 or more entries": [[], [32]], "have at most 2 entries": [[3, 32, 24]]},
    ),
    "data.tokenizer": (["hashing", "a/b"], {"be a string": [False]}),
    "data.length": ([1, 512], {"be at least 1": [0], "be a whole number": [64.0, "64"]}),
    "data.unlabelled": (["more.csv"], {"be a string": [["more.csv"], True]}),
    "data.limit": ([2, 10**9], {"be at least 2": [1, -5], "be a whole number": [2.0, True, "9"]}),
    "teacher.model": (
        ["cnn", ["lightgbm", {"model": "cnn", "share": 2, "width": 8}]],
        {"be a string or a list": [3, None, {}], "have 1 or more entries": [[]]},
    ),
    "teacher.weights": (["a.safetensors"], {"be a string": [False]}),
    "teacher.version": (["3", "as of May"], {"be a string": [3]}),
    "teacher.classes": ([["dog", "cat"]], {"be a list": ["dog,cat"]}),
    "teacher.output": (
        ["auto", "logits", "probabilities", "values"],
        {"be 'auto', 'logits', 'probabilities' or 'values'": ["logit", True]},
    ),
    "teacher.cross_fit": (["auto", True, False], {"be 'auto' or true or false": ["yes", 1, None]}),
    "teacher.leak": (["unknown", "none", "leaking"], {"be 'unknown', 'none' or 'leaking'": ["no", False]}),
    "teacher.training": ([{}], {"be a table": [3, "fast"]}),
    "student.model": (["cnn"], {"be a string": [3]}),
    "student.weights": (["a.safetensors"], {"be a string": [True]}),
    "student.training": ([{}], {"be a table": [[]]}),
    "student.training.epochs": ([1, 10**6], {"be at least 1": [0], "be a whole number": [1.0, True]}),
    "student.training.batch_size": ([1, 4096], {"be at least 1": [0], "be a whole number": ["64"]}),
    "student.training.learning_rate": (
        [5e-324, 1e-9, 1 / 3, 1, 1e16, 1.7e308],
        {"be greater than 0": [0, -1.0], "be finite": [NAN, INFINITE], "be a number": ["0.1", True]},
    ),
    "student.training.optimiser": (["adamw", "sgd"], {"be 'adamw' or 'sgd'": ["adam", 1]}),
    "student.training.schedule": (
        ["cosine", "one-cycle", "constant"],
        {"be 'cosine', 'one-cycle' or 'constant'": ["onecycle"]},
    ),
    "student.training.weight_decay": ([0, 0.5], {"be at least 0": [-1e-9], "be finite": [INFINITE]}),
    "student.training.clip": ([0.1, 5], {"be greater than 0": [0.0], "be finite": [NAN]}),
    "student.training.precision": (["float32", "bf16"], {"be 'float32' or 'bf16'": ["float16"]}),
    "student.training.patience": ([1, 100], {"be at least 1": [0], "be a whole number": [1.5]}),
    "method.name": (["kd"], {"be a string": [1]}),
    "method.arm": (
        ["a", "KD-09_b", "9"],
        {
            "be letters, digits, '_' and '-' only": ["", "a b", "a.b", ".a", "-a", "../a", "a/b", "a\n", "é"],
            "not be 'teacher' or 'simple', which name the other arms": ["teacher", "simple"],
        },
    ),
    "views.augment": ([["crop"], ["noise", "mask"]], {"be a list": [3, "crop"]}),
    "views.count": ([2, 8], {"be at least 1": [0], "be a whole number": [2.5]}),
    "targets.codec": (["dense"], {"be 'dense' or 'topk'": ["sparse"]}),
    "targets.dtype": (["float32", "float16"], {"be 'float32' or 'float16'": ["bf16"]}),
    "targets.k": ([1, 100], {"be at least 1": [0], "be a whole number": [1.5]}),
    "protocol.folds": ([2, 100], {"be at least 2": [1, 0, -3], "be a whole number": [5.0, "5"]}),
    "protocol.repeats": (
        [1, 100, "auto"],
        {"be a whole number of at least 1, or 'auto'": [0, -1, 1.5, True, "3", "Auto", None, ["auto"]]},
    ),
    "protocol.most_repeats": ([1, 2, 5, 10], {"be 1, 2, 5 or 10": [0, 3, 11], "be a whole number": ["5", True, 2.0]}),
    "protocol.seed": ([0, 2**63 - 1], {"be at least 0": [-1], "be less than 9.22337e+18": [2**63]}),
    "protocol.student_rows": ([1, 0.001], {"be greater than 0": [0], "be at most 1": [1.01], "be finite": [NAN]}),
    "protocol.transfer": (["none", "train"], {"be 'none' or 'train'": ["all"]}),
    "protocol.teacher_rows": (["train", "all"], {"be 'train' or 'all'": ["none"]}),
    "protocol.validation": ([0, 0.5], {"be at least 0": [-0.1], "be less than 1": [1.0]}),
    "protocol.test": (["test.csv", "is_test"], {"be a string": [True, 0.2]}),
    "protocol.metric": (
        [*get_args(Metric), "auto"],
        {f"be {', '.join(map(repr, get_args(Metric)))} or 'auto'": ["auc", "R2", None]},
    ),
    "protocol.rope": ([0, 0.01], {"be at least 0": [-0.1], "be finite": [INFINITE]}),
    "protocol.controls": ([False, True], {"be true or false": [1, "yes"]}),
    "run.device": (
        ["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:12"],
        {"be auto, cpu, mps, cuda or cuda:N": ["gpu", "cuda:", "cuda:x", "CPU", ""], "be a string": [0]},
    ),
    "run.cohorts": (["auto", "stacked", "separate"], {"be 'auto', 'stacked' or 'separate'": ["apart", True]}),
    "run.executor": (
        ["auto", "in-process", "processes", "ray"],
        {"be 'auto', 'in-process', 'processes' or 'ray'": ["threads"]},
    ),
}

#: What a key needs beside it.
BESIDE: dict[str, dict[str, Any]] = {
    "protocol.most_repeats": {"protocol": {"repeats": "auto"}},
    "targets.k": {"targets": {"codec": "topk"}},
    "views.augment": {"views": {"count": 2}},
    "views.count": {"views": {"augment": ["crop"]}},
}

finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=8)
plain = st.booleans() | st.integers(-(2**70), 2**70) | finite | texts
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)


def tables(table: type[BaseModel], path: str = "") -> st.SearchStrategy[dict[str, Any]]:
    """Tables with some of their keys, and settings of a model or a method where they may stand beside them."""
    keys = {name: _values(field.annotation, path + name) for name, field in table.model_fields.items()}
    required = {name for name, field in table.model_fields.items() if field.is_required()}
    declared = st.fixed_dictionaries(
        {name: keys[name] for name in required}, optional={name: keys[name] for name in keys.keys() - required}
    )
    if not issubclass(table, OpenTable):
        return declared
    names = (texts | st.sampled_from(["width", "settings", "model_dump", "a.b"])).filter(lambda name: name not in keys)
    return st.tuples(st.dictionaries(names, values, max_size=3), declared).map(lambda both: {**both[0], **both[1]})


def _values(annotation: Any, path: str) -> st.SearchStrategy[Any]:
    if path == "method":
        one = tables(Method, "method.")
        return one | st.lists(one, min_size=2, max_size=3).map(
            lambda methods: [{**each, "arm": f"{each.get('arm', 'm')}-{place}"} for place, each in enumerate(methods)]
        )
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return tables(annotation, f"{path}.")
    return st.sampled_from(KEYS[path.replace("teacher.training", "student.training")][0])


def _with_what_they_need(study: dict[str, Any]) -> dict[str, Any]:
    for path, needed in BESIDE.items():
        table, key = path.split(".")
        if key in study.get(table, {}):
            study = study_file.merged(study, needed)
    return study


possible = st.deferred(lambda: tables(Study).map(_with_what_they_need))

anything = st.recursive(
    st.none() | plain | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
known = st.sampled_from(sorted({part for path in KEYS for part in path.split(".")}))
nearly_possible = st.dictionaries(
    st.sampled_from(list(Study.model_fields)) | texts,
    anything
    | st.dictionaries(known, anything | st.dictionaries(known, anything, max_size=3))
    | st.lists(st.dictionaries(known, anything, max_size=3), max_size=3),
    max_size=4,
)

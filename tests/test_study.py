from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pydantic
import pytest

from overproof import study_file
from overproof.errors import StudyError
from overproof.models.catalogue import REFERENCES
from overproof.study import CONTROLS, Data, Method, Protocol, Run, SoftTargets, Student, Study, Teacher, Training, Views
from overproof.validation import validate
from tests.methods.shipped import SHIPPED
from tests.studies import BESIDE, INFINITE, KEYS, NAN

ROOT = Path(__file__).parents[1]
RUN_KEYS = ", ".join(sorted(Run.model_fields))
LEAST: dict[str, Any] = {"data": {"source": "digits"}, "teacher": {"model": "cnn"}, "student": {"model": "mlp"}}


def with_value(path: str, value: Any) -> dict[str, Any]:
    """The least study, with one value more."""
    *tables, key = path.split(".")
    override: Any = {key: value}
    for table in reversed(tables):
        override = {table: override}
    return study_file.merged(LEAST, BESIDE.get(path, {}), override)


def value_at(study: Study, path: str) -> Any:
    """The value of a key."""
    found: Any = study
    for part in path.split("."):
        found = found[0] if isinstance(found, list) else found
        found = getattr(found, part)
    return found


def declared(table: type[pydantic.BaseModel], path: str = "") -> Iterator[str]:
    """The keys that stand in the study's tables."""
    for name, field in table.model_fields.items():
        inner: Any = Method if name == "method" else field.annotation
        is_table = isinstance(inner, type) and issubclass(inner, pydantic.BaseModel)
        if path or not is_table:
            yield f"{path}{name}"
        if is_table:
            yield from declared(inner, f"{path}{name}.")


def test_every_key_is_tried_below() -> None:
    assert {path.replace("teacher.training.", "student.training.") for path in declared(Study)} == set(KEYS)


@pytest.mark.parametrize("path", KEYS)
def test_allowed_values_are_taken(path: str) -> None:
    for value in KEYS[path][0]:
        study = validate(Study, with_value(path, value))
        found = value_at(study, path)
        found = list(found) if isinstance(found, tuple) else found
        assert found == value or isinstance(found, Training)


@pytest.mark.parametrize("path", KEYS)
def test_other_values_are_refused_with_what_is_allowed(path: str) -> None:
    for demand, values in KEYS[path][1].items():
        for value in values:
            with pytest.raises(StudyError) as caught:
                validate(Study, with_value(path, value))
            shown = json.dumps(value) if isinstance(value, bool) else repr(value)
            assert str(caught.value) == f"{path} must {demand}, got {shown}"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("data.target", ["a", 3], "data.target must be a string, got 3"),
        ("data.ignore", [True], "data.ignore must be a string, got true"),
        ("data.size", [32, 0], "data.size must be at least 1, got 0"),
        ("data.size", [32, 1.5], "data.size must be a whole number, got 1.5"),
        ("teacher.classes", [0, 1], "teacher.classes must be a string, got 0"),
        ("teacher.model", ["cnn", 3], "teacher.model must be a string or a table, got 3"),
    ],
)
def test_other_entries_of_a_list_are_refused(path: str, value: Any, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        validate(Study, with_value(path, value))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"protocl": {}}, r"the study has no table or key 'protocl'; did you mean 'protocol'\? Known: data, method, "),
        ({"epochs": 3}, r"the study has no table or key 'epochs'; known: data, method, "),
        ({"data": {"source": "a", "limt": 3}}, r"\[data\] has no key 'limt'; did you mean 'limit'\? Known: "),
        ({"protocol": {"fold": 3}}, r"\[protocol\] has no key 'fold'; did you mean 'folds'\? Known: "),
        ({"run": {"devise": "cpu"}}, rf"\[run\] has no key 'devise'; did you mean 'device'\? Known: {RUN_KEYS}$"),
        (
            {"student": {"model": "cnn", "training": {"epoch": 3}}},
            r"\[student\.training\] has no key 'epoch'; did you mean 'epochs'\? Known: batch_size, ",
        ),
        (
            {"teacher": {"model": "cnn", "training": {"lr": 3}}},
            r"\[teacher\.training\] has no key 'lr'; known: batch_size, ",
        ),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest_name(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=f"^{message}"):
        validate(Study, {**LEAST, **tables})


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("data", "data is required"),
        ("teacher", "teacher is required"),
        ("student", "student is required"),
    ],
)
def test_what_is_required(without: str, message: str) -> None:
    for tables, sentence in (
        ({name: table for name, table in LEAST.items() if name != without}, message),
        ({**LEAST, without: {}}, f"{without}.{'source' if without == 'data' else 'model'} is required"),
    ):
        with pytest.raises(StudyError) as caught:
            validate(Study, tables)
        assert str(caught.value) == sentence


# Methods and arms.


def study(method: Any = None, **protocol: Any) -> Study:
    tables = {**LEAST, "protocol": protocol}
    return validate(Study, tables if method is None else {**tables, "method": method})


def test_one_method_is_a_list_of_one_and_its_arm_is_the_student() -> None:
    assert study() == study({"name": "kd"}) == study([{}])
    assert study({"alpha": 0.5}).methods[0].settings == {"alpha": 0.5}
    assert study().arms == ["student"]
    assert study({"arm": "mine"}).arms == ["mine"]
    assert study({"name": "simple"}).arms == ["student"]
    assert Study(data=Data(source="digits"), teacher=Teacher(model="cnn"), student=Student(model="mlp")) == study()


def test_several_methods_are_called_by_name_or_arm() -> None:
    assert study([{}, {"arm": "cold", "temperature": 1.0}]).arms == ["kd", "cold"]
    assert study([{"arm": "plain", "name": "simple"}, {}]).arms == ["plain", "kd"]


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ([{}, {}], "2 methods are called 'kd'; name each with method.arm"),
        ([{"arm": "a"}, {}, {"arm": "a"}], "2 methods are called 'a'; name each with method.arm"),
        ([{"arm": "kd", "name": "simple"}, {}], "2 methods are called 'kd'; name each with method.arm"),
        (
            [{}, {"name": "simple"}],
            "the method simple needs a method.arm beside others; 'simple' alone names the control",
        ),
        ([], "method must have 1 or more entries, got []"),
        (3, "method must be a list, got 3"),
        ([3], "method must be a table, got 3"),
    ],
)
def test_methods_that_cannot_be_told_apart_are_refused(methods: Any, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        study(methods)
    assert str(caught.value) == message


@pytest.mark.parametrize("method", [{"arm": "longer"}, [{}, {"name": "label-smoothing"}]])
def test_an_arm_is_not_called_like_a_control_beside_it(method: Any) -> None:
    arm = study(method).arms[-1]
    with pytest.raises(StudyError) as caught:
        study(method, controls=True)
    assert str(caught.value) == (
        f"an arm is called {arm!r}, which names a control where protocol.controls = true; give it another method.arm"
    )
    assert study({"arm": "other"}, controls=True).controls == CONTROLS
    assert study().controls == ()


def test_one_method_is_written_as_one_table() -> None:
    assert study([{"alpha": 0.5}]).model_dump()["method"] == {"name": "kd", "arm": None, "alpha": 0.5}
    assert len(study([{}, {"arm": "a"}]).model_dump()["method"]) == 2


@pytest.mark.parametrize(("metric", "rope"), [("accuracy", 0.005), ("ece", 0.005), ("log_loss", None)])
def test_rope_has_a_default_for_rates_alone(metric: str, rope: float | None) -> None:
    assert study(metric=metric).rope == rope
    assert study(metric=metric, rope=0.0).rope == 0.0
    assert study(metric=metric, rope=0.25).rope == 0.25


def test_auto_repeats_end_somewhere() -> None:
    assert (study(repeats="auto").protocol.most_repeats, study(repeats="auto").protocol.repeats_in_all) == (10, 10)
    assert study(repeats="auto", most_repeats=2).protocol.repeats_in_all == 2
    assert (study(repeats=3).protocol.most_repeats, study(repeats=3).protocol.repeats_in_all) == (None, 3)
    assert validate(Study, study(repeats="auto").model_dump()) == study(repeats="auto")


def test_most_repeats_has_no_meaning_beside_a_number() -> None:
    for protocol in ({"repeats": 3, "most_repeats": 5}, {"most_repeats": 5}):
        with pytest.raises(StudyError) as caught:
            study(**protocol)
        demand = 'have repeats = "auto" beside most_repeats = 5, or no most_repeats'
        assert str(caught.value) == f"protocol must {demand}, got {protocol}"


def test_settings_are_the_keys_that_are_not_declared() -> None:
    table = Teacher.model_validate({"model": "cnn", "width": 3, "settings": 4, "leak": "none"})
    assert table.settings == {"width": 3, "settings": 4}


@pytest.mark.parametrize("value", [None, [None], {"a": None}, (1, 2), 1j, NAN, INFINITE, Study, {1: 2}, b"a"])
def test_settings_can_be_written_to_a_file(value: Any) -> None:
    with pytest.raises(StudyError) as caught:
        validate(Study, with_value("student.size", value))
    written = "text, a finite number, true or false, or a list or table of these"
    demand = "finite" if isinstance(value, float) else written
    assert str(caught.value) == f"student.size must be {demand}, got {value!r}"


def test_nothing_can_be_changed_afterwards() -> None:
    made = study()
    with pytest.raises(pydantic.ValidationError):
        setattr(made.protocol, "folds", 3)  # noqa: B010  (a type checker would not let it through)
    with pytest.raises(pydantic.ValidationError):
        setattr(made.teacher, "width", 3)  # noqa: B010


# The schema, for editors, and the page, for readers.

SCHEMA = ROOT / "docs" / "study.schema.json"
REGENERATE = (
    'python -c "import json; from overproof.study import Study; '
    'print(json.dumps(Study.model_json_schema(), indent=2, ensure_ascii=False))" > docs/study.schema.json'
)


def test_the_schema_is_current() -> None:
    if json.loads(SCHEMA.read_text("utf-8")) != Study.model_json_schema():
        pytest.fail(f"the study has changed since its schema was written; run: {REGENERATE}", pytrace=False)


def test_the_schema_agrees_with_the_study() -> None:
    schema = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    schema.check_schema(schema.schema)
    schema.validate(study_file.default())
    schema.validate({**LEAST, "method": [{}, {"arm": "a", "alpha": 0.5}]})
    for path, (allowed, refused) in KEYS.items():
        for value in allowed:
            schema.validate(with_value(path, value))
        for demand, values in refused.items():
            if "letters" in demand or "teacher" in demand or "cuda" in demand or "finite" in demand:
                continue  # not to be said in a schema
            for value in values:
                whole = isinstance(value, float) and value.is_integer()  # in JSON, 2.0 is 2
                assert whole or not schema.is_valid(with_value(path, value))
    assert not schema.is_valid({**LEAST, "method": []})
    assert not schema.is_valid({**LEAST, "protocl": {}})


def documented() -> dict[str, dict[str, str]]:
    """The default of every key on the page, by the names in its section's heading: a row's third cell."""
    page = (ROOT / "docs" / "study.md").read_text("utf-8")
    tables: dict[str, dict[str, str]] = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| [^|]+ \|$", text, flags=re.MULTILINE)
        tables |= {name: dict(rows) for name in re.findall(r"`\[?([\w.-]+)\]?`", heading)}
    return tables


TABLES: dict[str, type[pydantic.BaseModel]] = {
    "data": Data,
    "teacher": Teacher,
    "teacher.training": Training,
    "student": Student,
    "student.training": Training,
    "method": Method,
    "targets": SoftTargets,
    "views": Views,
    "protocol": Protocol,
    "run": Run,
}
SETTINGS: dict[str, Any] = {**REFERENCES, **SHIPPED}


def test_the_page_has_every_table_model_and_method() -> None:
    assert documented().keys() == {*TABLES, *SETTINGS}


@pytest.mark.parametrize("name", [*TABLES, *SETTINGS])
def test_the_page_has_every_key_with_its_default(name: str) -> None:
    page = documented()[name]
    if name in TABLES:
        fields = TABLES[name].model_fields
        defaults = {key: ... if field.is_required() else field.default for key, field in fields.items()}
        defaults.pop("training", None)  # has a section of its own
    else:
        defaults = {field.name: field.default for field in dataclasses.fields(SETTINGS[name])}
    assert list(page) == list(defaults)
    for key, value in defaults.items():
        if value is ...:
            assert page[key] == "required"
        elif value is None:
            assert not page[key].startswith("`"), "a key without a default says in words what its absence means"
        else:
            assert tomllib.loads(f"value = {page[key].strip('`')}") == {"value": value}

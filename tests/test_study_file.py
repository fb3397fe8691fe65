from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overproof import study_file
from overproof.errors import MissingInputError, OverproofError, StudyError
from overproof.study import Method
from overproof.study_file import checked, from_environment, from_settings, merged, read, written
from tests import studies

one_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def study_of(tmp_path: Path) -> Any:
    """Reads bytes as a study file."""

    def read_bytes(data: bytes, name: str = "study.toml") -> study_file.Values:
        path = tmp_path / name
        path.write_bytes(data)
        return read(path)

    return read_bytes


# The default study.


def test_the_default_study_is_possible() -> None:
    study = checked(study_file.default())
    assert (study.data.source, study.teacher.settings["width"], study.student.settings["width"]) == ("digits", 32, 4)
    assert study.protocol.student_rows == 0.2
    assert checked(tomllib.loads(written(study))) == study


def test_the_default_study_is_new_each_time() -> None:
    study_file.default()["protocol"]["folds"] = 99
    assert study_file.default()["protocol"]["folds"] == 5


# Files.


def test_a_file_is_its_tables(study_of: Any) -> None:
    assert study_of("# ü\r\n[protocol]\r\nfolds = 3\r\n".encode()) == {"protocol": {"folds": 3}}
    assert study_of(b"") == {}


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (Path("none.toml"), tmp_path):
        with pytest.raises(MissingInputError) as caught:
            read(path)
        assert str(caught.value) == f"study file {str(path)!r} does not exist (current folder: {tmp_path})"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"[protocol]\nfolds 3\n",
            "is not valid TOML: expected '=' after a key in a key/value pair (at line 2, column 7)",
        ),
        (b"a = 1\na = 2\n", "is not valid TOML: cannot overwrite a value (at line 2, column 6)"),
        (b"[data\n", "is not valid TOML: expected ']' at the end of a table declaration (at line 1, column 6)"),
        (b"\xff\xfe", "is not UTF-8 text (byte 0)"),
        (b"a = '\xe9'", "is not UTF-8 text (byte 5)"),
        (b"[protocol]\n" + b"#" * 99_990, "has 100,001 bytes; a study has at most 100,000"),
        (b"[data]\na = '" + b"x" * 2_000 + b"'", "line 2 has 2,006 bytes; a study's has at most 2,000"),
    ],
    ids=["syntax", "twice", "unclosed", "utf-16", "latin-1", "long", "long line"],
)
def test_what_is_no_study_is_refused(study_of: Any, tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        study_of(data)
    assert str(caught.value) == f"{tmp_path / 'study.toml'} {message}"


@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_yaml_is_named(study_of: Any, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(StudyError) as caught:
        study_of(b"data:\n  source: digits\n", f"study.{suffix}")
    assert str(caught.value) == (
        f"{tmp_path / 'study'}.{suffix} looks like YAML; studies are TOML (overproof init writes one)"
    )


ATTACKS = {
    "nested lists": b"\n".join([b"x = " + b"[" * 1990, *[b"[" * 1990] * 40]),
    "nested tables": b"protocol = " + b"{a = " * 390,
    "dotted keys": b"\n".join(f"a{number}{'.a' * 980} = 1".encode() for number in range(50)),
    "dotted header": b"[protocol.folds" + b".a" * 900 + b"]\n",
    "dotted value": b"protocol.folds" + b".a" * 900 + b" = 1\n",
    "long number": b"protocol.seed = " + b"9" * 1_900,
    "no number": b"protocol.seed = 0x" + b"f" * 1_900 + b"\nprotocol.rope = 1e999999999\n",
    "longer number": b"protocol.seed = 1" + b"_0" * 900 + b"\n",
    "deep values": b"protocol.folds = " + b"[" * 15 + b"]" * 15,
    "zeros": b"\0" * 1_000,
}


@pytest.mark.parametrize("data", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_on_the_parser_is_refused_in_one_sentence(study_of: Any, data: bytes) -> None:
    with pytest.raises(StudyError) as caught:
        checked(study_file.default(), study_of(data))
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_depth_is_limited_wherever_it_comes_from() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = {"a": deep}
    for tables in ({"teacher": deep}, {"protocol": {"folds": deep}}, {"teacher": {"x": [[deep]]}}):
        with pytest.raises(StudyError, match=r"^the study is nested deeper than 16 levels$"):
            checked(study_file.default(), tables)
    for setting in (f"teacher{'.a' * 5_000}=1", "teacher.a=" + "[" * 20 + "]" * 20):
        with pytest.raises(StudyError, match=r"^the study is nested deeper than 16 levels$"):
            checked(study_file.default(), from_settings([setting]))


@one_file
@given(data=st.binary(max_size=60) | st.text(alphabet='[]{}=".#\n\r\\ae0_-+:T\0é', max_size=60).map(str.encode))
def test_whatever_the_bytes_only_our_own_errors_are_raised(study_of: Any, data: bytes) -> None:
    try:
        checked(study_file.default(), study_of(data))
    except OverproofError as error:
        assert "\n" not in str(error)  # noqa: PT017


@one_file
@given(
    cut=st.tuples(st.integers(0, 900), st.integers(0, 900)),
    filling=st.text(alphabet='[]{}=".#\n', max_size=5) | st.text(max_size=3),
)
def test_a_damaged_study_is_read_or_refused(study_of: Any, cut: tuple[int, int], filling: str) -> None:
    text = written(checked(study_file.default()))
    start, end = sorted(cut)
    try:
        checked(study_of((text[:start] + filling + text[end:]).encode()))
    except OverproofError as error:
        assert "\n" not in str(error)  # noqa: PT017


# Environment and --set.


def test_settings_of_the_environment() -> None:
    environment = {
        "OVERPROOF__PROTOCOL__FOLDS": "3",
        "OVERPROOF__STUDENT__TRAINING__LEARNING_RATE": "1e-3",
        "OVERPROOF__DATA__SOURCE": "fashion mnist",
        "OVERPROOF_TEST_DATA": "7",
        "overproof__protocol__seed": "7",
        "HOME": "/",
    }
    assert from_environment(environment) == {
        "protocol": {"folds": 3},
        "student": {"training": {"learning_rate": 0.001}},
        "data": {"source": "fashion mnist"},
    }
    assert from_environment({}) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("true", True),
        ("True", "True"),
        ("sgd", "sgd"),
        ('"sgd"', "sgd"),
        ("'5'", "5"),
        ("[1, 2]", [1, 2]),
        ("{epochs = 3}", {"epochs": 3}),
        ("", ""),
        (" 5 ", 5),
        ("a=b", "a=b"),
        ("runs/a b.csv", "runs/a b.csv"),
        ("9" * 5_000, "9" * 5_000),
        ("[" * 5_000, "[" * 5_000),
    ],
)
def test_a_value_is_toml_else_text(text: str, value: Any) -> None:
    assert from_settings([f"table.key={text}"]) == {"table": {"key": value}}
    assert from_environment({"OVERPROOF__TABLE__KEY": text}) == {"table": {"key": value}}


def test_settings_name_any_depth_and_later_ones_win() -> None:
    assert from_settings(["a.b.c=1", " a.b.d = 2", "a.b.c=3", "e=4"]) == {"a": {"b": {"c": 3, "d": 2}}, "e": 4}


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        (["protocol.folds"], "--set 'protocol.folds' must have the form table.key=value"),
        (["=3"], "--set '=3' must have the form table.key=value"),
        ([" =3"], "--set ' =3' must have the form table.key=value"),
        ([""], "--set '' must have the form table.key=value"),
        (["a.b=1", "a.b.c=2"], "--set a.b.c=2: 'b' is a value already, not a table"),
    ],
)
def test_settings_of_another_form_are_refused(given_settings: list[str], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        from_settings(given_settings)
    assert str(caught.value) == message


def test_an_environment_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(StudyError, match=r"^OVERPROOF__A__B: 'a' is a value already, not a table$"):
        from_environment({"OVERPROOF__A": "1", "OVERPROOF__A__B": "2"})


@given(st.lists(st.text(alphabet="abc.=[]{}\"' \n1", max_size=12)))
def test_whatever_is_set_only_our_own_errors_are_raised(given_settings: list[str]) -> None:
    environment = {f"OVERPROOF__{text.upper()}": text for text in given_settings}
    for make in (partial(from_settings, given_settings), partial(from_environment, environment)):
        try:
            checked(study_file.default(), make())
        except OverproofError as error:
            assert "\n" not in str(error)  # noqa: PT017


# Layers.


def test_defaults_then_file_then_environment_then_settings(study_of: Any) -> None:
    file = study_of(
        b"[data]\nsource='digits'\n[teacher]\nmodel='cnn'\n[student]\nmodel='cnn'\n"
        b"[protocol]\nfolds=3\nseed=1\nrepeats=2\n"
    )
    environment = from_environment({"OVERPROOF__PROTOCOL__SEED": "2", "OVERPROOF__PROTOCOL__REPEATS": "3"})
    protocol = checked(file, environment, from_settings(["protocol.repeats=4"])).protocol
    assert (protocol.validation, protocol.folds, protocol.seed, protocol.repeats) == (0.1, 3, 2, 4)


def test_merging_leaves_what_it_merges_alone() -> None:
    base, over = {"a": {"b": 1, "c": [{"x": 1}, {"arm": "y"}]}}, {"a": {"b": 2, "c": {"kd": {"x": 3}}}}
    assert merged(base, over) == {"a": {"b": 2, "c": [{"x": 3}, {"arm": "y"}]}}
    assert base == {"a": {"b": 1, "c": [{"x": 1}, {"arm": "y"}]}}
    assert merged({"a": {"b": 1}}, {"a": 2}, {"a": {"c": 3}}) == {"a": {"c": 3}}


def methods(file: Any, *given_settings: str) -> list[Method]:
    """The methods that a study has after settings."""
    return checked(study_file.default(), {"method": file}, from_settings(given_settings)).methods


def test_settings_reach_the_method_they_name() -> None:
    several = [{"name": "kd"}, {"name": "kd", "arm": "cold", "temperature": 1.0}]
    assert [each.settings for each in methods(several, "method.cold.alpha=0.5", "method.kd.alpha=0.1")] == [
        {"alpha": 0.1},
        {"alpha": 0.5, "temperature": 1.0},
    ]
    unnamed = methods([{"alpha": 0.1}, {"arm": "b"}], "method.kd.alpha=0.5")
    assert [each.settings for each in unnamed] == [{"alpha": 0.5}, {}]


@pytest.mark.parametrize("one", [{"alpha": 0.1}, [{"alpha": 0.1}]], ids=["table", "list of one"])
def test_settings_reach_the_only_method_without_its_name(one: Any) -> None:
    (only,) = methods(one, "method.alpha=0.5")
    assert only.settings["alpha"] == 0.5


def test_a_list_of_methods_may_be_given_whole() -> None:
    assert [each.arm for each in methods({}, "method=[{arm='a'}, {arm='b'}]")] == ["a", "b"]
    assert [each.name for each in methods([{"arm": "a"}, {"arm": "b"}], "method=[{name='simple'}]")] == ["simple"]


@pytest.mark.parametrize(
    ("file", "setting", "message"),
    [
        (
            [{}, {"arm": "cold"}],
            "method.cool.alpha=1",
            "method has several tables, so settings name one; 'cool' is none, did you mean 'cold'? Known: cold, kd",
        ),
        (
            [{}, {"arm": "cold"}],
            "method.alpha=1",
            "method has several tables, so settings name one; 'alpha' is none, known: cold, kd",
        ),
        (
            [{}, {"arm": "cold"}],
            "method.cold=1",
            "method.cold is a table; set one of its keys, as in method.cold.alpha",
        ),
        ([3, 4], "method.cold=1", "method is a list of values, not of tables; it has no 'cold'"),
    ],
)
def test_settings_that_reach_no_method_are_refused(file: Any, setting: str, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        methods(file, setting)
    assert str(caught.value) == message


# Round trips.


@one_file
@given(given_tables=studies.possible)
def test_every_study_survives_being_written(study_of: Any, given_tables: dict[str, Any]) -> None:
    study = checked(given_tables)
    again = checked(study_of(written(study).encode()))
    assert again == study
    assert written(again) == written(study)


@given(studies.nearly_possible, studies.nearly_possible)
def test_whatever_the_tables_only_our_own_errors_are_raised(one: dict[str, Any], other: dict[str, Any]) -> None:
    for layers in ((one,), (study_file.default(), one), (study_file.default(), one, other)):
        try:
            written(checked(*layers))
        except OverproofError as error:
            assert "\n" not in str(error)  # noqa: PT017

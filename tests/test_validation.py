from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, model_validator

from overproof.errors import OverproofError, StudyError
from overproof.validation import STRICT, build, validate


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("be even")
    return value


class Inner(BaseModel):
    """A table inside a table."""

    model_config = STRICT

    depth: Annotated[int, Field(ge=1, le=9)] = 1


class Recipe(BaseModel):
    """A table with a key of every kind."""

    model_config = STRICT

    title: str
    steps: Annotated[int, Field(ge=1)] = 1
    pair: Annotated[int, AfterValidator(_even)] = 2
    rate: Annotated[float, Field(gt=0, lt=1)] = 0.5
    fast: bool = False
    kind: Literal["adamw", "sgd"] = "sgd"
    inner: Inner = Inner()
    several: Annotated[list[Inner], Field(min_length=1)] = [Inner()]
    perhaps: Inner | None = None

    @model_validator(mode="after")
    def _fast_has_one_step(self) -> Recipe:
        if self.fast and self.steps > 1:
            raise ValueError("a fast recipe has one step")
        return self


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """Settings as models and methods have them."""

    rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    width: Annotated[int, Field(ge=1)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "title is required"),
        ({"title": 3}, "title must be a string, got 3"),
        ({"steps": "x" * 100}, f"steps must be a whole number, got '{'x' * 56}…"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"steps": True}, "steps must be a whole number, got true"),
        ({"steps": 2.0}, "steps must be a whole number, got 2.0"),
        ({"steps": "2"}, "steps must be a whole number, got '2'"),
        ({"pair": 3}, "pair must be even, got 3"),
        ({"rate": 0}, "rate must be greater than 0, got 0"),
        ({"rate": 1.0}, "rate must be less than 1, got 1.0"),
        ({"rate": False}, "rate must be a number, got false"),
        ({"rate": float("nan")}, "rate must be finite, got nan"),
        ({"rate": float("-inf")}, "rate must be finite, got -inf"),
        ({"fast": 1}, "fast must be true or false, got 1"),
        ({"kind": "adam"}, "kind must be 'adamw' or 'sgd', got 'adam'"),
        ({"inner": 3}, "inner must be a table, got 3"),
        ({"inner": {"depth": 10}}, "inner.depth must be at most 9, got 10"),
        ({"inner": {"dpeth": 1}}, "[inner] has no key 'dpeth'; did you mean 'depth'? Known: depth"),
        ({"several": {}}, "several must be a list, got {}"),
        ({"several": []}, "several must have 1 or more entries, got []"),
        ({"several": [{}, {"depth": 0}]}, "several.depth must be at least 1, got 0"),
        ({"several": [{"zzz": 0}]}, "[several] has no key 'zzz'; known: depth"),
        ({"perhaps": {"dept": 1}}, "[perhaps] has no key 'dept'; did you mean 'depth'? Known: depth"),
        ({"fast": True, "steps": 2}, "a fast recipe has one step"),
        (
            {"tittle": "a"},
            "the study has no table or key 'tittle'; did you mean 'title'? "
            "Known: fast, inner, kind, pair, perhaps, rate, several, steps, title",
        ),
    ],
)
def test_a_mistake_is_one_sentence(values: dict[str, Any], message: str) -> None:
    tables = {} if not values else {"title": "a", **values}
    with pytest.raises(StudyError) as caught:
        validate(Recipe, tables)
    assert str(caught.value) == message


def test_the_sentence_says_where() -> None:
    with pytest.raises(StudyError, match=r"^student\.training\.depth must be at least 1, got 0$"):
        validate(Inner, {"depth": 0}, "student.training")
    with pytest.raises(StudyError, match=r"^\[student\.training\] has no key 'dept'; did you mean 'depth'\?"):
        validate(Inner, {"dept": 0}, "student.training")
    with pytest.raises(StudyError, match=r"^\[method\.inner\] has no key 'dept'"):
        validate(Recipe, {"title": "a", "inner": {"dept": 0}}, "method")


def test_what_is_right_is_built() -> None:
    recipe = validate(Recipe, {"title": "a", "rate": 0.25, "several": [{}, {"depth": 2}]})
    assert (recipe.rate, recipe.several[1].depth) == (0.25, 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "method.width is required"),
        ({"width": 0}, "method.width must be at least 1, got 0"),
        ({"width": True}, "method.width must be a whole number, got true"),
        ({"width": "4"}, "method.width must be a whole number, got '4'"),
        ({"width": 4.0}, "method.width must be a whole number, got 4.0"),
        ({"width": 4, "rate": True}, "method.rate must be a number, got true"),
        ({"width": 4, "rate": float("nan")}, "method.rate must be finite, got nan"),
        ({"width": 4, "rate": 1.5}, "method.rate must be at most 1, got 1.5"),
        ({"widht": 4}, "[method] has no key 'widht'; did you mean 'width'? Known: arm, name, rate, width"),
        ({"width": 4, "nmae": 4}, "[method] has no key 'nmae'; did you mean 'name'? Known: arm, name, rate, width"),
    ],
)
def test_settings_follow_the_same_rules(values: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        build(Knobs, values, "method", beside=("name", "arm"))
    assert str(caught.value) == message


def test_settings_that_are_right_are_built() -> None:
    assert build(Knobs, {"width": 4}, "method") == Knobs(width=4)
    built = build(Knobs, {"width": 4, "rate": 1}, "method")
    assert built == Knobs(width=4, rate=1.0)
    assert isinstance(built.rate, float)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*Recipe.model_fields, "other"]), anything))
def test_nothing_but_our_own_error_is_raised(values: dict[str, Any]) -> None:
    for make in (lambda: validate(Recipe, {"title": "a", **values}), lambda: build(Knobs, values, "method")):
        try:
            make()
        except OverproofError as error:
            assert "\n" not in str(error)  # noqa: PT017  (an error is one possible outcome)

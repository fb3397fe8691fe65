from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overproof.data.dataset import LABELLED, TEST, UNLABELLED, Dataset, from_arrays
from overproof.errors import DataError
from overproof.sources.cells import written
from overproof.sources.joining import joined, numbered
from overproof.sources.roles import Table
from overproof.sources.tables import as_dataset
from overproof.sources.texts import tokenised
from overproof.sources.unlabelled import without_labels
from overproof.study import Data


def rows(
    name: str = "t.csv", labelled: bool = True, main: bool = True, data: Data | None = None, **columns: Any
) -> Dataset:
    table = Table(name, name, {key: written(words.split("|"), [""]) for key, words in columns.items()})
    return as_dataset(table, data or Data(source=name), labelled, main=main)


def said(data: Dataset, row: int) -> list[str | float | None]:
    """The cells of a row, as what they mean."""
    assert data.columns is not None
    cells = zip(data.columns, data.inputs[row].tolist(), strict=True)
    return [None if np.isnan(v) else v if c.categories is None else c.categories[int(v)] for c, v in cells]


MAIN = rows(age="1|2|3|4", job="cook|none|cook|", y="b|a|b|a")


def test_nothing_joins() -> None:
    assert joined(MAIN) is MAIN


def test_rows_join_with_their_categories_in_another_order() -> None:
    more = rows(labelled=False, main=False, y="?|?|?", job="none|smith|", extra="1|2|3", age="5||7")
    test = rows(main=False, y="a|b", job="baker|cook", age="8|9")
    whole = joined(MAIN, more, test)
    assert whole.columns is not None
    assert [(each.name, each.categories) for each in whole.columns] == [
        ("age", None),
        ("job", ("baker", "cook", "none", "smith")),
    ]
    assert [said(whole, row) for row in range(9)] == [
        [1, "cook"], [2, "none"], [3, "cook"], [4, None],
        [5, "none"], [None, "smith"], [7, None],
        [8, "baker"], [9, "cook"],
    ]  # fmt: skip
    assert whole.labels.tolist() == [1, 0, 1, 0, -1, -1, -1, 0, 1]
    assert whole.part.tolist() == [LABELLED] * 4 + [UNLABELLED] * 3 + [TEST] * 2
    assert whole.keys == ("0", "1", "2", "3", "unlabelled:0", "unlabelled:1", "unlabelled:2", "test:0", "test:1")
    assert (whole.classes, whole.task, whole.name) == (MAIN.classes, MAIN.task, MAIN.name)
    assert len(set(whole.ids.tolist())) == 9


def test_main_rows_keep_their_ids_whoever_joins_them() -> None:
    main = from_arrays([[1.0], [2.0], [1.0], [3.0]], ["b", "a", "a", "b"], "rows")
    test = from_arrays([[1.0], [1.0], [3.0]], ["a", "b", "a"], "rows")
    whole = joined(main, without_labels(test.inputs, columns=test.columns), test)
    assert whole.ids[:4].tolist() == main.ids.tolist()
    assert len(set(whole.ids.tolist())) == len(whole)


def test_test_labels_are_numbered_as_the_main_rows_number_them() -> None:
    main = from_arrays([[1.0], [2.0], [3.0]], ["x", "a", "m"], "rows")
    test = from_arrays([[4.0], [5.0]], ["x", "m"], "rows", task="multiclass")
    assert [main.classes[label] for label in joined(main, test=test).labels[3:]] == ["x", "m"]


def test_values_and_several_labels() -> None:
    main = rows(a="1|2", one="1.5|2.5", two="3.5|4.5", data=Data(source="t", target=["one", "two"]))
    test = rows(a="3|4", two="5.5|6.5", one="7.5|8.5", data=Data(source="t", target=["two", "one"]))
    whole = joined(main, without_labels(main.inputs, columns=main.columns), test)
    assert np.array_equal(
        whole.labels, [[1.5, 3.5], [2.5, 4.5], [np.nan] * 2, [np.nan] * 2, [7.5, 5.5], [8.5, 6.5]], equal_nan=True
    )


def test_a_column_that_is_text_somewhere_is_text_everywhere() -> None:
    main = rows(code="1|2.5|", y="a|b|a")
    test = rows(main=False, code="x|2.5|1", y="a|b|a")
    whole = joined(main, test=test)
    assert [said(whole, row)[0] for row in range(6)] == ["1", "2.5", None, "x", "2.5", "1"]
    again = joined(test, test=main)
    assert [said(again, row)[0] for row in range(6)] == ["x", "2.5", "1", "1", "2.5", None]


def test_a_column_without_a_value_in_the_other_rows() -> None:
    whole = joined(MAIN, rows(labelled=False, main=False, age="1|2", job="|"))
    assert [said(whole, row)[1] for row in (4, 5)] == [None, None]


def test_texts_of_different_lengths() -> None:
    data, sets = Data(source="t"), []
    for texts in (["one", "two words", "one"], ["three short words", "x"]):
        inputs, tokens = tokenised(texts, data)
        labels = np.arange(len(texts), dtype=np.int64) % 2
        ids = np.arange(len(texts), dtype=np.uint64)
        sets.append(Dataset("t", inputs, labels, ids, ("a", "b"), "binary", tokens=tokens))
    whole = joined(sets[0], test=sets[1])
    alone, _ = tokenised(["one", "two words", "one", "three short words", "x"], data)
    assert np.array_equal(whole.inputs, alone)
    assert whole.tokens is not None
    assert whole.tokens.texts[-1] == "x"


def test_groups_are_the_same_in_every_file() -> None:
    data = Data(source="t", groups="who", time="at")
    main = rows(a="1|2|3", who="p|q|p", at="1|2|3", y="a|b|a", data=data)
    test = rows(a="4|5", who="q|r", at="4|5", y="a|b", data=data)
    more = rows(labelled=False, main=False, a="6", who="p", data=data)
    whole = numbered(joined(main, more, test))
    assert whole.groups is not None
    assert sorted(set(whole.groups.tolist())) == [0, 1, 2]
    first, second, third = whole.groups[:3]
    assert (whole.groups[3:].tolist()[:2], third) == ([first, second], first)
    assert whole.times is not None
    assert np.array_equal(whole.times, [1, 2, 3, np.nan, 4, 5], equal_nan=True)


REFUSED: list[tuple[Dataset | None, Dataset | None, str]] = [
    (
        None,
        rows(main=False, age="1|2", job="x|z", y="a.|b"),
        "protocol.test label 'a.' is not one of the classes of data.source; did you mean 'a'? Known: a, b",
    ),
    (
        rows(labelled=False, main=False, age="1"),
        None,
        "data.unlabelled has no column 'job', which data.source has; its columns are age",
    ),
    (
        from_arrays([[1.0]] * 2, ["a", "b"], "x"),
        None,
        "data.unlabelled has rows of 1 columns, expected 2 as in data.source",
    ),
    (
        from_arrays(np.zeros((2, 1, 2, 2)), ["a", "b"], "x"),
        None,
        "data.unlabelled holds arrays, but data.source a table; both must be of one kind",
    ),
    (
        None,
        rows(main=False, age="1|2", job="x|z", y="0.5|1.25"),
        "protocol.test has labels for another task than data.source: regression of 1, not binary of 2; say data.task",
    ),
]


@pytest.mark.parametrize(("more", "test", "message"), REFUSED)
def test_what_does_not_fit(more: Dataset | None, test: Dataset | None, message: str) -> None:
    with pytest.raises(DataError) as caught:
        joined(MAIN, more, test)
    assert str(caught.value) == message


def test_images_of_another_size() -> None:
    main = from_arrays(np.zeros((2, 1, 2, 2)), ["a", "b"], "x")
    with pytest.raises(DataError, match=r"has rows of shape \(1, 3, 3\), expected \(1, 2, 2\) as in data.source"):
        joined(main, test=from_arrays(np.zeros((2, 1, 3, 3)), ["a", "b"], "x"))


def test_numbers_here_and_words_there_are_not_thousands_of_categories() -> None:
    main = rows(a="|".join(map(str, range(1500))), y="|".join("ab"[i % 2] for i in range(1500)))
    with pytest.raises(DataError, match="column 'a' holds numbers in one place and text in another"):
        joined(main, rows(labelled=False, main=False, a="unknown|5"))


def test_numbers_that_become_categories_are_told_of() -> None:
    whole = joined(MAIN, rows(labelled=False, main=False, age="old|5", job="cook|smith"))
    assert whole.notes == (
        "Column 'age' holds numbers in data.source and words in the rows that join it, so each of its numbers is taken "
        "for a category.",
    )
    assert joined(MAIN, rows(labelled=False, main=False, age="6|5", job="cook|smith")).notes == ()


def test_rows_without_groups_and_names_that_collide() -> None:
    grouped = replace(MAIN, groups=np.zeros(4, dtype=np.int64))
    with pytest.raises(DataError, match=r"protocol\.test says nothing about groups"):
        joined(grouped, test=MAIN)
    with pytest.raises(DataError, match="two rows are called 'test:0'"):
        joined(replace(MAIN, keys=("test:0", "b", "c", "d")), test=MAIN)


WORDS = st.lists(st.sampled_from(["", "1", "2.5", "x", "y z"]), min_size=2, max_size=6)


@given(WORDS, WORDS)
@settings(max_examples=60)
def test_cells_keep_their_meaning(first: list[str], second: list[str]) -> None:
    one, other = (
        rows(main=False, a="|".join(words), y="|".join("ab"[i % 2] for i in range(len(words))))
        for words in (first, second)
    )
    whole = joined(one, test=other)
    together = rows(
        main=False,
        a="|".join(first + second),
        y="|".join(["a", "b"] * len(first + second))[: 2 * len(first + second) - 1],
    )
    assert np.array_equal(whole.inputs, together.inputs, equal_nan=True)
    assert whole.columns == together.columns

"""Texts become rows of token numbers: cut, filled up, and refused where they are no texts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.errors import DataError, MissingExtraError, MissingInputError, UnsafeError
from overproof.sources import hashing, texts
from overproof.sources.texts import tokenised
from overproof.study import Data


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


def data(**keys: Any) -> Data:
    return Data(source="texts.csv", text="text", **keys)


def folder(path: Path, *, padding: str | None = "[PAD]", **special: str) -> Path:
    """A tokenizer of whole words, saved as transformers saves it."""
    pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    from transformers import PreTrainedTokenizerFast

    known = ["[UNK]", "[PAD]", "hello", "world", "[END]"]
    model = tokenizers.models.WordLevel({word: n for n, word in enumerate(known)}, unk_token="[UNK]")  # noqa: S106
    inner = tokenizers.Tokenizer(model)
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    given = {"unk_token": "[UNK]", **special} | ({} if padding is None else {"pad_token": padding})
    made: Any = PreTrainedTokenizerFast
    made(tokenizer_object=inner, **given).save_pretrained(path)
    return path


def test_hashing_needs_nothing_and_keeps_the_texts() -> None:
    given = ["a b c d", "", "A  b"]
    rows, tokens = tokenised(given, data())
    a, b, c, d = (hashing.bucket(word) for word in "abcd")
    assert rows.dtype == np.int32
    assert rows.tolist() == [[a, b, c, d], [0, 0, 0, 0], [a, b, 0, 0]]
    assert (tokens.texts, tokens.vocabulary, tokens.padding) == (tuple(given), 8192, 0)


def test_long_rows_are_cut_and_rows_are_as_long_as_the_longest() -> None:
    rows, _ = tokenised(["one two three four", "one"], data(length=3))
    assert rows.shape == (2, 3)
    assert tokenised(["one two three four", "one"], data(length=3000))[0].shape == (2, 4)
    assert rows.tolist() == tokenised(["one two three five", "one"], data(length=3))[0].tolist()


def test_numpy_texts_become_python_texts() -> None:
    tokens = tokenised(list(np.array(["one", "two"])), data())[1]
    assert [type(text) for text in tokens.texts] == [str, str]
    json.dumps(tokens.texts)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["a", 3.5], r"texts row 1 is 3\.5, which is not text"),
        ([None, "a"], "texts row 0 is None, which is not text"),
        (["a", b"a"], "row 1 is b'a', which is not text"),
        (["a", "\ud800"], "row 1 is not valid Unicode"),
        (["", " \n"], "no text in any of its 2 rows"),
        ([], "no text in any of its 0 rows"),
    ],
)
def test_what_is_no_text_is_refused(given: list[Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        tokenised(given, data())


def test_a_transformers_tokenizer_from_a_folder(tmp_path: Path) -> None:
    name = str(folder(tmp_path / "words"))
    rows, tokens = tokenised(["hello world hello", "world", "moon"], data(tokenizer=name, length=2))
    assert rows.tolist() == [[2, 3], [3, 1], [0, 1]]
    assert rows.dtype == np.int32
    assert (tokens.vocabulary, tokens.padding) == (5, 1)
    assert tokens.texts == ("hello world hello", "world", "moon")


def test_without_a_padding_token_the_end_stands_in_or_0(tmp_path: Path) -> None:
    end = str(folder(tmp_path / "end", padding=None, eos_token="[END]"))  # noqa: S106
    rows, tokens = tokenised(["hello world", "world"], data(tokenizer=end))
    assert (rows.tolist(), tokens.padding, tokens.vocabulary) == ([[2, 3], [3, 4]], 4, 5)
    none = str(folder(tmp_path / "none", padding=None))
    assert tokenised(["hello world", "world"], data(tokenizer=none))[0].tolist() == [[2, 3], [3, 0]]


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c", ""])
def test_a_folder_that_is_not_there(name: str) -> None:
    with pytest.raises(MissingInputError, match="does not exist"):
        tokenised(["a"], data(tokenizer=name))


def test_a_name_that_nobody_knows() -> None:
    pytest.importorskip("transformers")
    with pytest.raises(MissingInputError, match=r"'hashin' is neither 'hashing', nor a folder in .*, nor on the hub"):
        tokenised(["a"], data(tokenizer="hashin"))


def test_folders_without_a_sound_tokenizer(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "empty").mkdir()
    damaged = folder(tmp_path / "damaged")
    whole = (damaged / "tokenizer.json").read_bytes()
    (damaged / "tokenizer.json").write_bytes(whole[: len(whole) // 2])
    file = tmp_path / "vocab.txt"
    file.write_text("hello\n")
    for path, says in (("empty", "no sound tokenizer"), ("damaged", "no sound tokenizer")):
        with pytest.raises(DataError, match=says) as raised:
            tokenised(["a"], data(tokenizer=str(tmp_path / path)))
        assert "\n" not in str(raised.value)
    with pytest.raises(MissingInputError, match="is a file, not the folder of a tokenizer"):
        tokenised(["a"], data(tokenizer=str(file)))


def test_a_tokenizer_that_is_a_program_is_refused_and_does_not_run(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    settings = {"tokenizer_class": "Evil", "auto_map": {"AutoTokenizer": ["evil.Evil", None]}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    with pytest.raises(UnsafeError, match="is a program; refused"):
        tokenised(["a"], data(tokenizer=str(tmp_path)))
    assert not (tmp_path / "ran").exists()


def test_without_transformers_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r'pip install "overproof\[hf\]"'):
        tokenised(["a"], data(tokenizer=str(tmp_path)))
    tokenised(["a"], data())


def test_the_tokens_of_real_texts(shared_data: Path) -> None:
    import gzip

    with gzip.open(shared_data / "clinc150" / "data_full.json.gz", "rt", encoding="utf-8") as file:
        given = [text for text, _ in json.load(file)["train"]]
    rows, tokens = tokenised(given, data())
    assert len(rows) == len(given) > 10_000
    assert rows.shape[1] <= 64
    distinct = {word for text in given for word in hashing.words(text)}
    assert len(np.unique(rows)) - 1 > 0.6 * len(distinct)  # few words share a bucket with another
    assert texts.tokenised(given[:10], data())[0].tolist() == [
        row[: max(len(hashing.words(text)) for text in given[:10])]
        for row, text in zip(rows[:10].tolist(), given[:10], strict=True)
    ]
    assert tokens.texts[0] == given[0]

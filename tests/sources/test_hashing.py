"""The built-in tokenizer: what a word is, and a number for it that is the same everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.sources.hashing import BUCKETS, PADDING, bucket, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,  World", ["hello", ",", "world"]),
        ("it's 3.5 €", ["it", "'", "s", "3", ".", "5", "€"]),
        ("snake_case\tand\nlines", ["snake_case", "and", "lines"]),
        ("STRASSE Ünïcode", ["strasse", "ünïcode"]),
        ("e\u0301te\u0301", ["été"]),
        ("東京へ行くyes", ["東", "京", "へ", "行", "く", "yes"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("안녕하세요", ["안녕하세요"]),
        ("?!", ["?", "!"]),
        ("👍ok", ["👍", "ok"]),
        (" \u00a0\n", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_number_is_the_documented_one() -> None:
    for token in ("the", "été", "東", "!"):
        text = f"str:token\x1fstr:{token}".encode()
        keyed = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1
        assert bucket(token) == 1 + keyed % 8191


def test_numbers_are_the_same_in_another_process_with_another_hash_seed() -> None:
    program = "from overproof.sources.hashing import tokens; print(tokens('Same words, same NUMBERS: été', 64))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {f"{tokens('Same words, same NUMBERS: été', 64)}\n"}


@given(st.text(max_size=60), st.integers(1, 20))
def test_every_text_has_numbers_in_range(text: str, length: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    numbers = tokens(text, length)
    assert len(numbers) <= length
    assert all(PADDING < number < BUCKETS for number in numbers)
    assert numbers == tokens(text.lower(), length) or text.lower().lower() != text.lower()


def test_words_spread_over_the_buckets() -> None:
    counts = np.bincount([bucket(f"word{n}") for n in range(80_000)], minlength=BUCKETS)
    assert counts[PADDING] == 0
    mean = 80_000 / (BUCKETS - 1)
    # Pearson's statistic over 8,191 buckets is near its degrees of freedom: within five standard deviations
    assert abs(((counts[1:] - mean) ** 2 / mean).sum() - 8190) < 5 * np.sqrt(2 * 8190)

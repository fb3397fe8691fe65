"""The built-in tokenizer, which needs no files: words and punctuation, hashed into a fixed number of buckets.

A text is brought to Unicode's composed form (NFC) and to lower case. Its tokens are its words, its other visible
characters one by one, and the characters of Chinese and Japanese, which stand without spaces, one by one too. The
number of a token is

    1 + key("token", token) mod (BUCKETS − 1)

with :func:`overproof.randomness.key`: the same on every machine, without a vocabulary to fit, so that test rows have no
say in it. 0 is left for padding. Two words may share a bucket, after Weinberger et al., arXiv:0902.2206.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from overproof.randomness import key

#: How many token numbers there are, padding included.
BUCKETS = 8192
PADDING = 0

_UNSPACED = r"\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
#: Accents and vowel signs, which Python does not count as parts of a word: Latin, Hebrew, Arabic, and those of India.
_SIGNS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0dff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}](?:[^\W{_UNSPACED}]|[{_SIGNS}])*|[^\w\s]")


def words(text: str) -> list[str]:
    """The tokens of a text, as text.

    Example:
        >>> words("Don't stop: 2nd café!")
        ['don', "'", 't', 'stop', ':', '2nd', 'café', '!']
        >>> words("我爱你 ok")
        ['我', '爱', '你', 'ok']
    """
    return _TOKEN.findall(unicodedata.normalize("NFC", text).lower())


@lru_cache(maxsize=2**17)
def bucket(token: str) -> int:
    """The number of a token: in 1..BUCKETS−1.

    Example:
        >>> bucket("teacher"), bucket("student")
        (6800, 1169)
    """
    return 1 + key("token", token) % (BUCKETS - 1)


def tokens(text: str, length: int) -> list[int]:
    """The numbers of a text's first ``length`` tokens.

    Raises:
        UnicodeEncodeError: when the text is not valid Unicode.

    Example:
        >>> tokens("Yes, yes, YES", 3) == [bucket("yes"), bucket(","), bucket("yes")]
        True
    """
    return [bucket(word) for word in words(text)[:length]]

"""What a page carries inside itself, and the content policy that lets a browser use nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

_DANGEROUS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def data(value: Any) -> Markup:
    r"""JSON for a ``<script type="application/json">``: ASCII, and no character in it means anything to HTML.

    Args:
        value: JSON values; no NaN and no infinity.

    Example:
        >>> print(data({"name": "</script><!-- \u2028"}))
        {"name":"\u003c/script\u003e\u003c!-- \u2028"}
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_DANGEROUS))  # noqa: S704  # escaped in the line above


def digest(text: str) -> str:
    """The name by which a content policy knows an inline script or style.

    Example:
        >>> digest("")
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(scripts: Sequence[str], style: str) -> Markup:
    """The content policy: these scripts, this style, images that are in the page, and nothing from anywhere.

    Args:
        scripts: the text of every inline script that may run.
        style: the text of the only style sheet.
    """
    directives = [
        "default-src 'none'",
        f"script-src {' '.join(map(digest, scripts))}",
        f"style-src {digest(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return Markup("; ".join(directives))  # noqa: S704  # fixed words and base64

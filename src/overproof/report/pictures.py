"""Rows as small pictures: PNG images inside the page, without an imaging library."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence

from markupsafe import Markup

#: PNG's colour types by the number of channels.
_COLOUR_TYPES = {1: 0, 3: 2}


def picture(pixels: str | None, shape: Sequence[int]) -> Markup | None:
    """The address of an image that holds itself (PNG, W3C Recommendation, 3rd edition; RFC 2397).

    Args:
        pixels: Base64 of one byte for every number of the row, 0 is black; None where there are none.
        shape: of the row: channels, height, width; 1 channel is grey, 3 are red, green and blue.

    Returns:
        A ``data:`` address; None where the row is no image.

    Example:
        >>> print(picture("AP8=", [1, 1, 2])[:30])
        data:image/png;base64,iVBORw0K
        >>> picture("AP8=", [2]) is None
        True
    """
    values = _decoded(pixels)
    if len(shape) != 3 or shape[0] not in _COLOUR_TYPES or not values or len(values) != math.prod(shape):
        return None
    channels, height, width = shape
    plane = height * width
    lines = b"".join(
        b"\0" + bytes(values[channel * plane + line * width + x] for x in range(width) for channel in range(channels))
        for line in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")
    file = b"\x89PNG\r\n\x1a\n" + chunks
    return Markup(f"data:image/png;base64,{base64.b64encode(file).decode()}")  # noqa: S704  # base64 of our own bytes


def _decoded(pixels: str | None) -> bytes:
    """Nothing where it is not Base64."""
    try:
        return base64.b64decode(pixels or "", validate=True)
    except ValueError:
        return b""


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

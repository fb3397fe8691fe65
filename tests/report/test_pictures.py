"""Rows as pictures."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from overproof.report.pictures import picture


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_holds_the_pixels_of_the_row(channels: int) -> None:
    image = pytest.importorskip("PIL.Image")
    row = np.random.default_rng(0).integers(0, 256, (channels, 5, 7), dtype=np.uint8)
    address = picture(base64.b64encode(row.tobytes()).decode(), row.shape)
    assert address is not None
    kind, _, file = address.partition(",")
    assert kind == "data:image/png;base64"
    pixels = np.asarray(image.open(io.BytesIO(base64.b64decode(file))))
    assert np.array_equal(pixels, row[0] if channels == 1 else row.transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("pixels", "shape"),
    [
        (None, [1, 1, 2]),
        ("AP8=", [2]),
        ("AP8=", [2, 1, 1]),
        ("AP8=", [1, 2, 2]),
        ("AP8=<script>", [1, 1, 2]),
        ("é", [1, 1, 2]),
        ("", [1, 0, 0]),
    ],
)
def test_what_is_no_picture_is_none(pixels: str | None, shape: list[int]) -> None:
    assert picture(pixels, shape) is None

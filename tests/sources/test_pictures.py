from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")

from PIL import Image

from overproof.errors import DataError, StudyError
from overproof.sources import mapped, pictures
from overproof.sources.pictures import stacked
from tests.sources.image_files import encoded, folder, noise

COLOURED = [Image.fromarray(noise(seed=seed)) for seed in range(9)]
GREYISH = [Image.fromarray(noise(channels=1, seed=seed)) for seed in range(9)]


def called(row: int) -> str:
    return f"image {row}"


def test_coloured_images_are_stacked_in_their_order() -> None:
    found = stacked([encoded(each) for each in COLOURED], called, "rows")
    expected = np.stack([np.asarray(each) for each in COLOURED]).transpose(0, 3, 1, 2) / np.float32(255)
    assert found.inputs.dtype == np.float32
    assert np.array_equal(found.inputs, expected)
    assert found.notes == ()


def test_grey_images_have_one_channel_unless_one_has_colours_or_three_are_wanted() -> None:
    grey = [encoded(each) for each in GREYISH]
    one = stacked(grey, called, "rows").inputs
    assert one.shape == (9, 1, 5, 7)
    for inputs in (
        stacked(grey, called, "rows", channels=3).inputs,
        stacked([*grey, encoded(COLOURED[0])], called, "rows").inputs[:9],
    ):
        assert np.array_equal(inputs, np.repeat(one, 3, axis=1))
    assert stacked([encoded(COLOURED[0])], called, "rows", channels=1).inputs.shape == (1, 3, 5, 7)


def test_files_bytes_and_opened_images_are_the_same(tmp_path: Path) -> None:
    root = folder(tmp_path, {f"{row}.png": encoded(each) for row, each in enumerate(COLOURED)})
    files = stacked([root / f"{row}.png" for row in range(9)], called, "rows").inputs
    assert np.array_equal(files, stacked([encoded(each) for each in COLOURED], called, "rows").inputs)
    assert np.array_equal(files, stacked(COLOURED, called, "rows").inputs)


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("block", [1, 5 * 7 * 3 * 4 * 2, 2**26])
def test_neither_threads_nor_blocks_change_a_bit(monkeypatch: pytest.MonkeyPatch, threads: int, block: int) -> None:
    expected = stacked(COLOURED, called, "rows", (4, 4)).inputs.tobytes()
    monkeypatch.setattr(pictures, "_cores", lambda: threads)
    monkeypatch.setattr(pictures, "_BLOCK", block)
    assert stacked(COLOURED, called, "rows", (4, 4)).inputs.tobytes() == expected


def test_what_does_not_fit_in_memory_is_mapped_and_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [encoded(each) for each in COLOURED]
    expected = stacked(rows, called, "rows").inputs
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 1000)
    found = stacked(rows, called, "rows").inputs
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, expected)
    before = [(path, path.stat().st_mtime_ns) for path in mapped.folder().iterdir()]
    stacked(rows, called, "rows")
    assert [(path, path.stat().st_mtime_ns) for path in mapped.folder().iterdir()] == before


@pytest.mark.parametrize("kind", ["files", "bytes", "opened"])
def test_one_other_byte_size_or_depth_is_another_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 1)

    def rows(images: list[Image.Image]) -> list[Path] | list[bytes] | list[Image.Image]:
        if kind == "opened":
            return images
        if kind == "bytes":
            return [encoded(each) for each in images]
        root = folder(tmp_path, {f"{row}.png": encoded(each) for row, each in enumerate(images)})
        return [root / f"{row}.png" for row in range(len(images))]

    changed = [each.copy() for each in GREYISH]
    changed[3].putpixel((0, 0), (changed[3].getpixel((0, 0)) + 1) % 256)  # type: ignore[operator]
    for images in (GREYISH, changed, GREYISH[::-1]):
        expected = np.stack([np.asarray(each) for each in images])[:, None] / np.float32(255)
        assert np.array_equal(stacked(rows(images), called, "rows").inputs, expected)
    stacked(rows(GREYISH), called, "rows", size=(2, 2))
    stacked(rows(GREYISH), called, "rows", channels=3)
    assert len(list(mapped.folder().iterdir())) == 5


def test_sizes_that_differ_are_told_with_what_to_do() -> None:
    rows = [*COLOURED[:3], COLOURED[0].resize((7, 9)), COLOURED[0].resize((8, 9)), COLOURED[0].resize((9, 9))]
    with pytest.raises(DataError) as caught:
        stacked(rows, called, "rows")
    assert str(caught.value) == (
        "rows has images of 4 sizes (height × width: 5 × 7 in 3, 9 × 7 in 1, 9 × 8 in 1, …; the first that differs is "
        "image 3); set data.size = [height, width], for example [5, 7]"
    )
    assert stacked(rows, called, "rows", (5, 7)).inputs.shape == (6, 3, 5, 7)


def test_an_image_is_named_by_the_first_that_is_wrong() -> None:
    rows = [encoded(COLOURED[0]), b"", encoded(COLOURED[1])[:-50], b"no"]
    with pytest.raises(DataError, match=r"^image 1 is empty$"):
        stacked(rows, called, "rows")
    with pytest.raises(DataError, match=r"^image 1 is truncated"):
        stacked([rows[0], rows[2], rows[0], rows[2]], called, "rows")


def test_what_was_lost_is_noted() -> None:
    rows = [COLOURED[0], COLOURED[1].convert("CMYK"), COLOURED[2].convert("RGBA"), COLOURED[3].convert("RGBA")]
    assert stacked(rows, called, "rows").notes == (
        "rows: 1 of 4 images are CMYK and become RGB without a colour profile (first: image 1)",
        "rows: 2 of 4 images may be transparent and are laid on white (first: image 2)",
    )


def test_a_size_beyond_memory_is_refused() -> None:
    with pytest.raises(StudyError) as caught:
        stacked(COLOURED, called, "rows", (10_000, 10_000))
    assert str(caught.value) == (
        "data.size = [10000, 10000] makes 100,000,000 pixels of every image; the most are 64,000,000"
    )

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("PIL")

from PIL import Image, ImageFile, ImageOps, features

from overproof.errors import DataError, MissingInputError, OverproofError, StorageError
from overproof.sources.decoding import header, pixels, strictly
from tests.sources.image_files import encoded, noise

RGB = noise()
GREY = noise(channels=1)
DEEP = np.random.default_rng(1).integers(0, 65_536, (5, 7)).astype(np.uint16)
COLOURED, GREYISH, SIXTEEN = Image.fromarray(RGB), Image.fromarray(GREY), Image.fromarray(DEEP)


def taken(picture: Any, channels: int, size: tuple[int, int] | None = None) -> Any:
    return pixels(picture, channels, size, "a.png")


def on_white(colours: Any, opacity: Any) -> Any:
    share = opacity[..., None] / 255 if colours.ndim == 3 else opacity / 255
    return share * colours / 255 + (1 - share)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_eight_bits_are_divided_by_255_to_the_bit(kind: str) -> None:
    assert np.array_equal(taken(encoded(COLOURED, kind), 3), np.moveaxis(RGB, 2, 0) / np.float32(255))
    assert np.array_equal(taken(encoded(GREYISH, kind), 1), GREY[None] / np.float32(255))
    assert header(encoded(COLOURED, kind), "")[:3] == (5, 7, 3)
    assert header(encoded(GREYISH, kind), "")[:3] == (5, 7, 1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_divided_by_65535(kind: str) -> None:
    found = taken(encoded(SIXTEEN, kind), 1)
    assert np.array_equal(found, DEEP[None].astype(np.float32) / np.float32(65_535))
    assert header(encoded(SIXTEEN, kind), "") == (5, 7, 1, None)


def test_a_grey_image_among_coloured_ones_has_three_equal_channels() -> None:
    for picture, expected in ((GREYISH, GREY / np.float32(255)), (SIXTEEN, DEEP / np.float32(65_535))):
        assert np.array_equal(taken(encoded(picture), 3), np.stack([expected.astype(np.float32)] * 3))


def test_one_bit_is_black_and_white() -> None:
    assert np.array_equal(taken(encoded(Image.fromarray(GREY > 100)), 1)[0], (GREY > 100).astype(np.float32))


def test_a_palette_is_looked_up_and_is_grey_where_its_colours_are() -> None:
    colours = COLOURED.convert("P", palette=Image.Palette.ADAPTIVE)
    expected = np.asarray(colours.convert("RGB"))
    assert header(encoded(colours), "").channels == 3
    assert np.array_equal(taken(encoded(colours), 3), np.moveaxis(expected, 2, 0) / np.float32(255))
    greys = GREYISH.convert("P")
    assert header(encoded(greys), "").channels == header(encoded(GREYISH, "GIF"), "").channels == 1
    assert np.array_equal(taken(encoded(greys), 1)[0], GREY / np.float32(255))
    assert np.array_equal(taken(encoded(GREYISH, "GIF"), 1)[0], GREY / np.float32(255))


def test_what_is_transparent_is_laid_on_white_and_said() -> None:
    opacity = noise(channels=1, seed=3)
    picture = Image.fromarray(np.dstack([RGB, opacity]))
    found = header(encoded(picture), "")
    assert found == (5, 7, 3, "may be transparent and are laid on white")
    assert np.abs(taken(encoded(picture), 3) - np.moveaxis(on_white(RGB.astype(float), opacity), 2, 0)).max() < 1 / 255
    grey = Image.fromarray(np.dstack([GREY, opacity]), "LA")
    assert header(encoded(grey), "").channels == 1
    assert np.abs(taken(encoded(grey), 1)[0] - on_white(GREY.astype(float), opacity)).max() < 1 / 255


def test_a_transparent_colour_and_a_transparent_place_of_a_palette() -> None:
    picture = encoded(Image.fromarray(np.array([[3, 200]], dtype=np.uint8)), transparency=3)
    assert taken(picture, 1).tolist() == [[[1.0, np.float32(200) / np.float32(255)]]]
    palette = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    palette.putpalette([0, 0, 0, 255, 0, 0])
    assert taken(encoded(palette, transparency=0), 3).tolist() == [[[1, 1]], [[1, 0]], [[1, 0]]]


def test_four_inks_become_rgb_and_this_is_said() -> None:
    inks = np.zeros((2, 2, 4), dtype=np.uint8)
    inks[0, 0] = (255, 0, 0, 0)  # cyan
    inks[1, 1] = (0, 0, 0, 255)  # black
    picture = encoded(Image.fromarray(inks, "CMYK"), "TIFF")
    assert header(picture, "") == (2, 2, 3, "are CMYK and become RGB without a colour profile")
    found = taken(picture, 3)
    assert found[:, 0, 0].tolist() == [0, 1, 1]
    assert found[:, 1, 1].tolist() == [0, 0, 0]
    assert found[:, 0, 1].tolist() == [1, 1, 1]
    assert header(encoded(Image.fromarray(inks, "CMYK"), "JPEG"), "").channels == 3


UPRIGHT = {  # what has to be done to an image that is stored with this orientation (EXIF 2.32, 4.6.4)
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["AVIF", "PNG", "TIFF", "WEBP", "JPEG"])
def test_images_are_turned_upright(orientation: int, kind: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    exif = Image.Exif()
    exif[0x0112] = orientation
    settings: dict[str, Any] = {"exif": exif, **({"lossless": True} if kind == "WEBP" else {})}
    stored = encoded(COLOURED, kind, **settings)
    plain = encoded(COLOURED, kind, **{key: value for key, value in settings.items() if key != "exif"})
    expected = UPRIGHT[orientation](np.moveaxis(taken(plain, 3), 0, 2))
    assert np.array_equal(np.moveaxis(taken(stored, 3), 0, 2), expected)
    assert header(stored, "")[:2] == expected.shape[:2]


@pytest.mark.parametrize("picture", [GREYISH, SIXTEEN, COLOURED.convert("RGBA")], ids=["grey", "16", "transparent"])
def test_every_kind_of_image_is_turned_upright(picture: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored, plain = encoded(picture, exif=exif), encoded(picture)
    channels = header(plain, "").channels
    assert header(stored, "")[:2] == (7, 5)
    assert np.array_equal(taken(stored, channels), taken(plain, channels).swapaxes(1, 2)[:, :, ::-1])


def test_a_photograph_with_smaller_copies_of_itself_is_the_photograph() -> None:
    stored = encoded(COLOURED, "MPO", save_all=True, append_images=[COLOURED.resize((2, 2))])
    assert header(stored, "")[:3] == (5, 7, 3)
    assert np.array_equal(taken(stored, 3), taken(encoded(COLOURED, "JPEG"), 3))


@pytest.mark.parametrize("size", [(4, 4), (2, 6), (20, 10), (80, 100)])
def test_the_centre_is_cut_to_shape_and_resized(size: tuple[int, int]) -> None:
    smooth = np.linspace(0, 255, 40 * 60).reshape(40, 60).astype(np.uint8)
    found = taken(encoded(Image.fromarray(smooth)), 1, size)[0]
    # the other way round, as torchvision does it: resize the shorter side, then cut the centre out
    scale = max(size[0] / 40, size[1] / 60)
    whole = Image.fromarray(smooth).resize((round(60 * scale), round(40 * scale)), Image.Resampling.BILINEAR)
    top, left = round((whole.height - size[0]) / 2), round((whole.width - size[1]) / 2)
    expected = np.asarray(whole)[top : top + size[0], left : left + size[1]] / 255
    assert found.shape == size
    assert np.abs(found - expected).max() < 0.03


def test_an_image_of_the_wanted_size_is_left_alone() -> None:
    assert np.array_equal(taken(encoded(COLOURED), 3, (5, 7)), taken(encoded(COLOURED), 3))
    assert np.array_equal(taken(encoded(SIXTEEN), 1, (5, 7)), taken(encoded(SIXTEEN), 1))


def test_a_long_thin_image_does_not_grow_beyond_memory() -> None:
    thin = encoded(Image.new("L", (1, 60_000), 255))
    assert np.array_equal(taken(thin, 1, (224, 224)), np.ones((1, 224, 224)))


def test_shrinking_averages_instead_of_picking() -> None:
    checks = np.indices((64, 64)).sum(0) % 2 * 255
    found = taken(encoded(Image.fromarray(checks.astype(np.uint8))), 1, (8, 8))
    assert np.abs(found - 0.5).max() < 0.02


def test_files_bytes_and_opened_images_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(COLOURED))
    for picture in (tmp_path / "a.png", encoded(COLOURED), COLOURED, Image.open(tmp_path / "a.png")):
        assert header(picture, "") == (5, 7, 3, None)
        assert np.array_equal(taken(picture, 3), np.moveaxis(RGB, 2, 0) / np.float32(255))
    assert np.array_equal(np.asarray(COLOURED), RGB)


PNG, JPEG = encoded(COLOURED), encoded(COLOURED, "JPEG")
TWO = {"save_all": True, "append_images": [COLOURED.rotate(90)]}
REFUSED: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b"<!DOCTYPE html>", "is not a known image (starts with '<!DOC')"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "is not a known image (starts with '%!PS-')"),
    (b"\x89PNG\r\n\x1a\n", "is truncated or damaged: its 8 bytes only start like an image"),
    (PNG[:-40], f"is truncated (the image goes on where its {len(PNG) - 40} bytes end)"),
    (JPEG[:-30], f"is truncated (the image goes on where its {len(JPEG) - 30} bytes end)"),
    (encoded(COLOURED, "GIF", **TWO), "holds 2 images (an animation, or pages); save the one that counts by itself"),
    (encoded(COLOURED, "PNG", **TWO), "holds 2 images (an animation, or pages); save the one that counts by itself"),
    (encoded(COLOURED, "WEBP", **TWO), "holds 2 images (an animation, or pages); save the one that counts by itself"),
    (encoded(COLOURED, "TIFF", **TWO), "holds 2 images (an animation, or pages); save the one that counts by itself"),
    *(
        (
            encoded(picture, "TIFF"),
            f"has pixels of mode {picture.mode}, whose black and white are not known; convert it to grey or RGB of 8 "
            "bits, or grey of 16",
        )
        for picture in (GREYISH.convert("F"), GREYISH.convert("I"), COLOURED.convert("LAB"))
    ),
    *(
        (
            encoded(Image.new("1", (side, side))),
            f"claims {side * side:,} pixels; refused, as that is beyond 64,000,000; save a smaller copy of it",
        )
        for side in (8_001, 10_000, 20_000)  # Pillow says nothing, warns, raises
    ),
]


@pytest.mark.parametrize(
    ("data", "message"), REFUSED, ids=[f"{at} {text[:30]}" for at, (_, text) in enumerate(REFUSED)]
)
def test_what_is_refused_and_how(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for picture in (data, path):
        with strictly(), pytest.raises(DataError) as caught:
            taken(picture, header(picture, "a.png").channels)
        assert str(caught.value) == f"a.png {message}"


def test_the_largest_image_is_taken() -> None:
    assert header(encoded(Image.new("1", (8_000, 8_000))), "")[:2] == (8_000, 8_000)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    claimed = bytearray(encoded(Image.new("L", (9, 9))))
    claimed[16:24] = (40_000).to_bytes(4, "big") * 2  # the header's checksum is wrong now, and not looked at first
    with strictly(), pytest.raises(DataError):
        header(bytes(claimed), "a.png")


def test_files_that_are_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"^a\.png does not exist$"):
        header(tmp_path / "a.png", "a.png")
    with pytest.raises(StorageError, match=r"^a\.png cannot be read \(Is a directory\)$"):
        header(tmp_path, "a.png")


def test_pillows_switches_are_put_back_and_its_warnings_kept_back() -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with strictly(), pytest.raises(DataError, match="is truncated"):
            taken(PNG[:-40], 3)
        assert ImageFile.LOAD_TRUNCATED_IMAGES is True
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    with strictly():
        warnings.warn("nobody sees this", stacklevel=1)


def test_without_pillow_the_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['PIL'] = None\n"
        "from overproof.sources.decoding import header\n"
        "from overproof.errors import MissingExtraError\n"
        "try: header(b'', 'a.png')\n"
        "except MissingExtraError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == 'images need Pillow, which is not installed: pip install "overproof[vision]"'


def test_pillow_is_imported_only_when_an_image_is_there() -> None:
    program = "import sys, overproof.sources.images; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


SOUND = [
    encoded(COLOURED),
    encoded(GREYISH, "GIF"),
    encoded(COLOURED, "JPEG"),
    encoded(COLOURED, "TIFF", compression="tiff_lzw"),
    encoded(SIXTEEN),
    encoded(COLOURED, "BMP"),
    encoded(COLOURED, "PPM"),
    encoded(COLOURED, "WEBP"),
    encoded(COLOURED, "JPEG2000"),
    encoded(COLOURED.convert("P"), "PNG", transparency=0),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1)) if data else 0
        match draw(st.sampled_from(["set", "set", "cut", "insert"])):
            case "set" if data:
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at:]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)


@given(st.one_of(mutated(), st.binary(max_size=80)), st.sampled_from([None, (4, 6)]))
@settings(max_examples=1_500, deadline=None)
@example(b"P6 99999999999999999999 1 255\n", None)
@example(b"BM" + b"\xff" * 60, None)
def test_whatever_the_bytes_are_there_is_an_image_or_a_sentence(data: bytes, size: tuple[int, int] | None) -> None:
    with strictly():
        try:
            found = header(data, "a.png")
            values = pixels(data, found.channels, size, "a.png")
        except OverproofError as error:
            if "\n" in str(error):
                raise AssertionError("more than one line") from error
            return
    assert values.shape == (found.channels, *(size or found[:2]))
    assert np.isfinite(values).all()
    assert values.min() >= 0
    assert values.max() <= 1


def test_the_same_as_pillows_own_transposition() -> None:
    exif = Image.Exif()
    exif[0x0112] = 7
    stored = encoded(COLOURED, exif=exif)
    with Image.open(io.BytesIO(stored)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(taken(stored, 3), np.moveaxis(expected, 2, 0) / np.float32(255))

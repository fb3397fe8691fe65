"""One image, from its file to numbers in [0, 1]; what cannot be read without guessing is refused by name.

Pillow decodes. An image is turned upright as its EXIF says and lies on white where it is transparent. Colours are taken
as they are stored: colour profiles are not applied. Black is 0 and white is 1, of 8 bits (÷ 255) and of 16 (÷ 65,535).
"""

from __future__ import annotations

import importlib
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import one_line
from overproof.errors import DataError, MissingExtraError, MissingInputError, OverproofError, StorageError

if TYPE_CHECKING:
    from PIL.Image import Image

#: A file, its bytes, or what Pillow has opened.
Picture: TypeAlias = "Path | bytes | Image"

#: Largest number of pixels: a small file may claim more than a machine can hold.
MOST_PIXELS = 64_000_000

#: Pillow's names of the formats that are read. EPS and PDF, for one, are programs, and are not among them.
_FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"\0\0\0\x0cjP")

_GREY = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N")
_COLOUR = ("P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr")
_ORIENTATION = 0x0112
_ON_ITS_SIDE = (5, 6, 7, 8)


class Header(NamedTuple):
    """What is known of an image before its pixels are decoded."""

    height: int
    """Of the image turned upright."""
    width: int
    channels: int
    """1 for grey, 3 for colour."""
    conversion: str | None = None
    """What its pixels lose on the way, if anything: it ends "3 images …"."""


def pillow() -> Any:
    """Pillow's ``Image`` module, all formats registered.

    Raises:
        MissingExtraError: when Pillow is not installed.
    """
    library = _part("Image")
    library.init()
    return library


def _part(name: str) -> Any:
    """A module of Pillow, which only those need who have images."""
    try:
        return importlib.import_module(f"PIL.{name}")
    except ImportError as error:
        message = 'images need Pillow, which is not installed: pip install "overproof[vision]"'
        raise MissingExtraError(message) from error


@contextmanager
def strictly() -> Iterator[None]:
    """While images are read: what is cut short is an error, whatever other libraries have asked of Pillow.

    Pillow's warnings are kept back: what they say is checked here, or does not change a pixel.
    """
    reading = _part("ImageFile")
    before = reading.LOAD_TRUNCATED_IMAGES
    reading.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        reading.LOAD_TRUNCATED_IMAGES = before


def header(picture: Picture, called: str) -> Header:
    """Look at an image without decoding it, and refuse what cannot be taken.

    Args:
        picture: to look at.
        called: what messages call it.

    Raises:
        DataError: empty, no image, too many pixels, several images in one, or pixels whose white is not known.
        MissingInputError: when the file does not exist.
        StorageError: when it cannot be read.
    """
    with _opened(picture, called) as image:
        _check(image, called)
        width, height = image.size
        # Pillow turns a TIFF by itself, and says its size as turned
        if width != height and image.format != "TIFF" and image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE:
            width, height = height, width
        return Header(height, width, 1 if _is_grey(image) else 3, _conversion(image))


def pixels(picture: Picture, channels: int, size: Sequence[int] | None, called: str) -> NDArray[np.float32]:
    """Decode an image.

    Args:
        picture: to decode.
        channels: 1 for grey, which the image must be; 3 for colours, of which a grey image has three equal ones.
        size: height and width to bring it to: the largest part of that shape is cut from its centre and resized
            (bilinear, with antialiasing), as if its shorter side were resized and its centre cut out. None leaves it.
        called: what messages call it.

    Returns:
        [channels, height, width], in [0, 1].

    Raises:
        DataError: as for :func:`header`, or truncated, or damaged.
        MissingInputError: when the file does not exist.
        StorageError: when it cannot be read.
    """
    with _opened(picture, called) as image:
        _check(image, called)
        deep = image.mode.startswith("I;16")
        upright = _upright(_deep(image) if deep else _plain(image), image)
        if size is not None:
            upright = _fitted(upright, size)
        values = np.asarray(upright).astype(np.float32)
    values /= np.float32(65_535 if deep else 255)
    if values.ndim == 3:
        return np.moveaxis(values, 2, 0)
    return np.broadcast_to(values, (channels, *values.shape))


def _is_grey(image: Image) -> bool:
    if image.mode == "P":
        palette = image.getpalette("RGB") or []
        return palette[0::3] == palette[1::3] == palette[2::3]
    return image.mode in _GREY


def _plain(image: Image) -> Image:
    """Eight bits, grey or RGB, on white."""
    grey = _is_grey(image)
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = pillow().new("RGBA", coloured.size, "white")
        flat: Image = pillow().alpha_composite(white, coloured)
        return flat.getchannel(0) if grey else flat.convert("RGB")
    return image.convert("L" if grey else "RGB")


def _deep(image: Image) -> Image:
    """Sixteen bits, as floats up to 65,535."""
    deep: Image = pillow().fromarray(np.asarray(image).astype(np.float32))
    return deep


def _upright(converted: Image, original: Image) -> Image:
    if orientation := original.getexif().get(_ORIENTATION):
        converted.info.pop("exif", None)
        exif = converted.getexif()
        exif.clear()
        exif[_ORIENTATION] = orientation
        _part("ImageOps").exif_transpose(converted, in_place=True)
    return converted


def _fitted(image: Image, size: Sequence[int]) -> Image:
    fitted: Image = _part("ImageOps").fit(image, (size[1], size[0]), pillow().Resampling.BILINEAR)
    return fitted


def _conversion(image: Image) -> str | None:
    if image.mode == "CMYK":
        return "are CMYK and become RGB without a colour profile"
    if image.has_transparency_data and not image.mode.startswith("I;16"):
        return "may be transparent and are laid on white"
    return None


def _check(image: Image, called: str) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _bomb(called, image.width * image.height)
    if image.width * image.height == 0:
        raise DataError(f"{called} has no pixels ({image.height} × {image.width})")
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # a photograph, and smaller copies of it
        raise DataError(
            f"{called} holds {frames:,} images (an animation, or pages); save the one that counts by itself"
        )
    if image.mode not in (*_GREY, *_COLOUR):
        raise DataError(
            f"{called} has pixels of mode {image.mode}, whose black and white are not known; convert it to grey or RGB "
            "of 8 bits, or grey of 16"
        )


@contextmanager
def _opened(picture: Picture, called: str) -> Iterator[Image]:
    """The image, decoded when it is first asked for; whatever goes wrong in the block is said in one sentence."""
    library = pillow()
    try:
        if isinstance(picture, library.Image):
            yield picture
            return
        with _stream(picture) as stream:
            try:
                formats = [each for each in _FORMATS if each in library.OPEN]
                with library.open(stream, formats=formats) as image:
                    yield image
            except OverproofError:
                raise
            except Exception as error:  # decoders meet damaged bytes with a dozen exception types
                raise _refused(error, stream, called) from error
    except OverproofError:
        raise
    except FileNotFoundError as error:
        raise MissingInputError(f"{called} does not exist") from error
    except OSError as error:
        raise StorageError(f"{called} cannot be read ({error.strerror or one_line(error)})") from error
    except Exception as error:  # what another library left undecoded
        raise DataError(f"{called} cannot be read as an image ({one_line(error)})") from error


def _stream(picture: Any) -> IO[bytes]:
    return io.BytesIO(picture) if isinstance(picture, bytes) else Path(picture).open("rb")


def _refused(error: Exception, stream: Any, called: str) -> OverproofError:
    start, length = _extent(stream)
    if length == 0:
        return DataError(f"{called} is empty")
    text = str(error)
    if type(error).__name__ == "DecompressionBombError":  # Pillow's own limit is higher, and was met before ours
        claimed = re.search(r"\d+", text)
        return _bomb(called, int(claimed[0]) if claimed else 0)
    if "truncated" in text or "Truncated" in text:
        return DataError(f"{called} is truncated (the image goes on where its {length:,} bytes end)")
    if type(error).__name__ == "UnidentifiedImageError" and not start.startswith(_MAGIC):
        return DataError(f"{called} is not a known image (starts with {start[:5].decode('latin-1')!r})")
    if type(error).__name__ == "UnidentifiedImageError":
        return DataError(f"{called} is truncated or damaged: its {length:,} bytes only start like an image")
    return DataError(f"{called} cannot be read as an image ({one_line(error)})")


def _extent(stream: Any) -> tuple[bytes, int]:
    """The first bytes of a file, and how many there are."""
    length = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return stream.read(16), length


def _bomb(called: str, claimed: int) -> DataError:
    return DataError(
        f"{called} claims {claimed:,} pixels; refused, as that is beyond {MOST_PIXELS:,}; save a smaller copy of it"
    )

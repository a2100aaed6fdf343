"""Pictures from a student: decoded, checked and written anew, so that only pixels remain."""

from __future__ import annotations

import base64
import binascii
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image

MOST_BYTES = 8_000_000  # of the encoded file
MOST_PIXELS = 24_000_000
LONGEST_SIDE = 2000  # pixels; larger pictures are scaled down

# What Pillow raises for a broken file depends on where it is broken.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    MemoryError,
    ArithmeticError,
    LookupError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


@dataclass(frozen=True)
class CleanImage:
    """`data` is base64 of a PNG or JPEG file that this module wrote; width and height in pixels."""

    mime: str
    data: str
    width: int
    height: int


def clean_image(data: str, mime: str) -> CleanImage | None:
    """The picture in `data` (base64), or None where it is not a sound PNG or JPEG picture of a bearable size.

    Text chunks, profiles, further frames and bytes after the picture are not copied.
    """
    file_format = _FORMATS.get(mime)
    if file_format is None or len(data) > MOST_BYTES * 4 // 3 + 4:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=(file_format,)) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return None
                return _write(picture, mime, file_format)
    except BROKEN:
        return None


def clean_data_uri(uri: str) -> str | None:
    """`data:image/png;base64,…` with the picture written anew; None for anything else."""
    head, comma, data = uri.partition(",")
    mime, _, encoding = head.removeprefix("data:").partition(";")
    if not comma or not head.startswith("data:") or encoding != "base64":
        return None
    picture = clean_image(data, mime)
    return f"data:{picture.mime};base64,{picture.data}" if picture else None


def _write(picture: Image.Image, mime: str, file_format: str) -> CleanImage:
    picture.load()
    may_be_transparent = picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info
    if may_be_transparent and file_format == "PNG":
        pixels = picture.convert("RGBA")
    elif picture.mode == "L" or (picture.mode in ("1", "P") and file_format == "PNG"):
        pixels = picture.copy()
    else:
        pixels = picture.convert("RGB")
    if max(pixels.size) > LONGEST_SIDE:
        if pixels.mode in ("P", "1"):
            pixels = pixels.convert("RGB")
        pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    pixels.info = {}
    file = io.BytesIO()
    pixels.save(file, file_format, **({"quality": 90} if file_format == "JPEG" else {}))
    return CleanImage(mime, base64.b64encode(file.getvalue()).decode("ascii"), *pixels.size)

"""Profile pictures: never stored as they came, always decoded and written anew (C43)."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000  # judged from the header, before anything is decoded
SIDE = 512
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class PictureRefused(Exception):
    """The upload is no picture we take; `code` is "too_large" or "not_a_picture"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def reencode(data: bytes) -> bytes:
    """A square WebP of at most 512 x 512 pixels without any metadata, from JPEG, PNG, WebP or GIF bytes.

    SVG is refused, and so is whatever else Pillow knows: four decoders are tried. Raises PictureRefused.
    """
    if len(data) > MAX_BYTES:
        raise PictureRefused("too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _reencode(data)
    except PictureRefused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PictureRefused("too_large") from error
    except Exception as error:  # Pillow's decoders raise many kinds for broken bytes
        raise PictureRefused("not_a_picture") from error


def _reencode(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise PictureRefused("too_large")
        picture.draft("RGB", (SIDE, SIDE))  # JPEG: decode small at once
        upright = ImageOps.exif_transpose(picture)
        is_clear = "A" in upright.getbands() or "transparency" in upright.info
        plain = upright.convert("RGBA" if is_clear else "RGB")
    side = min(SIDE, *plain.size)
    out = io.BytesIO()
    ImageOps.fit(plain, (side, side)).save(out, "WEBP", quality=86, method=4)
    return out.getvalue()

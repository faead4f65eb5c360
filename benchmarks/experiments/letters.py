"""Pictures of the 26 capital letters, drawn from the fonts that come with matplotlib: 28 x 28, grey on black, turned, sheared and moved."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_letters"]

SIDE = 28
SIZES = range(16, 25)
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic"),
    *("cmr10", "cmss10", "cmtt10"),
)


def draw_letters(each: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return ``each`` pictures of every letter as vectors of 784 values in 0..1, and labels 0 to 25; the seed draws font, size and distortion."""
    import matplotlib as mpl
    from PIL import ImageFont

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    fonts = [ImageFont.truetype(str(folder / f"{name}.ttf"), size) for name in FONTS for size in SIZES]
    rng = np.random.default_rng([seed, 0])
    labels = np.tile(np.arange(26), each)
    pictures = [_picture(chr(ord("A") + label), fonts[rng.integers(len(fonts))], rng) for label in labels]
    return np.stack(pictures).reshape(len(labels), -1), labels.astype(np.int64)


def _picture(letter: str, font: Any, rng: np.random.Generator) -> NDArray[np.float32]:
    from PIL import Image, ImageDraw

    image = Image.new("L", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = draw.textbbox((0, 0), letter, font=font)
    right_by, down_by = rng.integers(-2, 3, 2)
    place = ((SIDE - right + left) / 2 - left + right_by, (SIDE - bottom + top) / 2 - top + down_by)
    draw.text(place, letter, fill=255, font=font)
    image = image.rotate(rng.uniform(-10, 10), resample=Image.Resampling.BILINEAR)
    shear = rng.uniform(-0.15, 0.15)
    matrix = (1, shear, -shear * SIDE / 2, 0, 1, 0)
    image = image.transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, resample=Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.float32) / np.float32(255)

"""The photographs of the bench: l 12 MP JPEG, m 2 MP JPEG, s 0.3 MP JPEG, i 12 MP phone JPEG (turned, with a wide-gamut
profile), p 1 MP PNG with alpha. Real photographs come with scikit-image and scikit-learn; 12 MP is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyvips
from sklearn.datasets import load_sample_image

from imagewell.imaging import sample
from imagewell.transform.values import Size


@dataclass(frozen=True)
class Photo:
    letter: str
    path: Path
    type: str


def make(folder: Path) -> dict[str, Photo]:
    """Write the photographs into `folder`, once."""
    folder.mkdir(parents=True, exist_ok=True)
    photos = {
        "l": Photo("l", folder / "l.jpg", "image/jpeg"),
        "m": Photo("m", folder / "m.jpg", "image/jpeg"),
        "s": Photo("s", folder / "s.jpg", "image/jpeg"),
        "i": Photo("i", folder / "i.jpg", "image/jpeg"),
        "p": Photo("p", folder / "p.png", "image/png"),
    }
    if all(photo.path.exists() for photo in photos.values()):
        return photos
    large = sample.draw(Size(4000, 3000))
    china = pyvips.Image.new_from_array(load_sample_image("china.jpg")).copy(interpretation="srgb")
    flower = pyvips.Image.new_from_array(load_sample_image("flower.jpg")).copy(interpretation="srgb")
    large.jpegsave(str(photos["l"].path), Q=95, optimize_coding=True)
    china.resize(1733 / china.width, kernel="cubic").jpegsave(str(photos["m"].path), Q=90)
    flower.jpegsave(str(photos["s"].path), Q=90)
    phone(large).jpegsave(str(photos["i"].path), Q=93, profile="p3")
    cut_out(flower).pngsave(str(photos["p"].path), compression=6)
    return photos


def phone(picture: pyvips.Image) -> pyvips.Image:
    """As a phone holds it: pixels on their side, EXIF saying so."""
    turned = picture.rot270().copy_memory().copy()
    turned.set_type(pyvips.GValue.gint_type, "orientation", 6)
    return turned


def cut_out(picture: pyvips.Image) -> pyvips.Image:
    """A flower on a clear ground, about 1 MP."""
    grown = picture.resize(1224 / picture.width, kernel="cubic")
    where = pyvips.Image.xyz(grown.width, grown.height).cast("float")
    far = ((where[0] - grown.width / 2) / 520) ** 2 + ((where[1] - grown.height / 2) / 360) ** 2
    return grown.bandjoin(((far * -6 + 6.0) * 255).cast("uchar"))

"""Text is read off pages, in the order of reading, with nothing fetched and nothing logged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rapidocr
import skimage.data
from tests.unit.vision.pages import REPORT, Page, report

from imagewell.vision.reading import markdown, plain_text
from imagewell.vision.text import TextReader, magnification, parameters


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(1)


def test_a_page_comes_back_as_its_markdown(reader: TextReader) -> None:
    """Headings, paragraph, lists, table and columns of a drawn page are told apart."""
    assert markdown(reader.read(report().rgb)) == REPORT


def test_boxes_are_px_of_the_picture_that_came(reader: TextReader) -> None:
    """A large picture is read smaller, a small one larger; the corners are of the original all the same."""
    for width in (300, 3000):
        page = Page(width, width // 3)
        page.y = width // 10
        page.at("Imagewell", width // 10, px=width // 10)
        (line,) = reader.read(page.rgb)
        assert (line.text, line.score > 0.9) == ("Imagewell", True)
        assert line.box[0] == pytest.approx((width / 10, width / 10), abs=width / 30)
        assert line.box[2][0] - line.box[0][0] == pytest.approx(0.47 * width, rel=0.1)


def test_a_scanned_page_is_read(reader: TextReader) -> None:
    """A photograph of a printed page, grey and 191 px high."""
    text = plain_text(reader.read(np.stack([skimage.data.page()] * 3, -1)))
    assert text.splitlines()[:2] == ["Region-based segmentation", "Let us first determine markers of the coins and the"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (20, 20), (3000, 12)])
def test_pictures_of_any_shape_have_no_text(reader: TextReader, shape: tuple[int, int]) -> None:
    """Black pictures, also the thinnest ones, are read without an error."""
    assert reader.read(np.zeros((*shape, 3), np.uint8)) == []


def test_no_side_outgrows_its_limit() -> None:
    """However long a picture, what the networks see is bounded."""
    for width, height in ((1, 100_000), (100_000, 1), (12, 3000), (500, 500), (9000, 9000)):
        assert max(width, height) * magnification(width, height) <= 2000


def test_models_are_those_of_the_package_and_nothing_is_said(
    reader: TextReader, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every model is named by its path, so that the library has no reason to look for it elsewhere."""
    folder = Path(rapidocr.__file__).parent
    paths = [Path(value) for name, value in parameters(1).items() if name.endswith("model_path")]
    assert len(paths) == 3
    assert all(path.is_file() and path.is_relative_to(folder) for path in paths)
    reader.read(report().rgb[:200])
    assert capfd.readouterr() == ("", "")

"""Which fonts there are, which one a name means, and what happens without them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from imagewell.errors import EngineMissing, InvalidParameter
from imagewell.imaging import fontconfig, fonts
from imagewell.imaging.font_settings import CHECKOUT, FontSettings
from imagewell.imaging.fonts import Face

ARIMO = CHECKOUT / "node_modules/@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf"


@pytest.fixture(autouse=True)
def _own_fonts(tmp_path):
    fonts.prepare(FontSettings(cache=tmp_path))
    yield
    fonts.prepare()


@pytest.mark.parametrize(
    ("name", "face"),
    [
        ("sans-serif", Face("Arimo")),
        ("serif", Face("Tinos")),
        ("monospace", Face("Cousine")),
        ("cursive", Face("Dancing Script")),
        ("fantasy", Face("Bangers")),
        ("Helvetica", Face("Arimo")),
        ("Helvetica-BoldOblique", Face("Arimo", bold=True, italic=True)),
        ("HelveticaNeue-UltraLightItalic", Face("Noto Sans", italic=True, light=True)),
        ("ArialMT", Face("Arimo")),
        ("Avenir-Roman", Face("Arimo")),
        ("Avenir-Black", Face("Arimo", bold=True)),
        ("TimesNewRomanPS-BoldItalicMT", Face("Tinos", bold=True, italic=True)),
        ("Georgia-Italic", Face("Tinos", italic=True)),
        ("NimbusRomNo9L-Medi", Face("Tinos", bold=True)),
        ("AvenirNext-Medium", Face("Arimo")),
        ("PTSerif-CaptionItalic", Face("Tinos", italic=True)),
        ("MicrosoftSansSerif", Face("Arimo")),
        ("CourierNewPS-BoldMT", Face("Cousine", bold=True)),
        ("Menlo-Regular", Face("Cousine")),
        ("NimbusMonL-ReguObli", Face("Cousine", italic=True)),
        ("MonotypeGurmukhi", Face("Arimo")),
        ("Apple-Chancery", Face("Dancing Script")),
        ("NotoSansInscriptionalPahlavi-Regular", Face("Arimo")),
        ("Impact", Face("Anton")),
        ("Papyrus", Face("Bangers")),
        ("HiraginoSans-W6", Face("Arimo", bold=True)),
        ("FreeSansBoldOblique", Face("Arimo", bold=True, italic=True)),
        ("noto sans sc", Face("Noto Sans SC")),
        ("no such font at all", Face("Arimo")),
        ("", Face("Arimo")),
        ("Arial, 40 <b>", Face("Arimo")),
    ],
)
def test_names_find_the_nearest_family(name, face):
    """A font's name, a generic word or nonsense leads to a family that is there, in the style the name speaks of."""
    assert fonts.resolve(name) == face


def test_asked_styles_add_to_the_name():
    """Bold and italic asked for apart are as good as in the name."""
    assert fonts.resolve("serif", bold=True, italic=True) == Face("Tinos", bold=True, italic=True)


def test_description_ends_the_family_with_a_comma():
    """Words of a family are never read as a style or a size."""
    assert Face("Noto Sans", italic=True, light=True).describe(12.5) == "Noto Sans, Light Italic 12.500"


def test_every_family_of_the_table_is_installed():
    """The lock file and the table of families name the same packages, and each style is a folder with one font."""
    table = json.loads((CHECKOUT / "families.json").read_text())
    packages = {entry["package"] for entry in table["families"].values()}
    locked = json.loads((CHECKOUT / "package.json").read_text())["dependencies"]
    assert {f"@expo-google-fonts/{name}" for name in packages} == set(locked)
    for entry in table["families"].values():
        for style in entry["styles"]:
            folder = CHECKOUT / "node_modules" / "@expo-google-fonts" / entry["package"] / style
            assert len(list(folder.glob("*.ttf"))) == 1


def test_the_table_only_names_its_own_families():
    """Generic words, keywords, fallback, light and emoji lead to families that the table has."""
    table = json.loads((CHECKOUT / "families.json").read_text())
    named = {*table["generic"].values(), *table["fallback"], *table["light"].values(), table["emoji"]}
    assert named | {family for family, _ in table["keywords"]} <= set(table["families"])


def test_the_lock_file_names_no_registry():
    """What is installed is pinned by hash and comes from wherever npm is told to look."""
    packages = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"]
    assert all("integrity" in entry and "resolved" not in entry for name, entry in packages.items() if name)


def test_without_fonts_text_is_refused(tmp_path):
    """A folder without fonts is no fault at start; asking for a face says what is missing."""
    fonts.prepare(FontSettings(folder=tmp_path / "nothing", cache=tmp_path))
    with pytest.raises(EngineMissing) as refusal:
        fonts.resolve("Arial")
    assert (refusal.value.engine, refusal.value.status) == ("fonts", 503)


def test_a_family_that_is_not_whole_is_not_there(tmp_path):
    """With a style missing the family is not used at all."""
    package = tmp_path / "fonts/node_modules/@expo-google-fonts/arimo"
    (package / "400Regular").mkdir(parents=True)
    shutil.copy(ARIMO, package / "400Regular")
    shutil.copy(CHECKOUT / "families.json", tmp_path / "fonts")
    fonts.prepare(FontSettings(folder=tmp_path / "fonts", cache=tmp_path))
    with pytest.raises(EngineMissing):
        fonts.resolve("Arimo")


def test_extra_fonts_can_be_named(tmp_path):
    """A font in a folder of the operator's is found by its family's name; what is no font is passed over."""
    extra = tmp_path / "extra"
    extra.mkdir()
    shutil.copy(ARIMO, extra / "house.ttf")
    (extra / "broken.ttf").write_bytes(b"no font")
    fonts.prepare(FontSettings(folder=tmp_path / "nothing", extra=(extra,), cache=tmp_path))
    assert fonts.resolve("ARIMO") == Face("Arimo")
    assert str(extra) in Path(os.environ["FONTCONFIG_FILE"]).read_text()


@pytest.mark.parametrize("text", ["Aé Ωж ☺ → ∑ € 你好 日本 한 עב مر न ท 😀👩‍🚀❤️", "e\u0301 \u200b\u200f", "\ufffd", ""])
def test_text_that_can_be_drawn_passes(text):
    """Letters, signs, emoji and what is not drawn at all are found in the fonts."""
    fonts.require(text)


def test_a_character_that_no_font_has_is_refused():
    """Rather than an empty box, the answer names the character."""
    with pytest.raises(InvalidParameter, match="U\\+13000"):
        fonts.require("a\U00013000")


def test_configuration_lists_only_our_folders(tmp_path):
    """No folder of the machine's is named, and names are escaped for XML."""
    written = fontconfig.write(tmp_path, [Path("/a&b")], ["Noto Sans"], "Noto Color Emoji").read_text()
    assert written.count("<dir>") == 1
    assert "<dir>/a&amp;b</dir>" in written
    assert "include" not in written


def test_configurations_do_not_disturb_each_other(tmp_path):
    """The same fonts share a file, other fonts have another."""
    one = fontconfig.write(tmp_path, [Path("/a")], [], "")
    assert fontconfig.write(tmp_path, [Path("/a")], [], "") == one
    assert fontconfig.write(tmp_path, [Path("/b")], [], "") != one


def test_a_folder_that_others_can_write_to_is_not_used(tmp_path, monkeypatch):
    """Somebody else's folder under the expected name is left alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = fontconfig.private_folder()
    assert fontconfig.private_folder() == mine
    mine.chmod(0o777)
    assert fontconfig.private_folder() != mine

"""Text as a picture, in the project's own fonts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyvips import Image
from tests.unit.imaging.steps.step_material import flat, is_frame, same

from imagewell.errors import EngineMissing, InvalidParameter, Refusal, TooLarge
from imagewell.imaging import fonts
from imagewell.imaging.font_settings import FontSettings
from imagewell.imaging.steps import lettering, text
from imagewell.imaging.steps.lettershade import Shade, grown, shaded
from imagewell.transform.model import Text
from imagewell.transform.values import BLACK, Color, Size

ROOM = Size(400, 300)
RED = Color(255, 0, 0)


@pytest.fixture(autouse=True, scope="module")
def _own_fonts():
    fonts.prepare()


def line(words, room=ROOM, **options):
    made = text.line(Text(words, **options), room)
    assert made is not None
    return made


def ink(image):
    """Left, top, width, height of what can be seen."""
    return (image[3] > 8).find_trim(threshold=1, background=[0])


def colors(image):
    """How many of the visible pixels are clearly coloured, neither grey nor black."""
    low, high = image[0].minpair(image[1]).minpair(image[2]), image[0].maxpair(image[1]).maxpair(image[2])
    return (((high - low) > 60) & (image[3] > 128)).avg() / 255 * image.width * image.height


def test_text_has_its_color_and_clear_ground():
    """Letters are of the colour asked for right to their soft edges; around them nothing is."""
    made = line("Hello", size_px=40, color=RED)
    assert is_frame(made.image, made.image.width, made.image.height, 4)
    seen = made.image[3] > 16
    for band, value in enumerate((255, 0, 0)):
        assert seen.ifthenelse((made.image[band] - value).abs(), 0).max() <= 8
    assert made.image[3].max() == 255
    assert made.image[3].min() == 0


def test_default_color_is_black():
    """Without a colour text is black and full."""
    made = line("Hello", size_px=40)
    assert ((made.image[3] > 16).ifthenelse(made.image[0], 0)).max() == 0


def test_alpha_of_the_color_fades_all_of_it():
    """A colour of half alpha leaves no px fuller than that, emoji included."""
    made = line("A😀", size_px=40, color=Color(0, 0, 0, 0.5))
    assert 120 <= made.image[3].max() <= 128


def test_twice_the_size_is_twice_as_large():
    """Sizes are px: fonts are not hinted, and scale without steps."""
    small, large = line("Hxgj", size_px=40).box, line("Hxgj", size_px=80).box
    assert large.width == pytest.approx(2 * small.width, abs=4)
    assert large.height == pytest.approx(2 * small.height, abs=2)


def test_words_of_a_line_share_their_baseline():
    """The box is as high as a line of the font, whatever letters are in it."""
    heights = {line(words, size_px=40).box.height for words in ("ace", "agj", "Hxg", "---")}
    assert len(heights) == 1
    top_of_x = {line(words, size_px=40).box.top for words in ("Hx", "Hg")}
    assert len(top_of_x) == 1


@pytest.mark.parametrize(("bold", "italic"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("family", ["sans-serif", "serif", "monospace"])
def test_styles_differ(family, bold, italic):
    """Bold and italic are drawn, in each of the three main families."""
    plain = line("Hamburg", size_px=30, family=family).image
    assert not same(plain, line("Hamburg", size_px=30, family=family, bold=bold, italic=italic).image)


def test_families_differ():
    """Each generic word, and light, has letters of its own."""
    names = ("serif", "sans-serif", "monospace", "cursive", "fantasy", "Impact", "Helvetica-Light")
    pictures = [line("Hamburg", size_px=30, family=name).image for name in names]
    assert len({bytes(picture.write_to_memory()) for picture in pictures}) == len(names)


@pytest.mark.parametrize(
    "words",
    [
        "مرحبا", "שלום", "नमस्ते", "বাংলা", "தமிழ்", "สวัสดี", "你好", "日本語", "한국어", "Ωμέγα", "Привет", "Tiếng", "→∑☺",
        "ગુજરાતી", "ਪੰਜਾਬੀ", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "ქართული", "Հայերեն", "ខ្មែរ", "ລາວ", "မြန်မာ", "አማርኛ",
    ],
)  # fmt: skip
def test_scripts_have_letters(words):
    """Every script is drawn, and not as a row of equal boxes."""
    first, last = (line(part, size_px=40).image for part in (words, words[0] * len(words)))
    assert ink(first)[2] > 10
    assert not same(first, last)


def test_arabic_letters_join():
    """The letters of a word take their joined forms: together they are narrower than apart."""
    joined = line("مرحبا", size_px=60).box.width
    apart = sum(line(letter, size_px=60).box.width for letter in "مرحبا")
    assert joined < 0.85 * apart


def test_right_to_left_text_runs_from_the_right():
    """Of Hebrew and a dash that follows, the dash is drawn at the left."""
    made = line("שש —", size_px=40).image
    quarter, half = made.width // 4, made.width // 2
    left, right = ((made[3].crop(x, 0, quarter, made.height) > 60).find_trim(background=[0])[3] for x in (0, half))
    assert left < right / 2


@pytest.mark.parametrize("emoji", ["😀", "❤️", "👍🏽", "🇸🇪", "👩‍🚀", "🎉"])
def test_emoji_are_in_color(emoji):
    """Emoji keep their own colours, whatever the text's colour, and a sequence is one picture."""
    made = line(emoji, size_px=60, color=BLACK)
    assert colors(made.image) > 300
    assert made.box.width < 60 * 1.6


def test_han_characters_follow_the_language_around_them():
    """Beside kana a shared character has its Japanese form, beside hangul the Korean, else the Chinese."""
    assert [lettering.language(words) for words in ("骨ビ", "骨한", "骨", "abc")] == ["ja", "ko", "zh-cn", "en"]


def test_markup_is_text():
    """Nothing of the caller's is read as markup."""
    words = "<span size='99pt'>&lt;b&gt;</span>"
    made = line(words, size_px=10, room=Size(4000, 100))
    assert made.box.height == line("x", size_px=10).box.height
    assert made.box.width > 100


@pytest.mark.parametrize("clip", ["start", "middle", "end"])
@pytest.mark.parametrize("ellipsis", [True, False])
def test_a_line_is_cut_to_its_box(clip, ellipsis):
    """What is drawn is no wider than the box and, but for a letter or two, fills it."""
    made = line("A long line of words that goes on and on", size_px=30, width_px=200.0, clip=clip, ellipsis=ellipsis)
    assert 200 - 45 < made.box.width <= 200


def test_the_room_is_a_box_too():
    """Without a width of its own a line ends with the picture."""
    assert line("A long line of words that goes on and on", size_px=30).box.width <= ROOM.width


def test_growing_text_fills_its_width():
    """Text grows to its box but never shrinks, and never past the height of the room."""
    made = line("Grow", size_px=10, width_px=300.0, grow=True)
    assert 285 <= made.box.width <= 300
    assert line("Grow", size_px=200, width_px=20000.0, grow=False).box.height > 200
    assert line("i", size_px=10, width_px=300.0, grow=True).box.height <= ROOM.height + 2


def test_tracking_moves_letters_apart():
    """Each letter but the last has that much more room; negative room brings them together."""
    plain, wide, tight = (line("HHHHH", size_px=30, track_px=px).box.width for px in (0, 10, -3))
    assert wide - plain == pytest.approx(40, abs=3)
    assert plain - tight == pytest.approx(12, abs=3)


def test_wrapped_text_is_a_block():
    """With `wrap` a line becomes as many as it needs, within the width."""
    made = line("one two three four five six", size_px=30, width_px=120.0, wrap=True)
    assert made.box.width <= 120
    assert made.box.height >= 3 * line("x", size_px=30).box.height


def test_outline_reaches_around_the_letters():
    """The outline makes the picture larger on every side, in its own colour; the box stays that of the letters."""
    plain, outlined = (line("O", size_px=60, color=RED, outline_px=px, outline_color=Color(0, 0, 255)) for px in (0, 5))
    left, _, width, height = ink(outlined.image)
    plain_left, _, plain_width, plain_height = ink(plain.image)
    assert width - plain_width == pytest.approx(10, abs=2)
    assert height - plain_height == pytest.approx(10, abs=2)
    assert outlined.box.size == plain.box.size
    assert outlined.box.left - plain.box.left == Shade(outline_px=5).margin
    assert left < outlined.box.left + plain_left
    assert (outlined.image[2] > 200).max() == 255
    assert (outlined.image[0] > 200).max() == 255


@pytest.mark.parametrize("radius", [1.0, 4.0, 9.5, 23.0])
def test_a_dot_grows_to_a_disc(radius):
    """Growth goes equally far in every direction."""
    dot = Image.black(101, 101).insert(Image.black(3, 3) + 255, 49, 49).cast("uchar")
    disc = grown(dot, radius)
    area = disc.avg() / 255 * 101 * 101
    assert area == pytest.approx(3.1416 * radius**2 + 12 * radius + 9, rel=0.12)
    across, down = ((disc > 128).project()[axis] > 0 for axis in (0, 1))
    assert across.avg() * 101 == pytest.approx(255 * (2 * radius + 3), abs=255 * 2)
    assert across.avg() == pytest.approx(down.avg(), abs=3)


def test_shadow_falls_to_the_lower_right_and_is_dark():
    """Below and right of the letters it is darker than above and left; a stronger one more so."""
    darkness = []
    for strength in (3, 10):
        made = line("H", size_px=80, color=Color(255, 255, 255), shadow=strength).image
        left, top, width, height = (made[0] > 250).find_trim(threshold=1, background=[0])
        darkness.append(made[3].crop(left + width + 1, top + height // 2, 2, 4).avg())
        before = made[3].crop(max(0, left - 3), top + height // 2, 2, 4).avg()
        assert darkness[-1] > before
    assert darkness[1] > darkness[0]


def test_without_shade_letters_are_left_alone():
    """Neither outline nor shadow: not a px is added."""
    picture = flat(1, 2, 3).bandjoin(99).copy(interpretation="srgb")
    assert shaded(picture, Shade()) is picture


def test_typeset_wraps_at_200_px_by_default():
    """A block is as wide as asked for, 200 px if not, and as high as its lines."""
    one = text.typeset(Text("word", size_px=20))
    three = text.typeset(Text("word\n\nword", size_px=20))
    assert is_frame(one, 200, one.height, 4)
    assert three.height == pytest.approx(3 * one.height, abs=2)
    assert text.typeset(Text("word " * 40, size_px=20)).height > 5 * one.height


@pytest.mark.parametrize(("align", "left", "right"), [("left", 0, None), ("right", None, 0), ("center", 8, 8)])
def test_lines_are_aligned_in_the_block(align, left, right):
    """Short lines lie at the left, the right, or with equal room at both sides."""
    found, _, width, _ = ink(text.typeset(Text("mmmm", size_px=20, width_px=100.0, align=align)))
    spare = 100 - width
    expected = {"left": 1, "right": spare - 1, "center": spare / 2}[align]
    assert found == pytest.approx(expected, abs=2)


def test_lead_moves_lines_apart():
    """Each line but the first comes that much later."""
    plain, wide = (text.typeset(Text("a\na\na", size_px=20, lead_px=px)).height for px in (0, 10))
    assert wide - plain == 20


def test_long_words_break_without_hyphens():
    """A word that is wider than the block is broken where it has to be, and nothing is added to it."""
    block = text.typeset(Text("mmmmmmmmmmmm", size_px=20, width_px=60.0))
    assert block.width == 60
    assert ink(block)[2] <= 60
    assert block.height > 2 * text.typeset(Text("m", size_px=20)).height


def test_nothing_to_typeset_is_a_clear_line():
    """Blank text is a clear picture, one line high."""
    block = text.typeset(Text("  \n ", size_px=20))
    assert is_frame(block, 200, text.typeset(Text("x", size_px=20)).height, 4)
    assert block[3].max() == 0


@pytest.mark.parametrize(
    "hostile",
    [
        Text("W" * 5000, size_px=2000, width_px=8192.0),
        Text("W\n" * 2500, size_px=100, width_px=8192.0),
        Text("W" * 5000, size_px=300, width_px=1.0),
        Text("﷽" * 3000, size_px=500, width_px=100.0),
        Text("x\n" * 2000, size_px=12, width_px=200.0, lead_px=2000),
        Text("a b " * 1000, size_px=20, width_px=200.0, track_px=2000),
    ],
)
def test_text_that_would_be_huge_is_refused(hostile):
    """What would not fit the largest picture is refused before it is drawn."""
    with pytest.raises(TooLarge):
        text.typeset(hostile)


def test_an_outline_that_would_be_huge_is_refused():
    """The room around the letters counts too."""
    with pytest.raises(TooLarge):
        text.line(Text("Hi", size_px=200, outline_px=5000), ROOM)


@given(
    st.text(st.characters(codec=None), max_size=200),
    st.floats(1, 4000),
    st.one_of(st.none(), st.floats(1, 8192)),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["start", "middle", "end"]),
)
@settings(max_examples=60, deadline=None)
def test_any_text_is_drawn_or_refused(words, size_px, width_px, wrap, grow, clip):
    """Whatever is sent, there is a picture within bounds, nothing to see, or a refusal."""
    asked = Text(words, size_px=size_px, width_px=width_px, wrap=wrap, grow=grow, clip=clip, ellipsis=True)
    try:
        made = text.line(asked, ROOM)
    except Refusal:
        return
    if made is not None:
        assert made.image.width * made.image.height <= lettering.MAX_PIXELS
        assert is_frame(made.image, made.image.width, made.image.height, 4)


def test_without_fonts_text_is_refused(tmp_path):
    """No fonts, no text: the answer says so, and never shows empty boxes."""
    fonts.prepare(FontSettings(folder=tmp_path, cache=tmp_path))
    try:
        with pytest.raises(EngineMissing):
            text.line(Text("Hello"), ROOM)
        with pytest.raises(EngineMissing):
            text.typeset(Text("Hello"))
    finally:
        fonts.prepare()


def test_a_character_without_a_glyph_is_refused():
    """A script that no font has is named rather than drawn as a box."""
    with pytest.raises(InvalidParameter, match="U\\+0F40"):
        text.line(Text("ཀ"), ROOM)

"""Paths of assets and folders."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.assets import paths
from imagewell.errors import InvalidParameter

segment = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/"), min_size=1, max_size=20
).filter(lambda text: text not in (".", "..") and len(unicodedata.normalize("NFC", text).encode()) <= 255)
good_paths = st.lists(segment, min_size=1, max_size=8).map(lambda segments: "/" + "/".join(segments))


def taken(text: object) -> str | None:
    try:
        return paths.clean_path("path", text)
    except InvalidParameter:
        return None


@given(good_paths)
def test_good_path_is_taken(path: str) -> None:
    """A path of ordinary segments is taken, in NFC, and taking it again changes nothing."""
    clean = taken(path)
    assert clean == unicodedata.normalize("NFC", path)
    assert taken(clean) == clean


@given(st.one_of(st.text(max_size=80), st.text("/.a\0\\%", max_size=20), st.none(), st.integers()))
def test_what_is_taken_is_harmless(text: object) -> None:
    """Whatever comes, a path that is taken has no empty or dotted segment and no control character."""
    clean = taken(text)
    if clean is not None:
        assert clean.startswith("/")
        assert not {"", ".", ".."} & set(clean[1:].split("/"))
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in clean)


@given(good_paths)
def test_path_is_folder_and_name(path: str) -> None:
    """A path is put together again from its folder and its name, and lies below all its folders."""
    clean = paths.clean_path("path", path)
    folder, name = paths.parent(clean), paths.last(clean)
    assert paths.join(None, folder, name) == clean
    assert paths.below(folder) + name == clean
    assert all(clean.startswith(paths.below(each)) for each in paths.lineage(folder))
    assert len(paths.lineage(folder)) == clean.count("/") - 1


@given(good_paths)
def test_suffixed_names_are_good_paths(path: str) -> None:
    """A random suffix keeps folder and extension, and the path within its limits."""
    clean = paths.clean_path("path", path)
    first, *others = paths.candidates(clean, unique=True)
    assert first == clean
    assert len(set(others)) == 3
    for other in others:
        assert taken(other) == other
        assert paths.parent(other) == paths.parent(clean)
    assert list(paths.candidates(clean, unique=False)) == [clean]


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "ä" * 127, "." + "x" * 200, "x." + "y" * 200])
def test_long_name_gives_way_to_its_suffix(name: str) -> None:
    """A name at its limit is cut, so that the suffix has room."""
    _, *others = paths.candidates("/" + name, unique=True)
    assert [taken(other) for other in others] == others


@pytest.mark.parametrize(("text", "folder"), [("", "/"), ("/", "/"), ("a", "/a"), ("/a/", "/a"), ("a/b//", "/a/b")])
def test_folders_have_one_spelling(text: str, folder: str) -> None:
    """A folder may be said with or without slashes at its ends."""
    assert paths.clean_folder("folder", text) == folder


@pytest.mark.parametrize("text", [None, 5, "..", "/a//b", "a\0", "/" + "/".join("x" * 51)])
def test_impossible_folders_are_refused(text: object) -> None:
    """What is no folder is refused under its name."""
    with pytest.raises(InvalidParameter, match="folder"):
        paths.clean_folder("folder", text)


@given(st.text(max_size=40))
def test_folding_is_stable(text: str) -> None:
    """Folded text folds to itself, and upper and lower case of a letter fold alike."""
    folded = paths.fold(text)
    assert paths.fold(folded) == folded

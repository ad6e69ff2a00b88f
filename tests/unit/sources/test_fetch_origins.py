"""Where the original of a path lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.errors import NotFound, Refusal
from imagewell.sources.origins import WebFolder


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("http://o.example", "/a.jpg", "http://o.example/a.jpg"),
        ("http://o.example/", "/a.jpg", "http://o.example/a.jpg"),
        ("https://o.example:8443/x/y/", "/ä b/c.jpg", "https://o.example:8443/x/y/%C3%A4%20b/c.jpg"),
        ("http://o.example/x", "/100%.jpg", "http://o.example/x/100%25.jpg"),
        ("http://o.example/x", "/a?b#c", "http://o.example/x/a%3Fb%23c"),
        ("http://o.example/x", "/%2e%2e/a", "http://o.example/x/%252e%252e/a"),
        ("http://o.example/x", "/..a/b..", "http://o.example/x/..a/b.."),
    ],
)
def test_url_of_a_path(base: str, path: str, url: str) -> None:
    """A path is appended to the base and encoded once."""
    assert WebFolder.of(base).url(path) == url


@pytest.mark.parametrize(
    "path",
    ["", "a.jpg", "/..", "/../a", "/a/../../b", "/a/./b", "/a\\..\\b", "/a\nb", "/a\x00", "/\ud800", "/" + "a" * 5000],
)
def test_paths_stay_inside(path: str) -> None:
    """A path that could leave the folder is not found."""
    with pytest.raises(NotFound):
        WebFolder.of("http://o.example/x").url(path)


@pytest.mark.parametrize(
    "base", ["", "o.example", "file:///x", "http://u:p@o.example/", "http://o.example/?a", "http://o.example/#a"]
)
def test_bases_are_plain_urls(base: str) -> None:
    """A base that is no plain http URL is refused."""
    with pytest.raises(Refusal):
        WebFolder.of(base)


def test_credentials_are_not_printed() -> None:
    """The password of an origin does not show when the origin is printed."""
    folder = WebFolder.of("http://o.example", "u", "hush")
    assert folder.credentials is not None
    assert folder.credentials.header == "Basic dTpodXNo"
    assert "hush" not in repr(folder)


@given(st.text(max_size=40))
def test_no_path_leaves_the_folder(path: str) -> None:
    """Whatever the path, the URL begins with the base and has no query, fragment or dot segment."""
    try:
        url = WebFolder.of("http://o.example/x").url(path)
    except NotFound:
        return
    assert url.startswith("http://o.example/x/")
    assert not set("?#\\") & set(url)
    assert not {".", ".."} & set(url.split("/"))

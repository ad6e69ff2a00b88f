"""The reference pages are what the code makes of its tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagewell.reference import openapi_document, pages
from imagewell.settings import SettingsError, load

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted(pages()))
def test_page_is_up_to_date(path: str) -> None:
    """The committed page is the one that `make docs` would write."""
    assert (ROOT / path).read_text() == pages()[path], "run `make docs`"


def test_every_setting_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable of the settings page can be named in the environment; a wrong value names it and what came."""
    assert "`IMAGEWELL_RENDER__WORKERS`" in pages()["docs/settings.md"]
    monkeypatch.setenv("IMAGEWELL_RENDER__WORKERS", "many")
    with pytest.raises(SettingsError, match="IMAGEWELL_RENDER__WORKERS='many'"):
        load()


def test_several_processes_need_a_shared_store_of_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one API process without Valkey is refused, with the reason."""
    monkeypatch.setenv("IMAGEWELL_SERVER__PROCESSES", "2")
    with pytest.raises(SettingsError, match="IMAGEWELL_VALKEY_URL"):
        load()
    monkeypatch.setenv("IMAGEWELL_VALKEY_URL", "redis://127.0.0.1:6379/0")
    assert load().server.processes == 2


@pytest.mark.parametrize("face", ["own", "imager", "imgprocessing"])
async def test_document_of_each_face_is_made_without_opening_anything(face: str) -> None:
    """What `imagewell openapi FACE` prints is the document that the face would serve."""
    document = json.loads(await openapi_document(load(), face))
    assert document["openapi"].startswith("3.")
    assert document["paths"]

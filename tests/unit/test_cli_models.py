"""`imagewell models` and what `imagewell doctor` says of the engines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imagewell.cli import app
from imagewell.doctor import engines
from imagewell.settings import load

RUNNER = CliRunner()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder without models."""
    monkeypatch.setenv("IMAGEWELL_VISION__MODELS_DIR", str(tmp_path))
    return tmp_path


def test_list_says_what_each_is_for_and_whether_it_is_here(empty: Path, models_dir: Path) -> None:
    """As a table for people and as JSON for programs."""
    shown = RUNNER.invoke(app, ["models", "list"]).output
    assert all(word in shown for word in ("efficientnet-lite0", "Apache-2.0", "not pulled", "165 MB"))
    states = {row["name"]: row["state"] for row in json.loads(RUNNER.invoke(app, ["models", "list", "--json"]).output)}
    assert states["u2net"] == "not pulled"
    assert states["rapidocr"] == "in the package"


def test_what_is_here_is_not_pulled_again(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEWELL_VISION__MODELS_DIR", str(models_dir))
    result = RUNNER.invoke(app, ["models", "pull", "--all"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "u2net: was here"
    rows = json.loads(RUNNER.invoke(app, ["models", "pull", "blazeface", "--json"]).output)
    assert [(row["name"], row["state"]) for row in rows] == [("blazeface", "ready")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pull"], "Say which models to pull, or --all"),
        (["pull", "u3net"], "no model is called u3net"),
        (["rm", "u3net"], "no model is called u3net"),
        (["rm", "rapidocr"], "pip uninstall rapidocr"),
    ],
)
def test_mistakes_end_in_one_sentence(empty: Path, arguments: list[str], sentence: str) -> None:
    result = RUNNER.invoke(app, ["models", *arguments])
    assert (result.exit_code, sentence in result.stderr, result.stderr.count("\n")) == (1, True, 1)


def test_rm_deletes_the_files(empty: Path) -> None:
    (empty / "u2net.onnx").write_bytes(b"weights")
    assert RUNNER.invoke(app, ["models", "rm", "u2net", "blazeface"]).output == (
        "u2net: deleted\nblazeface: was not here\n"
    )
    assert not (empty / "u2net.onnx").exists()


async def test_doctor_is_content_without_engines_and_says_how_to_get_them(
    empty: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finding that is well either way."""
    sentence = await engines(load())
    assert sentence.startswith("ready: text; to have background-removal, classification, faces, too: ")
    assert "imagewell models pull u2net && imagewell models pull" in sentence
    monkeypatch.setenv("IMAGEWELL_VISION__MODELS_DIR", str(models_dir))
    assert await engines(load()) == "ready: background-removal, classification, text, faces"

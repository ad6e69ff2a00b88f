"""Which engine the settings mean, and which of them are refused."""

from __future__ import annotations

from typing import Any

import pytest

from imagewell.imagine.settings import ImagineSettings, VisualizeSettings
from imagewell.settings import SettingsError, load


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, "none"),
        ({"openai": {"base_url": "http://127.0.0.1:8080/v1/"}}, "openai"),
        ({"openai": {"api_key": "k"}}, "openai"),
        ({"models": {"sdxl": "a/b"}}, "diffusers"),
        ({"model": "a/b"}, "diffusers"),
        ({"model": "a/b", "openai": {"api_key": "k"}}, "openai"),
        ({"engine": "none", "openai": {"api_key": "k"}}, "none"),
        ({"engine": "diffusers", "openai": {"api_key": "k"}}, "diffusers"),
    ],
)
def test_engine_follows_from_what_is_set(given: dict[str, Any], chosen: str) -> None:
    """A server before diffusers; what is said outright before both."""
    assert ImagineSettings.model_validate(given).chosen == chosen


def test_address_and_what_openai_takes() -> None:
    """A key alone means OpenAI's own service, which is sent no fields of others."""
    own = ImagineSettings.model_validate({"openai": {"api_key": "k"}}).openai
    assert (own.address, own.extended) == ("https://api.openai.com/v1", False)
    local = ImagineSettings.model_validate({"openai": {"base_url": "http://localhost:8080/v1/"}}).openai
    assert (local.address, local.extended) == ("http://localhost:8080/v1", True)
    assert VisualizeSettings().address is None


def test_names_of_models() -> None:
    """A name has its own model, or the one of all, or for diffusers that of the hub."""
    settings = ImagineSettings.model_validate({"models": {"flux": {"name": "a/b", "steps": 4}, "sdxl": {"steps": 20}}})
    assert (settings.pipeline_of("flux").name, settings.pipeline_of("flux").steps) == ("a/b", 4)
    assert settings.pipeline_of("sdxl").name == "stabilityai/stable-diffusion-xl-base-1.0"
    assert settings.pipeline_of("sdxl").steps == 20
    assert ImagineSettings(model="all").pipeline_of("sdxl").name == "all"


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is named by one variable, or described by several."""
    monkeypatch.setenv("IMAGEWELL_IMAGINE__MODELS__SDXL", "some/model")
    monkeypatch.setenv("IMAGEWELL_IMAGINE__MODELS__FLUX__NAME", "other/model")
    monkeypatch.setenv("IMAGEWELL_IMAGINE__MODELS__FLUX__STEPS", "4")
    monkeypatch.setenv("IMAGEWELL_IMAGINE__DIFFUSERS__DEVICE", "cpu")
    imagine = load().imagine
    assert (imagine.pipeline_of("sdxl").name, imagine.pipeline_of("flux").steps) == ("some/model", 4)
    assert imagine.diffusers.device == "cpu"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAGEWELL_IMAGINE__OPENAI__BASE_URL", "ftp://host/v1"),
        ("IMAGEWELL_IMAGINE__OPENAI__BASE_URL", "http://user:word@host/v1"),
        ("IMAGEWELL_IMAGINE__OPENAI__API_KEY", "sécret"),
        ("IMAGEWELL_VISUALIZE__BASE_URL", "http://host/v1?key=word"),
        ("IMAGEWELL_IMAGINE__WIDTH", "1000"),
        ("IMAGEWELL_IMAGINE__ENGINE", "magic"),
    ],
)
def test_faults_stop_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The sentence names the variable, and not what may be secret in it."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as fault:
        load()
    assert "word" not in str(fault.value)
    assert "sécret" not in str(fault.value)

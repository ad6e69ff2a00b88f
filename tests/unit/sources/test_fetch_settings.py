"""Settings of fetching, as the environment gives them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from imagewell.sources.settings import FetchSettings


class Tree(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="IW_TEST_", env_nested_delimiter="__")
    fetch: FetchSettings = FetchSettings()


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("127.0.0.0/8", ["127.0.0.0/8"]),
        ("127.0.0.0/8, fd00::/8,", ["127.0.0.0/8", "fd00::/8"]),
        ("10.1.2.3", ["10.1.2.3/32"]),
    ],
)
def test_networks_are_comma_separated(monkeypatch: pytest.MonkeyPatch, text: str, networks: list[str]) -> None:
    """Allowed networks are read from one variable, separated by commas."""
    monkeypatch.setenv("IW_TEST_FETCH__ALLOW_NETWORKS", text)
    assert Tree().fetch.allow_networks == tuple(ip_network(network) for network in networks)


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1/8", "10.0.0.0/33"])
def test_no_network(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What is no network is refused at the start."""
    monkeypatch.setenv("IW_TEST_FETCH__ALLOW_NETWORKS", text)
    with pytest.raises(ValidationError):
        Tree()

"""Where a key may be used from."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_address

from hypothesis import given
from hypothesis import strategies as st

from imagewell.accounts import limits
from imagewell.errors import InvalidParameter

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=2, max_size=4).map(".".join)


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_network_holds_what_it_says(address: IPv4Address, prefix: int, caller: IPv4Address) -> None:
    """An address is allowed exactly if the network holds it, in its plain and its IPv6-mapped form."""
    allow = [limits.network(f"{address}/{prefix}")]
    expected = caller in IPv4Network((address, prefix), strict=False)
    assert limits.ip_allowed(allow, str(caller)) is expected
    assert limits.ip_allowed(allow, f"::ffff:{caller}") is expected


@given(st.ip_addresses())
def test_single_address_is_a_network(address: object) -> None:
    """An address by itself means this address only."""
    allow = [limits.network(str(address))]
    assert limits.ip_allowed(allow, str(address))
    assert not limits.ip_allowed(allow, str(ip_address("192.0.2.1" if str(address) != "192.0.2.1" else "192.0.2.2")))


@given(names, labels)
def test_star_stands_for_names_below(name: str, label: str) -> None:
    """A starred domain allows every name below it, never itself nor a name that only ends alike."""
    allow = [limits.domain("*." + name)]
    assert limits.domain_allowed(allow, f"{label}.{name}")
    assert limits.domain_allowed(allow, f"a.{label}.{name}".upper())
    assert not limits.domain_allowed(allow, name)
    assert not limits.domain_allowed(allow, label + name)


@given(st.text(max_size=40))
def test_any_text_is_taken_or_refused(text: str) -> None:
    """No text makes a check fail with anything but a refusal, and what is taken is stable."""
    for check in (limits.network, limits.domain):
        try:
            taken = check(text)
        except InvalidParameter:
            continue
        assert check(taken) == taken
    assert limits.ip_allowed(["10.0.0.0/8"], text) in (True, False)
    assert limits.domain_allowed(["a.example"], text) in (True, False)


def test_international_domain_is_kept_in_ascii() -> None:
    """A name in any script is compared as browsers send it."""
    assert limits.domain("Bücher.example") == "xn--bcher-kva.example"

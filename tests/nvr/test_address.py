"""Addresses as people enter them."""

import pytest

from custom_components.nvr_hotspare.nvr.address import Address, is_host, usual_port


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.20", Address(host="192.168.1.20")),
        (" nvr.local ", Address(host="nvr.local")),
        ("nvr_1:8000", Address(host="nvr_1", port=8000)),
        ("fd00::7", Address(host="fd00::7")),
        ("[fd00::7]", Address(host="fd00::7")),
        ("[fd00::7]:8443", Address(host="fd00::7", port=8443)),
        ("http://192.168.1.20/doc/page/login.asp", Address(host="192.168.1.20", https=False)),
        ("HTTPS://nvr.local:8443", Address(host="nvr.local", port=8443, https=True)),
        ("https://[fd00::7]/", Address(host="fd00::7", https=True)),
    ],
)
def test_an_address_is_a_host_with_what_else_it_says(text: str, address: Address) -> None:
    assert Address.read(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the recorder",
        "rtsp://192.168.1.20",
        "://192.168.1.20",
        "http://admin:secret@192.168.1.20",
        "192.168.1.300",
        "192.168.1.20:99999",
        "192.168.1.20:door",
        "[fd00::7",
        "-nvr",
        "a" * 64,
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - nobody reads its text
        Address.read(text)


def test_web_servers_have_a_usual_port() -> None:
    assert (usual_port(https=False), usual_port(https=True)) == (80, 443)


def test_hosts_are_names_and_addresses() -> None:
    assert is_host("nvr.local.")
    assert is_host("fd00::7")
    assert not is_host("1.2.3")

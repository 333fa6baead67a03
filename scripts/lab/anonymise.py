"""Answers of a real recorder, without what tells whose it is: fit to become a test fixture.

Addresses, serial numbers, account names, passwords and names that people gave are replaced, each by
the same stand-in wherever it occurs. All else stays as it is, because it is what firmwares differ
in. Whoever sends the result on should read it first.
"""

import argparse
from collections.abc import Callable
import itertools
from pathlib import Path
import re
import sys
from typing import Final

_NAMES: Final = (
    "deviceName|deviceID|serialNumber|subSerialNumber|macAddress|hostName|userName|password|name|"
    "customName|telecontrolID|UserName|Password|SerialNo|serialNumber|PhysicalAddress|MachineName|"
    "Mac|Name|DeviceID|MainStreamUrl|ExtraStreamUrl|latitude|longitude|ssid|email"
)
_RULES: Final = (
    ("xml", re.compile(rf"(?<=<)(?P<key>{_NAMES})(?P<mid>[^<>]*>)(?P<value>[^<]+)(?=</)")),
    (
        "json",
        re.compile(rf'(?<=")(?P<key>{_NAMES})(?P<mid>"\s*:\s*")(?P<value>[^"]+)(?=")'),
    ),
    (
        "line",
        re.compile(rf"(?m)(?<=[.\]])(?P<key>{_NAMES})(?P<mid>=)(?P<value>[^\r\n]+)"),
    ),
    (
        "first",
        re.compile(rf"(?m)^(?P<key>{_NAMES})(?P<mid>=)(?P<value>[^\r\n]+)"),
    ),
)
_MASKED: Final = re.compile(r"\*+")
_USERINFO: Final = re.compile(r"(?<=://)[^/@\s<>\"]+@")
_IPV4: Final = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_MAC: Final = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
_KEPT: Final = {"0.0.0.0", "127.0.0.1", "192.168.0.0", "255.255.255.0", "255.255.255.255"}
_LAST: Final = 254


class Anonymiser:
    """Gives the same stand-in for the same text, in all files of one run."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def text(self, told: str) -> str:
        """Return an answer without what tells whose it is."""
        told = _USERINFO.sub("user:password@", told)
        for _, rule in _RULES:
            told = rule.sub(
                lambda it: f"{it['key']}{it['mid']}{self._value(it['key'], it['value'])}", told
            )
        told = _MAC.sub(lambda it: self._stand_in(it[0].lower(), _mac), told)
        return _IPV4.sub(lambda it: self._address(it[0]), told)

    def _value(self, key: str, value: str) -> str:
        if not value.strip() or _MASKED.fullmatch(value) or _IPV4.fullmatch(value):
            return value
        if _MAC.fullmatch(value):
            return self._stand_in(value.lower(), _mac)
        if "://" in value:
            return value  # its host and account are replaced where they stand
        return self._stand_in(value, lambda number: f"{key}-{number}")

    def _address(self, address: str) -> str:
        if address in _KEPT or address.startswith(("0.", "255.")):
            return address
        return self._stand_in(address, _ipv4)

    def _stand_in(self, told: str, make: Callable[[int], str]) -> str:
        if told in self._known.values():
            return told
        if told not in self._known:
            self._known[told] = make(next(self._numbers))
        return self._known[told]


def _mac(number: int) -> str:
    return f"02:00:00:00:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"


def _ipv4(number: int) -> str:
    """Return an address of those that documents use (RFC 5737), or of the test network."""
    return f"198.18.{number // _LAST}.{number % _LAST + 1}"


def main(arguments: list[str] | None = None) -> int:
    """Replace in files, or in what is piped through."""
    parser = argparse.ArgumentParser(prog="scripts/anonymise", description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, help="each is written anew as FILE.anonymous"
    )
    files = parser.parse_args(arguments).files
    anonymiser = Anonymiser()
    if not files:
        sys.stdout.write(anonymiser.text(sys.stdin.read()))
    for file in files:
        told = file.read_text(encoding="utf-8", errors="replace")
        file.with_name(f"{file.name}.anonymous").write_text(anonymiser.text(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Answers of recorders that owners send on hold nothing of whose they are."""

import pytest

from scripts.lab.anonymise import Anonymiser

SECRETS = {
    "a serial number in XML": "<serialNumber>DS-7608CCRRC12345678</serialNumber>",
    "a name in XML with a namespace": '<name version="1.0">Front door of No. 7</name>',
    "an address": "<ipAddress>10.20.30.40</ipAddress>",
    "a MAC address": "<macAddress>c0:56:e3:11:22:33</macAddress>",
    "an account in a URI": "rtsp://admin:hunter2@10.20.30.40:554/Streaming",
    "a name in JSON": '{"chanNo": 1, "name": "Front door of No. 7"}',
    "a table of settings": "table.RemoteDevice.uuid:X_0.Address=10.20.30.40\r\n"
    "table.RemoteDevice.uuid:X_0.UserName=hunter2\r\nserialNumber=DS-7608CCRRC12345678",
}
TOLD = ("DS-7608CCRRC12345678", "No. 7", "10.20.30.40", "c0:56:e3:11:22:33", "hunter2")


@pytest.mark.parametrize("kind", SECRETS)
def test_what_tells_whose_it_is_is_replaced(kind: str) -> None:
    text = Anonymiser().text(SECRETS[kind])
    assert not any(it in text for it in TOLD)


def test_the_same_is_replaced_by_the_same_and_all_else_stays() -> None:
    anonymiser = Anonymiser()
    first = anonymiser.text("<a><ipAddress>10.1.1.1</ipAddress><model>DS-7608NI</model></a>")
    second = anonymiser.text("<ipAddress>10.1.1.1</ipAddress><ipAddress>10.1.1.2</ipAddress>")
    assert "<model>DS-7608NI</model>" in first
    assert second.startswith(first[3:].partition("<model>")[0])
    assert second.count("198.18.0.2<") == 1
    assert anonymiser.text("Password=******\r\n") == "Password=******\r\n"

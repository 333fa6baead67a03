import pytest

from tests.virtual_nvr.nvr_lab import StartNvr

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
TIME = b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>'


def envelope(content: bytes, before: bytes = b"") -> bytes:
    start = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>'.encode()
    return before + start + content + b"</s:Body></s:Envelope>"


BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    ("body", "status", "fault"),
    [
        (b"", 400, b"WellFormed"),
        (b"GET / HTTP/1.1", 400, b"WellFormed"),
        (envelope(TIME)[:-20], 400, b"WellFormed"),
        (envelope(TIME, before=BOMB), 400, b"WellFormed"),
        (envelope(TIME, before=b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'), 400, b"WellFormed"),
        (envelope(b"<x>" * 300 + b"</x>" * 300), 400, b"WellFormed"),
        (b"<a/>", 400, b"InvalidArgs"),
        (envelope(b""), 400, b"InvalidArgs"),
        (envelope(TIME.replace(b"GetSystem", b"Explode")), 500, b"ActionNotSupported"),
        (envelope(b"<GetSystemDateAndTime/>"), 500, b"ActionNotSupported"),
    ],
)
async def test_bad_requests_are_answered_with_a_fault(
    start_nvr: StartNvr, body: bytes, status: int, fault: bytes
) -> None:
    _, peer = await start_nvr()
    answered, content = await peer.post("device", body)
    assert answered == status
    assert b"ter:" + fault in content
    assert (await peer.post("device", envelope(TIME)))[0] == 200


async def test_large_requests_are_not_read(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    status, _ = await peer.post("device", envelope(b" " * 1_000_000))
    assert status == 413

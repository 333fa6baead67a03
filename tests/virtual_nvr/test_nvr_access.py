import asyncio
from datetime import timedelta

import pytest

from tests.virtual_nvr.nvr_lab import StartNvr
from tests.virtual_nvr.soap_peer import SoapFaultError, SoapPeer
from virtual_nvr.nvr.config import Auth, Lockout

WITHOUT_TOKEN = b"""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>
<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>"""


async def refusal(peer: SoapPeer) -> SoapFaultError:
    with pytest.raises(SoapFaultError) as caught:
        await peer.call("device", "GetDeviceInformation")
    assert caught.value.code == "Sender"
    return caught.value


@pytest.mark.parametrize(
    ("offered", "used"),
    [("digest", "digest"), ("wsse", "wsse"), ("both", "digest"), ("both", "wsse")],
)
async def test_accepts_what_it_offers(start_nvr: StartNvr, offered: str, used: str) -> None:
    _, peer = await start_nvr(auth=Auth(offered))
    peer.auth = used
    assert (await peer.call("device", "GetDeviceInformation")).SerialNumber == "VN-0001"
    told = (await peer.call("device", "GetServiceCapabilities")).Security
    assert told.HttpDigest == (offered != "wsse")
    assert told.UsernameToken == (offered != "digest")


@pytest.mark.parametrize(("offered", "used"), [("digest", "wsse"), ("wsse", "digest")])
async def test_refuses_what_it_does_not_offer(start_nvr: StartNvr, offered: str, used: str) -> None:
    _, peer = await start_nvr(auth=Auth(offered))
    peer.auth = used
    await refusal(peer)


@pytest.mark.parametrize(("auth", "status"), [("digest", 401), ("both", 401), ("wsse", 400)])
async def test_without_credentials_the_answer_shows_the_way(
    start_nvr: StartNvr, auth: str, status: int
) -> None:
    _, peer = await start_nvr(auth=Auth(auth))
    peer.username = ""
    refused = await refusal(peer)
    assert (refused.status, refused.subcodes) == (status, ["NotAuthorized"])


@pytest.mark.parametrize("auth", ["digest", "wsse"])
async def test_too_many_wrong_passwords_close_the_account_for_a_while(
    start_nvr: StartNvr, auth: str
) -> None:
    _, peer = await start_nvr(auth=Auth(auth), lockout=Lockout(attempts=2, seconds=0.5))
    peer.auth, right, peer.password = auth, peer.password, "guess"
    for _ in range(2):
        assert (await refusal(peer)).subcodes == ["NotAuthorized"]
    peer.password = right
    assert (await refusal(peer)).subcodes == ["NotAuthorized", "AccountLocked"]
    await asyncio.sleep(0.6)
    await peer.call("device", "GetDeviceInformation")


async def test_right_passwords_between_wrong_ones_keep_the_account_open(
    start_nvr: StartNvr,
) -> None:
    _, peer = await start_nvr(lockout=Lockout(attempts=2, seconds=60))
    right = peer.password
    for _ in range(3):
        peer.password = "guess"
        await refusal(peer)
        peer.password = right
        await peer.call("device", "GetDeviceInformation")


async def test_token_is_good_for_one_request(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(auth=Auth.WSSE)
    peer.auth = "wsse"
    body = peer.with_token(WITHOUT_TOKEN)
    assert (await peer.post("device", body))[0] == 200
    status, answer = await peer.post("device", body)
    assert status == 400
    assert b"NotAuthorized" in answer


async def test_token_of_another_time_is_refused(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr(auth=Auth.WSSE)
    peer.auth = "wsse"
    unit.clock_offset = timedelta(seconds=90)
    assert (await refusal(peer)).subcodes == ["NotAuthorized"]

"""Recorders that speak HTTPS: by the certificate that the user has confirmed, or not at all."""

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
import ssl

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
import pytest

from custom_components.nvr_hotspare.nvr.certificate import unvouched
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCertificateError,
    UnitProtocolError,
    UnitRefusedError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from tests.nvr.conftest import PASSWORD, Drive, StartNvr
from virtual_nvr.nvr.tls import CERTIFICATE
from virtual_nvr.nvr.unit import VirtualNvr

HOST = "127.11.44.3"


def https(unit: VirtualNvr, fingerprint: str = "") -> Endpoint:
    config = unit.config
    return Endpoint(host=config.host, port=config.http_port, https=True, fingerprint=fingerprint)


@pytest.fixture
def vouched(tmp_path: Path) -> ssl.SSLContext:
    """Have the recorder a certificate that this context trusts, as it does that of an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Trusted")])
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = made.public_bytes(Encoding.PEM)
    folder = tmp_path / "nvr"
    folder.mkdir()
    (folder / CERTIFICATE).write_bytes(private + shown)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=shown.decode())
    return context


async def test_a_recorder_is_known_by_the_fingerprint_that_was_confirmed(
    start_nvr: StartNvr, drive: Drive, session: aiohttp.ClientSession
) -> None:
    unit = await start_nvr(https=True)
    fingerprint = await unvouched(session, https(unit))
    assert len(bytes.fromhex(fingerprint)) == 32
    driver = drive(https(unit, fingerprint))
    assert (await driver.heartbeat()).round_trip > 0
    assert (await driver.heartbeat(fresh=True)).round_trip > 0
    assert (await driver.probe()).identity.serial == "VN-0001"
    await (await driver.subscribe()).close()


async def test_a_recorder_keeps_its_certificate_over_a_restart(
    start_nvr: StartNvr, session: aiohttp.ClientSession
) -> None:
    unit = await start_nvr(https=True)
    before = await unvouched(session, https(unit))
    await unit.__aexit__(None, None, None)
    async with unit:
        assert await unvouched(session, https(unit)) == before


async def test_another_certificate_gets_to_hear_nothing(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr(https=True)
    driver = drive(https(unit, "ab" * 32))
    for call in (driver.heartbeat, driver.identify, driver.probe):
        with pytest.raises(UnitCertificateError, match="another certificate"):
            await call()


async def test_a_certificate_that_nobody_vouches_for_is_refused_without_a_fingerprint(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(https=True)
    with pytest.raises(UnitCertificateError, match="vouches"):
        await drive(https(unit)).heartbeat()


async def test_a_certificate_that_an_authority_vouches_for_needs_no_fingerprint(
    start_nvr: StartNvr, vouched: ssl.SSLContext
) -> None:
    unit = await start_nvr(https=True, host=HOST)
    account = Credentials(username="admin", password=PASSWORD)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=vouched)) as session:
        assert await unvouched(session, https(unit)) == ""
        driver = OnvifUnit(session, https(unit), account)
        assert (await driver.heartbeat(fresh=False)).round_trip > 0
        assert (await driver.heartbeat(fresh=True)).round_trip > 0
        assert (await driver.identify()).serial == "VN-0001"


async def test_plain_http_is_no_https_and_nothing_falls_back_to_it(
    start_nvr: StartNvr, drive: Drive, session: aiohttp.ClientSession
) -> None:
    unit = await start_nvr()
    for fingerprint in ("", "ab" * 32):
        with pytest.raises(UnitProtocolError, match="no HTTPS"):
            await drive(https(unit, fingerprint)).heartbeat()
    with pytest.raises(UnitProtocolError, match="no HTTPS"):
        await unvouched(session, https(unit))


async def test_https_is_not_spoken_to_as_plain_http(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr(https=True)
    with pytest.raises((UnitProtocolError, UnitUnreachableError)):
        await drive(Endpoint(host=unit.config.host, port=unit.config.http_port)).heartbeat()


async def test_nobody_there_has_no_certificate(session: aiohttp.ClientSession) -> None:
    with pytest.raises(UnitRefusedError):
        await unvouched(session, Endpoint(host=HOST, port=9, https=True))


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (Endpoint(host="nvr.local"), "http://nvr.local:80"),
        (Endpoint(host="fd00::7", port=8443, https=True), "https://[fd00::7]:8443"),
    ],
)
def test_an_endpoint_is_shown_as_browsers_want_it(endpoint: Endpoint, url: str) -> None:
    assert endpoint.url == url

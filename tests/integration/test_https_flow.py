"""Recorders over HTTPS: their certificate is confirmed once, and a changed one is asked about."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.fix import Fix
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, eventually, issues, loopback_address, state, unit_input
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.tls import CERTIFICATE
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def nvr(lab: Lab, cameras: list[VirtualCamera]) -> VirtualNvr:
    """A recorder that speaks HTTPS."""
    return await lab.nvr("NVR-1", cameras, https=True)


@pytest.fixture
async def added(hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr) -> ConfigEntry:
    """A group that watches it."""
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter({})
    await flow.enter({"channels": flow.suggested["channels"], "account": ACCOUNT})
    await flow.save()
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    return group


ACCOUNT = {"username": "viewer", "password": "p@ss:w/rd"}


async def renew_certificate(lab: Lab, nvr: VirtualNvr) -> None:
    """Give a recorder another certificate, as a reset does."""
    await lab.stop("NVR-1")
    (nvr.config.folder / CERTIFICATE).unlink()
    await lab.start(nvr.config)


def shown(result: Any) -> str:
    """Return the fingerprint that a user is asked about."""
    told: str = result["description_placeholders"]["fingerprint"]
    assert len(told) == 95
    return told


async def test_a_certificate_is_confirmed_once_and_what_was_entered_stays(
    hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr
) -> None:
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr, password="wrong"))
    assert flow.result["step_id"] == "certificate"
    fingerprint = shown(flow.result)
    await flow.enter({})
    assert flow.result["step_id"] == "normal"
    assert flow.error == "invalid_auth"
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "channels"
    await flow.enter({"channels": flow.suggested["channels"], "account": ACCOUNT})
    await flow.save()
    data = subentry_of(group, nvr).data
    assert data["ssl"]
    assert data["fingerprint"] == fingerprint.replace(":", "").lower()


async def test_an_address_may_be_one_from_a_browser(
    hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr
) -> None:
    flow = await Flow.add(hass, group, "normal")
    url = f"https://{nvr.config.host}:{nvr.config.http_port}/doc/page/login.asp"
    values = unit_input(nvr, host=url, more={"username": "admin", "ssl": False})
    await flow.enter(values)
    assert flow.result["step_id"] == "certificate"
    await flow.enter({})
    assert flow.result["step_id"] == "channels"


async def test_a_spare_over_https_begins_a_group(hass: HomeAssistant, lab: Lab) -> None:
    spare = await lab.nvr("SPARE", https=True)
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    for answer in ({"next_step_id": "recorder"}, unit_input(spare)):
        result = await flows.async_configure(result["flow_id"], answer)
    assert result["step_id"] == "certificate"
    result = await flows.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "on")


async def test_https_where_there_is_none_is_no_way_to_http(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry
) -> None:
    plain = await lab.nvr("NVR-1")
    more = {"username": "admin", "port": plain.config.http_port, "ssl": True}
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(plain, more=more))
    assert flow.error == "no_https"
    await flow.enter(unit_input(plain, more=more, host=loopback_address()))
    assert flow.error == "cannot_connect"
    await flow.enter(unit_input(plain))
    assert flow.result["step_id"] == "channels"


async def test_another_certificate_is_no_outage_and_is_asked_about(
    hass: HomeAssistant,
    lab: Lab,
    added: ConfigEntry,
    nvr: VirtualNvr,
    hass_client: ClientSessionGenerator,
) -> None:
    before = subentry_of(added, nvr).data["fingerprint"]
    await renew_certificate(lab, nvr)
    await eventually(lambda: bool(issues(hass)))
    assert issues(hass)[0].translation_key == "certificate_changed"

    fix = await Fix.start(hass, hass_client)
    assert fix.result["step_id"] == "confirm"
    placeholders = fix.result["description_placeholders"]
    assert placeholders["before"].replace(":", "").lower() == before
    assert shown(fix.result).replace(":", "").lower() != before
    await lab.stop("NVR-1")
    await fix.enter({})
    assert fix.result["errors"] == {"base": "cannot_connect"}
    await lab.start(nvr.config)
    await fix.enter({})
    assert fix.result["type"] == "create_entry"
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    assert not issues(hass)
    assert subentry_of(added, nvr).data["fingerprint"] != before


@pytest.mark.usefixtures("added")
async def test_nobody_there_has_no_certificate_to_confirm(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, hass_client: ClientSessionGenerator
) -> None:
    await renew_certificate(lab, nvr)
    await eventually(lambda: bool(issues(hass)))
    await lab.stop("NVR-1")
    fix = await Fix.start(hass, hass_client)
    assert fix.result["type"] == "abort"
    assert fix.result["reason"] == "cannot_connect"
    await lab.start(nvr.config)


@pytest.mark.usefixtures("added")
async def test_the_certificate_that_was_there_before_settles_it(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    kept = (nvr.config.folder / CERTIFICATE).read_bytes()
    await renew_certificate(lab, nvr)
    await eventually(lambda: bool(issues(hass)))
    await lab.stop("NVR-1")
    (nvr.config.folder / CERTIFICATE).write_bytes(kept)
    await lab.start(nvr.config)
    await eventually(lambda: not issues(hass))


async def test_a_changed_certificate_is_confirmed_where_the_address_is_changed(
    hass: HomeAssistant, lab: Lab, added: ConfigEntry, nvr: VirtualNvr
) -> None:
    subentry = subentry_of(added, nvr)
    flow = await Flow.change(hass, added, subentry)
    await flow.choose("account")
    await flow.enter(unit_input(nvr))  # the certificate is known
    assert flow.result["reason"] == "reconfigure_successful"

    await renew_certificate(lab, nvr)
    flow = await Flow.change(hass, added, subentry)
    await flow.choose("account")
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "new_certificate"
    before = flow.result["description_placeholders"]["before"]
    assert before.replace(":", "").lower() == subentry.data["fingerprint"]
    await flow.enter({})
    assert flow.result["reason"] == "reconfigure_successful"
    assert before.replace(":", "").lower() != subentry.data["fingerprint"]
    await eventually(lambda: not issues(hass))

"""A recorder that stands in for others."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.errors import UnitFullError
from custom_components.nvr_hotspare.nvr.model import Place, PlaceState
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Source
from tests.nvr.conftest import Drive, StartNvr, endpoint_of
from tests.nvr.scripted_unit import CuttingProxy, cutting_proxy
from tests.nvr.spare_lab import KEYS, PLACES, counts, make_place, modes, sources, stored
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import Auth, ChannelConfig, Limits
from virtual_nvr.nvr.unit import VirtualNvr


def _contents(unit: VirtualNvr) -> tuple[object, ...]:
    held = stored(unit)
    return held.recordings, held.receivers, held.jobs


async def _seen(driver: OnvifUnit, is_so: Callable[[PlaceState], bool]) -> PlaceState:
    """Return the first state of the place "gate" of which something is so."""
    while True:
        if is_so(state := (await driver.places())["gate"]):
            return state
        await asyncio.sleep(0.05)


def _records(state: PlaceState) -> bool:
    return state.recording is Recording.YES


async def test_a_place_is_a_recording_a_receiver_and_an_idle_job(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    await driver.provision(PLACES)
    assert counts(unit) == (3, 3, 3)
    assert sources(unit) == [place.source for place in PLACES]
    assert modes(unit) == ["Idle"] * 3
    assert await driver.places() == {
        key: PlaceState(key=key, commanded=False, recording=Recording.NOT_SCHEDULED) for key in KEYS
    }


async def test_a_takeover_is_one_request_a_camera(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr(auth=Auth.WSSE)
    async with cutting_proxy(endpoint_of(unit)) as proxy:
        driver = drive(proxy.endpoint)
        await driver.provision(PLACES)
        proxy.passed.clear()
        assert await driver.record(PLACES) == {}
    starts = [b"SetRecordingJobMode" in request for request in proxy.passed]
    assert starts == [False] * 3 + [True] * 3  # after a look at what there is
    assert modes(unit) == ["Active"] * 3


async def test_takes_a_camera_over_and_lets_it_go(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    driver = drive(await start_nvr())
    await driver.heartbeat()
    source = Source(uri=camera.uri, username="viewer", password="p@ss:w/rd")
    place = Place(key="gate", name="Gate", source=source)
    await driver.provision([place])
    assert await driver.record([place]) == {}
    assert (await _seen(driver, _records)).commanded
    await driver.release(["gate"])
    state = (await driver.places())["gate"]
    assert not state.commanded
    assert state.holds_footage

    # Its footage outlives the place, until the user says otherwise.
    await driver.unprovision(["gate"])
    state = (await driver.places())["gate"]
    assert (state.provisioned, state.holds_footage) == (False, True)
    await driver.provision([place])
    state = (await driver.places())["gate"]
    assert (state.provisioned, state.holds_footage) == (True, True)
    await driver.unprovision(["gate"], delete_footage=True)
    assert await driver.places() == {}


async def test_says_why_a_camera_is_not_recorded(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    driver = drive(await start_nvr())
    source = Source(uri=camera.uri, username="viewer", password="wrong")
    place = Place(key="gate", name="Gate", source=source)
    assert await driver.record([place]) == {}
    state = await _seen(driver, lambda state: bool(state.error))
    assert state.recording is Recording.NO
    assert not state.holds_footage


async def test_records_what_was_never_provisioned(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    await driver.provision(PLACES[:1])
    assert await driver.record(PLACES) == {}
    assert modes(unit) == ["Active"] * 3
    assert sources(unit) == [place.source for place in PLACES]


async def test_everything_may_be_said_twice(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    for _ in range(2):
        await driver.provision(PLACES)
        assert counts(unit) == (3, 3, 3)
    for _ in range(2):
        assert await driver.record(PLACES) == {}
        assert modes(unit) == ["Active"] * 3
    for _ in range(2):
        await driver.release(KEYS)
        assert modes(unit) == ["Idle"] * 3
    for _ in range(2):
        await driver.unprovision(KEYS)
        assert counts(unit) == (0, 0, 0)


async def test_another_driver_finds_everything_again(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    await drive(unit).provision(PLACES)
    before = _contents(unit)
    other = drive(unit)
    await other.provision(PLACES)
    assert _contents(unit) == before
    assert await other.record(PLACES) == {}
    assert (await drive(unit).places())[KEYS[0]].commanded


async def test_a_changed_source_is_written_anew(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    await driver.provision([make_place(1)])
    for changed in (make_place(1, password="new"), make_place(1, host="127.9.9.8:9")):
        await driver.provision([changed])
        assert sources(unit) == [changed.source]
    assert counts(unit) == (1, 1, 1)


async def test_credentials_nobody_remembers_are_written_anew(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr()
    await drive(unit).provision([make_place(1, password="old")])
    await drive(unit).provision([make_place(1, password="new")])
    assert sources(unit) == [make_place(1, password="new").source]


async def test_what_records_is_left_alone_by_a_driver_that_finds_it(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    await driver.heartbeat()
    source = Source(uri=camera.uri, username="viewer", password="p@ss:w/rd")
    place = Place(key="gate", name="Gate", source=source)
    await driver.record([place])
    await _seen(driver, _records)
    # Writing a source would break its connection: with a wrong password this would show.
    other = drive(unit)
    await other.heartbeat()
    await other.provision([replace(place, source=replace(source, password="unknown"))])
    assert sources(unit) == [source]
    assert await other.record([place]) == {}
    assert sources(unit) == [source]


async def test_a_limit_is_told_and_what_fits_is_there(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr(limits=Limits(recordings=9, jobs=2, receivers=9))
    driver = drive(unit)
    with pytest.raises(UnitFullError):
        await driver.provision(PLACES)
    assert counts(unit) == (2, 2, 2)
    assert list(await driver.places()) == KEYS[:2]


@pytest.mark.parametrize(
    "limits",
    [
        Limits(recordings=3, jobs=9, receivers=9),
        Limits(recordings=9, jobs=3, receivers=9),
        Limits(recordings=9, jobs=9, receivers=3),
    ],
    ids=["recordings", "jobs", "receivers"],
)
async def test_places_that_wait_give_way_to_those_that_fail(
    limits: Limits, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(limits=limits)
    driver = drive(unit)
    await driver.provision(PLACES)
    failing = [make_place(number) for number in range(11, 14)]
    assert await driver.record(failing) == {}
    assert list(await driver.places()) == [place.key for place in failing]
    assert counts(unit) == (3, 3, 3)

    # What records never gives way: the next one is told that there is no room.
    errors = await driver.record(PLACES[:1])
    assert list(errors) == KEYS[:1]
    assert modes(unit) == ["Active"] * 3
    assert counts(unit) == (3, 3, 3)


async def test_two_takeovers_at_once_do_not_displace_each_other(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=Auth.WSSE, limits=Limits(recordings=9, jobs=4, receivers=4))
    waiting, failing = (
        [make_place(number) for number in range(1, 5)],
        [make_place(11), make_place(12)],
    )
    second: list[object] = []

    async def begin_second(proxy: CuttingProxy) -> None:
        """Do so just after the first takeover has looked for places that could give way."""
        full = any(b"DeleteRecording" in request for request in proxy.passed)
        if full and not second and b"GetReceivers" in proxy.passed[-1]:
            second.append(None)
            second[0] = await driver.record(waiting[:2])

    async with cutting_proxy(endpoint_of(unit), meanwhile=begin_second) as proxy:
        driver = drive(proxy.endpoint)
        await driver.provision(waiting)
        assert await driver.record(failing) == {}
    assert second == [{}]
    places = await drive(unit).places()
    recorded = {key for key, state in places.items() if state.commanded}
    assert recorded == {place.key for place in (*waiting[:2], *failing)}


async def test_a_job_that_goes_meanwhile_is_made_again(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr(auth=Auth.WSSE)
    provisioned, lost = asyncio.Event(), asyncio.Event()

    async def lose_a_job(proxy: CuttingProxy) -> None:
        if provisioned.is_set() and not lost.is_set() and b"GetReceivers" in proxy.passed[-1]:
            lost.set()
            await drive(unit).unprovision(KEYS[1:2])

    async with cutting_proxy(endpoint_of(unit), meanwhile=lose_a_job) as proxy:
        driver = drive(proxy.endpoint)
        await driver.provision(PLACES)
        provisioned.set()
        assert await driver.record(PLACES) == {}
    assert lost.is_set()
    assert counts(unit) == (3, 3, 3)
    assert modes(unit) == ["Active"] * 3


async def test_the_units_own_channels_are_never_touched(start_nvr: StartNvr, drive: Drive) -> None:
    channel = ChannelConfig(name="Own", uri="rtsp://127.9.9.9:9/own")
    unit = await start_nvr(channels=(channel,), limits=Limits(recordings=1, jobs=1, receivers=1))
    before = _contents(unit)
    driver = drive(unit)
    assert list(await driver.record(PLACES[:1])) == KEYS[:1]
    await driver.release(KEYS)
    await driver.unprovision(KEYS, delete_footage=True)
    assert _contents(unit) == before


async def test_two_calls_at_once_create_nothing_twice(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    await asyncio.gather(driver.provision(PLACES), driver.record(PLACES), driver.provision(PLACES))
    assert counts(unit) == (3, 3, 3)
    assert modes(unit) == ["Active"] * 3


async def test_one_camera_refused_does_not_stop_the_others(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    bad = Place(key="bad", name="Bad", source=Source(uri="http://not.rtsp/"))
    errors = await driver.record([bad, *PLACES])
    assert list(errors) == ["bad"]
    assert modes(unit) == ["Active"] * 3
    assert counts(unit) == (3, 3, 3)


async def test_a_key_too_long_to_be_found_again_is_an_error(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr()
    with pytest.raises(ValueError, match="too long"):
        await drive(unit).provision([replace(PLACES[0], key="k" * 200)])
    assert counts(unit) == (0, 0, 0)

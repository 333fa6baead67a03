"""The manager disappears: the engine, in its own process, protects what it has in charge."""

from custom_components.nvr_hotspare.recorder.messages import Settled
from tests.engine.deputy_lab import (
    appoint,
    channel,
    eventually,
    happenings,
    manage,
    on_duty,
    onlooker,
    runs,
    standing_orders,
    until_recorded,
    until_said,
    with_journal,
)
from tests.recorder.engine_lab import EngineLab
from tests.virtual_nvr.nvr_lab import StartNvr, channel_of, nvr_config
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


async def test_a_recorder_that_dies_while_the_manager_is_away_is_backed_up_and_told_of(
    lab: EngineLab, start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    nvr, _ = await start_nvr(channels=(channel_of(camera),))
    orders = standing_orders(nvr.config, camera)
    async with lab.engine():
        await manage(lab, orders)
        await nvr.__aexit__(None, None, None)
        await until_said(lab, "backing_up")
        async with onlooker(lab) as client:
            told = await client.resume()
            report = await client.status()
        async with onlooker(lab) as client:
            again = await client.resume()
            assert told.journal is not None
            newer = with_journal(orders, 2, dict(told.journal))
            await client.request(Settled())
            await appoint(client, newer)
            settled = await client.resume()

    assert happenings(told) == ["heartbeat_lost", "backing_up"]
    assert told.deciding_since is not None
    assert told.began == orders.journal
    assert told.seq == 1
    assert report.channels[channel(orders)].recorded
    assert again.announcements == told.announcements
    assert settled.journal is None
    assert settled.deciding_since is None
    assert not settled.announcements
    assert settled.seq == 2


async def test_a_manager_that_is_back_in_time_finds_that_nothing_was_decided(
    lab: EngineLab, start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    nvr, _ = await start_nvr(channels=(channel_of(camera),))
    orders = standing_orders(nvr.config, camera, silence=600.0)
    async with lab.engine() as engine:
        await manage(lab, orders)
        await nvr.__aexit__(None, None, None)
        await eventually(lambda: bool(on_duty(engine)))
        async with onlooker(lab) as client:
            told = await client.resume()
            await eventually(lambda: not on_duty(engine))
            report = await client.status()

    assert told.journal is None
    assert told.deciding_since is None
    assert not told.announcements
    assert not report.channels[channel(orders)].recorded


async def test_a_deputy_goes_on_after_its_engine_was_killed_though_nobody_tells_it_the_passwords(
    lab: EngineLab, start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    nvr, _ = await start_nvr(channels=(channel_of(camera),))
    orders = standing_orders(nvr.config, camera)
    async with lab.engine() as engine:
        await manage(lab, orders)
        await nvr.__aexit__(None, None, None)
        await until_recorded(lab, orders, recorded=True)
        await until_said(lab, "backing_up")
        on_duty_before = on_duty(engine)
        engine.kill()
        await engine.wait()
        await eventually(lambda: not any(map(runs, on_duty_before)))
    async with lab.engine():
        await until_recorded(lab, orders, recorded=True)
        async with onlooker(lab) as client:
            told = await client.resume()

    assert happenings(told) == ["heartbeat_lost", "backing_up"]
    assert told.began == orders.journal


async def test_a_recorder_that_is_back_gets_its_camera_back_while_the_manager_is_away(
    lab: EngineLab, camera: VirtualCamera
) -> None:
    settings = nvr_config(lab.footage.parent / "nvr", channels=(channel_of(camera),))
    orders = standing_orders(settings, camera)
    async with lab.engine():
        async with VirtualNvr(settings):
            await manage(lab, orders)
        await until_said(lab, "backing_up")
        async with VirtualNvr(settings):
            await until_recorded(lab, orders, recorded=False)
            await until_said(lab, "returned")
            async with onlooker(lab) as client:
                told = await client.resume()

    assert happenings(told) == ["heartbeat_lost", "backing_up", "returned"]

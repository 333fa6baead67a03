"""The manager disappears: the engine, in its own process, protects what it has in charge."""

from custom_components.nvr_hotspare.recorder.messages import Settled
from tests.engine.deputy_lab import (
    appoint,
    happenings,
    manage,
    onlooker,
    standing_orders,
    until_recorded,
    with_journal,
)
from tests.recorder.engine_lab import EngineLab
from tests.virtual_nvr.nvr_lab import StartNvr, channel_of
from virtual_nvr.cameras import VirtualCamera


async def test_a_recorder_that_dies_while_the_manager_is_away_is_backed_up_and_told_of(
    lab: EngineLab, start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    nvr, _ = await start_nvr(channels=(channel_of(camera),))
    orders = standing_orders(nvr.config, camera)
    async with lab.engine():
        await manage(lab, orders)
        await nvr.__aexit__(None, None, None)
        await until_recorded(lab, orders, recorded=True)
        async with onlooker(lab) as client:
            told = await client.resume()
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
    assert again.announcements == told.announcements
    assert settled.journal is None
    assert settled.deciding_since is None
    assert not settled.announcements
    assert settled.seq == 2

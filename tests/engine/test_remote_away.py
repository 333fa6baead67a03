"""An engine on a machine of its own whose manager is away: it decides, and tells it later."""

from pathlib import Path
import time

from custom_components.nvr_hotspare.engine.standing import as_plain
from custom_components.nvr_hotspare.nvr.engine import RemoteEngine
from custom_components.nvr_hotspare.recorder.messages import Resumed
from custom_components.nvr_hotspare.recorder.remote.talk import Pairing
from tests.engine.deputy_lab import happenings, standing_orders
from tests.engine.outpost_lab import SETTINGS, OutpostLab, eventually
from tests.virtual_nvr.nvr_lab import StartNvr, channel_of
from virtual_nvr.cameras import VirtualCamera


class Manager:
    """Who commands the engine as long as it is there."""

    def __init__(self, lab: OutpostLab, pairing: Pairing) -> None:
        self.told: Resumed | None = None
        self.spare = RemoteEngine("engine-1", lab.endpoint, pairing, SETTINGS)
        self.spare.on_resumed = self._take

    async def _take(self, resumed: Resumed) -> None:
        assert self.spare.report is None
        self.told = resumed

    async def come(self) -> None:
        await self.spare.start()
        await eventually(lambda: self.spare.report is not None)


async def test_it_protects_its_charge_and_hands_over_what_happened(
    tmp_path: Path, start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    nvr, _ = await start_nvr(channels=(channel_of(camera),))
    orders = standing_orders(nvr.config, camera)
    (place,) = orders.places.values()
    lab = OutpostLab(tmp_path / "machine")
    async with lab.engine():
        pairing = await lab.pair()
        before = Manager(lab, pairing)
        await before.come()
        await before.spare.provision([place])
        await before.spare.appoint(as_plain(orders), orders.seq)
        await before.spare.detach()
        await nvr.__aexit__(None, None, None)
        folder = lab.footage / pairing.group
        await eventually(lambda: bool(list(folder.rglob("*.open"))))
        after = Manager(lab, pairing)
        await after.come()
        states = await after.spare.places()
        await after.spare.settle()
        await after.spare.detach()
        again = Manager(lab, pairing)
        await again.come()
        await again.spare.detach()

    assert before.told
    assert before.told.deciding_since is None
    assert after.told
    assert happenings(after.told)[0] == "heartbeat_lost"
    assert after.told.seq == orders.seq
    assert after.told.deciding_since is not None
    assert after.told.deciding_since < time.time()
    assert [key for key, state in states.items() if state.commanded] == [place.key]
    assert again.told
    assert not again.told.announcements

"""The engine on cameras of a trade of their own: every frame is accounted for."""

from pathlib import Path

from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from tests.recorder.scripted_camera import eventually
from virtual_nvr.cameras import CamerasConfig, State, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials
from virtual_nvr.verify import count, verify

FORMAT = ClipFormat(width=320, height=180, bit_rate=200_000, gop=5)
ACCOUNT = Credentials("viewer", "cellar-door")
CONFIG = CamerasConfig(count=3, first_address="127.0.8.1", port=0, format=FORMAT)


async def test_a_camera_that_dies_costs_no_other_a_frame_and_is_recorded_again(
    tmp_path: Path,
) -> None:
    engine = Engine(tmp_path)
    await engine.start()
    async with VirtualCameras(CONFIG, ACCOUNT) as site:
        for number, camera in site.cameras.items():
            source = Source(uri=camera.uri, username=ACCOUNT.username, password=ACCOUNT.password)
            engine.record(f"camera{number}", source)

        def states() -> set[ChannelState]:
            return {status.state for status in engine.status().values()}

        await eventually(lambda: states() == {ChannelState.RECORDING})
        await site.cameras[2].set(State.DROPPED)
        await eventually(lambda: ChannelState.RETRYING in states())
        await site.cameras[2].set(State.ON)
        await eventually(lambda: states() == {ChannelState.RECORDING})
        await engine.stop()

    found = verify([tmp_path])
    assert [count(found[number].missing) for number in (1, 3)] == [0, 0]
    assert count(found[2].missing) > 0
    for report in found.values():
        assert not report.doubled
        assert not report.damaged
        assert (report.out_of_order, report.clock_error <= 1000) == (0, True)

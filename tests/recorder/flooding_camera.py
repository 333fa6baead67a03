"""A camera out of its mind: sends frames as fast as they are taken. Run it as a program.

The port is the only line of its output.
"""

import asyncio
from itertools import count

from custom_components.nvr_hotspare.recorder.model import VideoFrame
from tests.recorder.scripted_camera import ScriptedCamera, frame, scripted_camera
from tests.recorder.wire import Wire


async def flood(camera: ScriptedCamera) -> None:
    """Send 4 Mbit of frames at a time, each of 20 kB, to everyone who is connected."""
    wire = Wire()
    for number in count():
        if not camera._writers:
            await asyncio.sleep(0.01)
            wire = Wire()
            continue
        data = wire.by_the_rules(
            VideoFrame(nal_units=frame(each, gop=25, size=20_000), time=0, ticks=each, key=False)
            for each in range(25 * number, 25 * number + 25)
        )
        camera.send(data)
        for writer in list(camera._writers):
            await writer.drain()


async def main() -> None:
    """Flood until killed."""
    async with scripted_camera() as camera:
        print(camera.port, flush=True)  # noqa: T201 (this is its answer)
        while True:
            try:
                await flood(camera)
            except ConnectionError:
                continue


if __name__ == "__main__":
    asyncio.run(main())

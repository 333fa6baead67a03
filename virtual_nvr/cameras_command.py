"""`python -m virtual_nvr cameras`: cameras in a process of their own."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
import json
import logging
from pathlib import Path
import signal
import sys

from custom_components.nvr_hotspare.recorder.model import Codec
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits

from .cameras import CamerasConfig, State, VirtualCameras
from .clip import CACHE, ClipFormat
from .control import CommandError, listen
from .private import Credentials, CredentialsError, read_credentials

_STREAMS = {"main": ClipFormat(), "sub": ClipFormat(width=640, height=360, bit_rate=500_000)}
_COMMANDS = {"freeze": State.FROZEN, "drop": State.DROPPED, "restore": State.ON}


def main(arguments: Sequence[str]) -> int:
    """Run cameras until SIGTERM or SIGINT; one line of JSON says when they are ready."""
    options = _parser().parse_args(arguments)
    if options.log_plays:
        logging.basicConfig(format="%(created)f %(message)s", level=logging.INFO)
    codec, audio = Codec(options.codec), options.audio == "aac"
    clip = replace(_STREAMS[options.stream], codec=codec, audio=audio)
    config = CamerasConfig(
        format=clip,
        long_format=replace(clip, gop=100, gops=2),
        count=options.count,
        first_address=options.first_address,
        port=options.port,
        limits=Limits(sessions=options.sessions, linger=options.linger),
        long_gop=options.long_gop,
        udp=options.transport == "udp",
        cache=options.cache,
    )
    try:
        credentials = read_credentials(options.credentials)
        asyncio.run(_run(config, credentials, options.control))
    except (CredentialsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="virtual_nvr cameras", description=__doc__)
    parser.add_argument("--count", type=int, default=1, help="how many (1)")
    parser.add_argument(
        "--first-address",
        default="127.0.1.1",
        help="address of the first one, the others follow (127.0.1.1)",
    )
    parser.add_argument("--port", type=int, default=8554, help="of each (8554)")
    parser.add_argument(
        "--credentials",
        type=Path,
        required=True,
        help='file of mode 0600 with {"username": ..., "password": ...}',
    )
    parser.add_argument("--sessions", type=int, default=4, help="per camera, at once (4)")
    parser.add_argument(
        "--linger", type=float, default=5.0, help="seconds a dead client's session stays (5)"
    )
    parser.add_argument(
        "--long-gop", type=int, metavar="NUMBER", help="camera with a keyframe every 4 s only"
    )
    parser.add_argument("--codec", choices=["h264", "h265"], default="h264", help="of video (h264)")
    parser.add_argument(
        "--stream", choices=list(_STREAMS), default="main", help="what they send (main)"
    )
    parser.add_argument("--audio", choices=["none", "aac"], default="none", help="codec (none)")
    parser.add_argument(
        "--transport",
        choices=["tcp", "udp"],
        default="tcp",
        help="over which they send, to the exclusion of the other (tcp)",
    )
    parser.add_argument(
        "--control", type=Path, help="Unix socket that takes: freeze N, drop N, restore N"
    )
    parser.add_argument(
        "--log-plays", action="store_true", help="tell on stderr who is played, with the time"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the encoded clips")
    return parser


async def _run(config: CamerasConfig, credentials: Credentials, control: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        cameras = await stack.enter_async_context(VirtualCameras(config, credentials))

        async def obey(words: list[str]) -> None:
            match words:
                case [command, number] if command in _COMMANDS and number.isdecimal():
                    camera = cameras.cameras.get(int(number))
                    if camera is None:
                        raise CommandError(f"there is no camera {number}")
                    await camera.set(_COMMANDS[command])
                case _:
                    raise CommandError(f"commands are: {', '.join(_COMMANDS)}, each with a number")

        if control is not None:
            await stack.enter_async_context(listen(control, obey))
        ready = [
            {"number": camera.number, "address": camera.address, "uri": camera.uri}
            for camera in cameras.cameras.values()
        ]
        print(json.dumps({"cameras": ready}), flush=True)
        await stop.wait()

"""The switch between two hosts: what it does to packets."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
import contextlib
import multiprocessing
from pathlib import Path
import socket
import tempfile
import time

from scripts.lab.namespaces import gain_rights, network, on
from scripts.lab.processes import tell
from scripts.lab.switching import running

LEFT, RIGHT = "10.78.0.1", "10.78.0.2"


class Two:
    """Two hosts, each with a socket for datagrams."""

    def __init__(self, left: socket.socket, right: socket.socket, control: Path) -> None:
        self._left, self._right = left, right
        self._control = control

    async def tell(self, command: str) -> None:
        await tell(self._control, command)

    async def send(self, *texts: str) -> None:
        for text in texts:
            await asyncio.get_running_loop().sock_sendto(self._left, text.encode(), (RIGHT, 9))

    async def receive(self, count: int, within: float = 5.0) -> list[str]:
        """Return what arrives, until it is so much or the time is over."""
        loop = asyncio.get_running_loop()
        received: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while len(received) < count:
                    received.append((await loop.sock_recv(self._right, 1500)).decode())
        return received


def between_two(check: Callable[[Two], Awaitable[None]]) -> None:
    """Have a check made in a process that may move between namespaces."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(_run, check).result()


def _run(check: Callable[[Two], Awaitable[None]]) -> None:
    gain_rights()

    async def work() -> None:
        async with running(hosts, Path(folder)) as control:
            await check(Two(left, right, control))

    with (
        tempfile.TemporaryDirectory() as folder,
        network({"left": [LEFT], "right": [RIGHT]}, narrow=["left"]) as hosts,
    ):
        with on(hosts["left"]):
            left = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with on(hosts["right"]):
            right = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            right.bind((RIGHT, 9))
        with left, right:
            asyncio.run(work())


async def _passes(two: Two) -> None:
    await two.send("one", "two")
    assert await two.receive(2) == ["one", "two"]


def test_a_good_cable_carries_everything_in_order() -> None:
    between_two(_passes)


async def _cut(two: Two) -> None:
    await two.tell("cut right")
    await two.send("lost")
    assert await two.receive(1, within=0.3) == []
    await two.tell("mend right")
    await _passes(two)


def test_a_cut_cable_carries_nothing_until_it_is_mended() -> None:
    between_two(_cut)


async def _lose(two: Two) -> None:
    await two.tell("lose left 0.3")
    await two.send(*map(str, range(400)))
    received = await two.receive(400, within=1)
    assert 200 < len(received) < 350
    assert sorted(received, key=int) == received


def test_a_bad_cable_loses_its_share() -> None:
    between_two(_lose)


async def _delay(two: Two) -> None:
    await two.tell("delay left 0.2")
    await two.tell("delay right 0.2")
    sent = time.monotonic()
    await two.send(*map(str, range(50)))
    assert await two.receive(50) == [str(number) for number in range(50)]
    assert time.monotonic() - sent >= 0.4


def test_a_long_cable_delays_and_keeps_the_order() -> None:
    between_two(_delay)


async def _hold(two: Two) -> None:
    held = time.monotonic()
    await two.tell("hold right 0.5")
    await two.send("one", "two", "three")
    assert await two.receive(3) == ["one", "two", "three"]
    assert time.monotonic() - held >= 0.5


def test_what_is_held_passes_later_in_order() -> None:
    between_two(_hold)


async def _double(two: Two) -> None:
    await two.tell("double left 1")
    await two.send("twice")
    assert await two.receive(2) == ["twice", "twice"]


def test_packets_can_come_twice() -> None:
    between_two(_double)

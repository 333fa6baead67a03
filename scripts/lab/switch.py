"""`python -m scripts.lab.switch`: joins the cables of hosts, and makes them bad on command.

A packet goes from the cable it came in on to the one whose host has the address it is for, and
suffers what is wrong with either. Commands come through a Unix socket, a line each:

    cut NAME            nothing passes any more
    lose NAME 0.3       this share of packets is lost, each way
    delay NAME 1        each packet takes so many seconds longer, each way
    double NAME 0.1     this share of packets arrives twice
    hold NAME 5         what comes within so many seconds passes when they are over, all at once
    mend NAME           the cable is good again
"""

import argparse
import asyncio
from collections.abc import Sequence
import contextlib
from dataclasses import dataclass, field, replace
import heapq
import itertools
import json
import os
from pathlib import Path
import random
import signal
import socket
import sys

from virtual_nvr.control import CommandError, listen

_LARGEST = 65_535
_VERSION_4 = 4
_DESTINATION = slice(16, 20)
"""Where an IPv4 packet tells whom it is for (RFC 791, section 3.1)."""
_AT_ONCE = 64
"""Packets taken from one cable before the others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is wrong with a cable."""

    cut: bool = False
    loss: float = 0.0
    delay: float = 0.0
    doubled: float = 0.0
    held_until: float = 0.0
    """In the time of the event loop."""


GOOD = Condition()


@dataclass(slots=True, kw_only=True)
class Cable:
    """One host's cable."""

    file: int
    addresses: Sequence[str]
    condition: Condition = GOOD


@dataclass(order=True, slots=True)
class _UnderWay:
    """A packet on its way; those that arrive at the same time do so in the order they came."""

    due: float
    number: int
    packet: bytes = field(compare=False)
    target: Cable = field(compare=False)


class Switch:
    """Carries packets between cables."""

    def __init__(self, cables: dict[str, Cable], chance: random.Random) -> None:
        self._cables = cables
        self._chance = chance
        self._homes = {
            socket.inet_aton(address): cable
            for cable in cables.values()
            for address in cable.addresses
        }
        self._loop = asyncio.get_running_loop()
        self._under_way: list[_UnderWay] = []
        self._numbers = itertools.count()

    def start(self) -> None:
        """Begin to carry."""
        for cable in self._cables.values():
            self._loop.add_reader(cable.file, self._take, cable)

    def _take(self, source: Cable) -> None:
        """Take what a host has sent."""
        for _ in range(_AT_ONCE):
            try:
                packet = os.read(source.file, _LARGEST)
            except BlockingIOError:
                return
            target = self._homes.get(packet[_DESTINATION])
            if target is not None and packet[0] >> 4 == _VERSION_4:
                self._carry(packet, source, target)

    def _carry(self, packet: bytes, source: Cable, target: Cable) -> None:
        conditions = (source.condition, target.condition)
        if conditions == (GOOD, GOOD):
            _give(packet, target)
            return
        if any(it.cut or self._chance.random() < it.loss for it in conditions):
            return
        due = self._loop.time()
        for condition in conditions:
            due = max(due, condition.held_until) + condition.delay
        copies = 1 + any(self._chance.random() < it.doubled for it in conditions)
        for _ in range(copies):
            entry = _UnderWay(due, next(self._numbers), packet, target)
            heapq.heappush(self._under_way, entry)
        self._loop.call_at(due, self._deliver)

    def _deliver(self) -> None:
        """Hand over what has arrived, unless the cable was cut meanwhile."""
        now = self._loop.time()
        while self._under_way and self._under_way[0].due <= now:
            entry = heapq.heappop(self._under_way)
            if not entry.target.condition.cut:
                _give(entry.packet, entry.target)

    async def obey(self, words: list[str]) -> None:
        """Carry out a command.

        Raises:
            CommandError: There is no such command, or no such cable.
        """
        match words:
            case ["mend", name]:
                self._change(name, GOOD)
            case ["cut", name]:
                self._change(name, Condition(cut=True))
            case ["lose", name, share]:
                self._change(name, replace(self._condition(name), loss=_number(share)))
            case ["delay", name, seconds]:
                self._change(name, replace(self._condition(name), delay=_number(seconds)))
            case ["double", name, share]:
                self._change(name, replace(self._condition(name), doubled=_number(share)))
            case ["hold", name, seconds]:
                until = self._loop.time() + _number(seconds)
                self._change(name, replace(self._condition(name), held_until=until))
            case _:
                raise CommandError("there is no such command")

    def _condition(self, name: str) -> Condition:
        if name not in self._cables:
            raise CommandError(f"there is no cable {name}")
        return self._cables[name].condition

    def _change(self, name: str, condition: Condition) -> None:
        self._condition(name)
        self._cables[name].condition = condition


def _give(packet: bytes, target: Cable) -> None:
    """Hand a packet to a host; one whose card is off loses it, as on any cable."""
    with contextlib.suppress(OSError):
        os.write(target.file, packet)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise CommandError(str(error)) from None


async def _run(cables: dict[str, Cable], control: Path, seed: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    switch = Switch(cables, random.Random(seed))  # noqa: S311 - which packets are lost
    switch.start()
    async with listen(control, switch.obey):
        print(json.dumps({"cables": list(cables)}), flush=True)
        await stop.wait()


def main() -> int:
    """Carry packets until SIGTERM or SIGINT; one line of JSON says when it begins."""
    parser = argparse.ArgumentParser(prog="switch", description=__doc__)
    parser.add_argument("--control", type=Path, required=True, help="Unix socket for commands")
    parser.add_argument("--seed", type=int, default=0, help="of which packets are lost (0)")
    parser.add_argument("cables", nargs="+", metavar="NAME:FILE:ADDRESS,...")
    options = parser.parse_args()
    cables = {}
    for text in options.cables:
        name, file, addresses = text.split(":")
        cables[name] = Cable(file=int(file), addresses=addresses.split(","))
    asyncio.run(_run(cables, options.control, options.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Pairing with an engine on another machine: right, wrong, slowed, interrupted, and in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
import os
from pathlib import Path
import stat

import pytest

from custom_components.nvr_hotspare.recorder.errors import (
    EngineGoneError,
    EngineImpostorError,
    EngineKeyError,
    EngineTakenError,
    PairingCodeError,
    PairingPauseError,
)
from custom_components.nvr_hotspare.recorder.remote import ledger as ledger_module
from custom_components.nvr_hotspare.recorder.remote.certificate import certificate
from custom_components.nvr_hotspare.recorder.remote.proof import (
    Meeting,
    Purpose,
    new_code,
    stretch,
)
from custom_components.nvr_hotspare.recorder.remote.talk import Refusal
from custom_components.nvr_hotspare.recorder.remote.visit import enter, look, pair
from tests.engine.door_lab import HOST, DoorLab, echoed, other_key


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[DoorLab]:
    lab = DoorLab(tmp_path)
    async with lab.open():
        yield lab


async def test_who_knows_the_code_is_paired_and_let_in(door: DoorLab) -> None:
    pairing = await pair(HOST, door.port, door.code, "group-1")

    assert pairing.fingerprint == door.certificate.fingerprint
    assert await echoed(await enter(HOST, door.port, pairing))
    assert door.admitted == ["group-1"]
    assert (await look(HOST, door.port)).paired


async def test_a_code_may_be_typed_as_people_type(door: DoorLab) -> None:
    typed = f" {door.code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}"

    assert await pair(HOST, door.port, typed, "group-1")


async def test_a_wrong_code_is_refused_and_the_right_one_has_to_wait(
    door: DoorLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_FIRST_PAUSE", 100.0)
    with pytest.raises(PairingCodeError, match="wrong"):
        await pair(HOST, door.port, new_code(), "group-1")
    with pytest.raises(PairingPauseError) as slowed:
        await pair(HOST, door.port, door.code, "group-1")

    assert 90 <= slowed.value.seconds <= 100


async def test_each_further_wrong_code_costs_twice_as_long(
    door: DoorLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = list[int]()
    for _ in range(11):
        monkeypatch.setattr(door.ledger, "_not_before", 0.0)
        reply = door.ledger.pair(meeting_of(door), "0" * 64)
        assert reply.refusal is Refusal.CODE
        pauses.append(reply.seconds)

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert door.ledger.pair(meeting_of(door), "0" * 64).refusal is Refusal.LATER
    monkeypatch.setattr(door.ledger, "_not_before", 0.0)
    assert await pair(HOST, door.port, door.code, "group-1")


def meeting_of(door: DoorLab) -> Meeting:
    return Meeting(
        purpose=Purpose.PAIR,
        fingerprint=door.certificate.fingerprint,
        engine=door.certificate.engine,
        group="group-1",
        nonces=("0" * 64, "1" * 64),
    )


@pytest.mark.parametrize("code", ["", "ABCD", "ABCD-EFGH-JKM!", "U" * 12, "A" * 5000])
async def test_what_can_be_no_code_is_not_even_tried(door: DoorLab, code: str) -> None:
    with pytest.raises(PairingCodeError, match="12 letters"):
        await pair(HOST, door.port, code, "group-1")

    assert await pair(HOST, door.port, door.code, "group-1")


async def test_a_second_group_is_refused(door: DoorLab) -> None:
    first = await pair(HOST, door.port, door.code, "group-1")
    with pytest.raises(EngineTakenError):  # the first has not come back yet
        await pair(HOST, door.port, door.code, "group-2")
    await echoed(await enter(HOST, door.port, first))

    with pytest.raises(EngineTakenError, match="another group"):
        await pair(HOST, door.port, door.code, "group-2")
    second = type(first)(
        engine=first.engine, fingerprint=first.fingerprint, group="group-2", key=first.key
    )
    with pytest.raises(EngineTakenError):
        await enter(HOST, door.port, second)
    assert door.admitted == ["group-1"]


async def test_an_answer_lost_on_the_way_costs_nothing_but_trying_again(door: DoorLab) -> None:
    lost = await pair(HOST, door.port, door.code, "group-1")
    again = await pair(HOST, door.port, door.code, "group-1")

    assert await echoed(await enter(HOST, door.port, again))
    with pytest.raises(EngineKeyError):
        await enter(HOST, door.port, lost)


async def test_a_code_counts_no_more_once_its_group_has_come_back(door: DoorLab) -> None:
    await echoed(await enter(HOST, door.port, await pair(HOST, door.port, door.code, "group-1")))

    with pytest.raises(EngineTakenError):
        await pair(HOST, door.port, door.code, "group-1")


async def test_nobody_is_let_in_without_the_key(door: DoorLab) -> None:
    pairing = await pair(HOST, door.port, door.code, "group-1")
    with pytest.raises(EngineKeyError):
        await enter(HOST, door.port, other_key(pairing))
    await echoed(await enter(HOST, door.port, pairing))
    with pytest.raises(EngineKeyError):
        await enter(HOST, door.port, other_key(pairing))

    assert door.admitted == ["group-1"]


async def test_an_engine_knows_its_group_after_a_restart_and_shows_no_code(tmp_path: Path) -> None:
    lab = DoorLab(tmp_path)
    async with lab.open():
        pairing = await pair(HOST, lab.port, lab.code, "group-1")
        await echoed(await enter(HOST, lab.port, pairing))
    async with lab.open():
        assert await echoed(await enter(HOST, lab.port, pairing))

    assert len(lab.codes) == 1


async def test_an_engine_that_nobody_came_back_to_has_another_code_after_a_restart(
    tmp_path: Path,
) -> None:
    lab = DoorLab(tmp_path)
    async with lab.open():
        pairing = await pair(HOST, lab.port, lab.code, "group-1")
    async with lab.open():
        with pytest.raises(EngineKeyError):
            await enter(HOST, lab.port, pairing)
        with pytest.raises(PairingCodeError):
            await pair(HOST, lab.port, lab.codes[0], "group-1")

    assert len(set(lab.codes)) == 2


async def test_unpaired_it_refuses_the_key_and_takes_another_group(door: DoorLab) -> None:
    pairing = await pair(HOST, door.port, door.code, "group-1")
    await echoed(await enter(HOST, door.port, pairing))
    await door.ledger.forget()
    await door.ledger.show_code(door.codes.append)

    with pytest.raises(EngineKeyError, match="unpaired"):
        await enter(HOST, door.port, pairing)
    other = await pair(HOST, door.port, door.code, "group-2")
    assert await echoed(await enter(HOST, door.port, other))
    with pytest.raises(EngineTakenError):
        await enter(HOST, door.port, pairing)


async def test_a_damaged_pairing_makes_an_engine_nobodys_rather_than_anybodys(
    tmp_path: Path,
) -> None:
    lab = DoorLab(tmp_path)
    (tmp_path / "pairing.json").write_text('{"group": "group-1"')
    with pytest.raises(OSError, match="damaged"):
        async with lab.open():
            pass


async def test_another_engine_at_the_address_is_told_nothing(door: DoorLab, tmp_path: Path) -> None:
    pairing = await pair(HOST, door.port, door.code, "group-1")
    other = DoorLab(tmp_path / "other")
    (tmp_path / "other").mkdir()
    async with other.open():
        with pytest.raises(EngineImpostorError):
            await enter(HOST, other.port, pairing)

    assert other.admitted == []


async def relay(
    here: asyncio.StreamReader, there: asyncio.StreamWriter, heard: list[bytes]
) -> None:
    with suppress(OSError):
        while data := await here.read(4096):
            heard.append(data)
            there.write(data)
            await there.drain()


async def test_a_man_in_the_middle_who_passes_all_on_gets_neither_key_nor_entry(
    door: DoorLab, tmp_path: Path
) -> None:
    """He ends TLS with a certificate of his own, and so has another fingerprint."""
    own = certificate(tmp_path / "his.pem")
    heard = list[bytes]()
    tasks = list[asyncio.Task[None]]()

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await door.connect("nvr-hotspare/1")
        tasks.extend(
            asyncio.create_task(relay(*ends, heard))
            for ends in ((reader, engine_writer), (engine_reader, writer))
        )
        await asyncio.wait(tasks)
        for each in (writer, engine_writer):
            each.transport.abort()

    server = await asyncio.start_server(between, "127.0.61.2", 0, ssl=own.context)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises((PairingCodeError, EngineGoneError)):
        await pair("127.0.61.2", port, door.code, "group-1")
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    said = b"".join(heard)
    assert b"proof" in said
    assert door.ledger.pairing is None
    assert b'"key":""' in said
    assert stretch(door.code, door.ledger.salt).hex().encode() not in said
    assert door.code.encode() not in said


async def test_who_pretends_to_be_an_engine_is_not_believed(door: DoorLab, tmp_path: Path) -> None:
    """He greets as the engine does and says that the code is right."""
    own = certificate(tmp_path / "his.pem")

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await door.connect("nvr-hotspare/1")
        writer.write(await engine_reader.readline())
        engine_writer.transport.abort()
        await reader.readline()
        writer.write(f'{{"proof":"{"0" * 64}","key":"{"1" * 64}"}}\n'.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(pretend, "127.0.61.3", 0, ssl=own.context)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(PairingCodeError, match="does not know the code"):
        await pair("127.0.61.3", port, door.code, "group-1")
    server.close()


async def test_what_is_on_the_disk_is_its_owners_and_no_code(door: DoorLab, tmp_path: Path) -> None:
    pairing = await pair(HOST, door.port, door.code, "group-1")
    await echoed(await enter(HOST, door.port, pairing))

    files = [tmp_path / name for name in os.listdir(tmp_path)]  # noqa: PTH208 (a test may block)
    assert {path.name for path in files} == {"engine.pem", "pairing.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not any(door.code.encode() in path.read_bytes() for path in files)
    assert pairing.key not in repr(pairing)
    assert pairing.key not in repr(door.ledger.pairing)

"""Who commands an engine that has a deputy: by what is said, and by what is not."""

import asyncio
from collections.abc import AsyncIterator
import logging
from pathlib import Path
import stat

import pytest

from custom_components.nvr_hotspare.engine.deputy import EngineDeputy
from custom_components.nvr_hotspare.engine.standing import StandingOrders, as_plain
from custom_components.nvr_hotspare.engine.vault import VaultError, main, seal, unseal
from custom_components.nvr_hotspare.recorder import listener as listener_module
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.errors import RequestError
from custom_components.nvr_hotspare.recorder.lease import DEPUTY
from custom_components.nvr_hotspare.recorder.messages import (
    PROTOCOL,
    RESUME,
    Appoint,
    Configure,
    Hello,
    Ping,
    Record,
    Release,
    Resume,
    encode_request,
)
from custom_components.nvr_hotspare.recorder.orders import Settings
from tests.engine.deputy_lab import eventually, standing_orders
from tests.recorder.service_lab import Engine, say
from tests.virtual_nvr.nvr_lab import CAMERA_PASSWORD, nvr_config
from virtual_nvr.cameras import VirtualCamera

COMMAND = Release(channels=("yard",))


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """An engine with a deputy, in this process."""
    monkeypatch.setattr(listener_module, "_REPORTS", 0.05)
    engine = Engine(tmp_path)
    await engine.start()
    engine.service.deputy = deputy = EngineDeputy(engine.service, tmp_path)
    yield engine
    await engine.stop()
    await deputy.stop()


@pytest.fixture
def orders(tmp_path: Path, camera: VirtualCamera) -> StandingOrders:
    """Of a recorder that is not there."""
    return standing_orders(nvr_config(tmp_path / "nvr"), camera, silence=600.0)


async def connect(engine: Engine) -> EngineClient:
    return await EngineClient.connect(engine.socket, "1", engine.reports.append, (RESUME,))


async def test_who_knows_of_deputies_commands_only_after_it_said_resume(engine: Engine) -> None:
    client = await connect(engine)
    assert client.welcome.capabilities == (RESUME,)
    with pytest.raises(RequestError, match="say resume"):
        await client.request(COMMAND)
    await client.request(Ping())
    assert not (await client.status()).channels

    term = (await client.resume()).term

    await client.request(COMMAND)
    assert engine.service.lease.term == term
    await client.close()
    await eventually(lambda: engine.service.lease.holder == DEPUTY)


async def test_the_log_tells_who_commands_and_what_is_to_be_recorded(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client = await connect(engine)
    await client.resume()
    await client.request(COMMAND)
    assert (await client.attempt(Record(channels=("yard",)))).failures
    await client.close()
    await eventually(lambda: engine.service.lease.holder == DEPUTY)

    told = [it.getMessage() for it in caplog.records if it.getMessage().startswith("Term")]
    assert told == [
        "Term 1: client 1 commands",
        "Term 1: client 1 says record yard",
        "Term 2: the deputy commands",
    ]


async def test_a_client_of_before_commands_from_its_hello_on_and_ends_older_orders(
    engine: Engine, orders: StandingOrders
) -> None:
    client = await connect(engine)
    await client.resume()
    await client.request(Appoint(orders=as_plain(orders), seq=1))
    await eventually((engine.folder / "orders.sealed").exists)
    await client.close()
    await eventually(lambda: engine.service.lease.holder == DEPUTY)

    older = await engine.client()
    await older.request(Configure(settings=Settings(free_floor=0)))

    assert engine.service.deputy is not None
    assert not engine.service.deputy.has_orders
    await eventually(lambda: not list(engine.folder.glob("orders.*")))
    await older.close()


async def test_a_client_that_says_nothing_any_more_commands_no_longer(
    engine: Engine, orders: StandingOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "STALE", 0.3)
    hello = Hello(protocol=PROTOCOL, version="1", capabilities=(RESUME,))
    quick = {**as_plain(orders), "silence": 0.3}
    silent = await engine.raw()
    assert await say(silent, encode_request(1, hello))
    assert await say(silent, encode_request(2, Resume()))
    assert await say(silent, encode_request(3, Appoint(orders=quick, seq=1)))
    assert engine.service.lease.holder != DEPUTY

    async with asyncio.timeout(20):
        assert await say(silent, b"") == {"bye": "You were silent for too long."}

    assert engine.service.lease.holder == DEPUTY
    assert await say(silent, encode_request(4, COMMAND)) is None
    silent[1].close()


async def test_what_is_no_order_is_refused_and_the_orders_before_stay(
    engine: Engine, orders: StandingOrders
) -> None:
    client = await connect(engine)
    await client.resume()
    await client.request(Appoint(orders=as_plain(orders), seq=5))
    with pytest.raises(RequestError, match="no standing orders"):
        await client.request(Appoint(orders={"silence": "long"}, seq=6))

    assert (await client.resume()).seq == 5
    await client.close()


async def test_orders_without_a_device_leave_nothing_to_protect(
    engine: Engine, orders: StandingOrders
) -> None:
    client = await connect(engine)
    await client.resume()
    await client.request(Appoint(orders={**as_plain(orders), "devices": []}, seq=2))

    assert engine.service.deputy is not None
    assert not engine.service.deputy.has_orders
    await client.close()


async def test_passwords_reach_the_disk_only_encrypted_and_for_the_owner_alone(
    engine: Engine, orders: StandingOrders
) -> None:
    client = await connect(engine)
    await client.resume()
    await client.request(Appoint(orders=as_plain(orders), seq=1))
    await eventually((engine.folder / "away.json").exists)
    await client.close()

    files = [it for it in engine.folder.iterdir() if it.is_file()]
    assert {"orders.key", "orders.sealed", "away.json"} <= {it.name for it in files}
    for file in files:
        assert CAMERA_PASSWORD.encode() not in file.read_bytes()
        assert b"cellar-door" not in file.read_bytes()
    for name in ("orders.key", "orders.sealed", "away.json"):
        assert stat.S_IMODE((engine.folder / name).stat().st_mode) == 0o600
    assert unseal(engine.folder).devices == orders.devices


def test_what_was_sealed_with_another_key_or_is_damaged_is_no_order(tmp_path: Path) -> None:
    with pytest.raises(VaultError):
        unseal(tmp_path)
    seal(tmp_path, b'{"seq": 1}')
    with pytest.raises(VaultError, match="no spare") as told:
        unseal(tmp_path)
    assert "seq" not in str(told.value)
    sealed = (tmp_path / "orders.sealed").read_bytes()
    (tmp_path / "orders.sealed").write_bytes(sealed[:-9] + b"AAAAAAAA=")
    with pytest.raises(VaultError, match="InvalidToken"):
        unseal(tmp_path)
    (tmp_path / "orders.key").unlink()
    with pytest.raises(VaultError, match="FileNotFoundError"):
        unseal(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 10_000])
def test_what_makes_no_sense_is_not_sealed(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stdin:
        class buffer:  # noqa: N801 (as of sys.stdin)
            @staticmethod
            def read(_: int) -> bytes:
                return data

    monkeypatch.setattr("sys.stdin", Stdin)

    assert main(tmp_path) == 1
    assert "standing orders" in capsys.readouterr().err or not data
    assert not list(tmp_path.iterdir())

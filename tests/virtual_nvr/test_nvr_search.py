from typing import Any

import pytest

from tests.virtual_nvr.nvr_lab import RECORDING, StartNvr
from tests.virtual_nvr.soap_peer import SoapFaultError, SoapPeer


async def find(peer: SoapPeer, **arguments: Any) -> str:
    scope = arguments.pop("Scope", {})
    token: str = await peer.call(
        "search", "FindRecordings", Scope=scope, KeepAliveTime="PT10S", **arguments
    )
    return token


async def results(peer: SoapPeer, token: str, **arguments: Any) -> tuple[str, list[str]]:
    told = await peer.call("search", "GetRecordingSearchResults", SearchToken=token, **arguments)
    return told.SearchState, [found.RecordingToken for found in told.RecordingInformation]


async def create(peer: SoapPeer, count: int) -> list[str]:
    return [
        await peer.call("recording", "CreateRecording", RecordingConfiguration=RECORDING)
        for _ in range(count)
    ]


async def test_search_tells_everything_once(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    tokens = await create(peer, 3)
    search = await find(peer)
    assert await results(peer, search, MaxResults=2) == ("Searching", tokens[:2])
    assert await results(peer, search, MaxResults=2) == ("Completed", tokens[2:])
    with pytest.raises(SoapFaultError) as caught:
        await results(peer, search)
    assert caught.value.subcodes == ["InvalidArgVal", "InvalidToken"]


async def test_search_is_for_what_was_asked(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    first, second, _ = await create(peer, 3)
    chosen = await find(peer, Scope={"IncludedRecordings": [second]})
    assert await results(peer, chosen) == ("Completed", [second])
    assert await results(peer, await find(peer, MaxMatches=1)) == ("Completed", [first])


async def test_search_can_be_ended(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    await create(peer, 1)
    search = await find(peer)
    assert await peer.call("search", "EndSearch", SearchToken=search)
    with pytest.raises(SoapFaultError):
        await results(peer, search)


async def test_number_of_searches_is_bounded(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    for _ in range(16):
        await find(peer)
    with pytest.raises(SoapFaultError) as caught:
        await find(peer)
    assert caught.value.subcodes == ["Action", "ResourceProblem"]


async def test_recording_without_footage_has_no_track(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    [token] = await create(peer, 1)
    told = await peer.call("search", "GetRecordingInformation", RecordingToken=token)
    assert (told.RecordingStatus, told.Track, told.LatestRecording) == ("Initiated", [], None)
    assert told.Source.Name == "Gate"
    assert (await peer.call("search", "GetRecordingSummary")).NumberRecordings == 0

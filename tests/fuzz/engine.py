"""What is said to engines and by them, and what they have written down."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields
import json
from typing import Any, get_type_hints

from hypothesis import strategies as st

from custom_components.nvr_hotspare.engine import vault
from custom_components.nvr_hotspare.engine.away import AwayRecord
from custom_components.nvr_hotspare.engine.duty.messages import Briefing, Note
from custom_components.nvr_hotspare.failover import handover, journal
from custom_components.nvr_hotspare.nvr.engine_places import places_of
from custom_components.nvr_hotspare.recorder.errors import (
    EngineGoneError,
    MessageError,
    RecorderError,
)
from custom_components.nvr_hotspare.recorder.giving.ledger import Entry
from custom_components.nvr_hotspare.recorder.giving.model import Covered, Inspection
from custom_components.nvr_hotspare.recorder.messages import (
    _REQUESTS,
    MAX_LINE,
    Failures,
    Hello,
    Provision,
    Resumed,
    Welcome,
    encode_request,
    parse_request,
    read,
)
from custom_components.nvr_hotspare.recorder.model import CameraAddress, Source
from custom_components.nvr_hotspare.recorder.orders import Orders
from custom_components.nvr_hotspare.recorder.plain import Plain, PlainError, dump, load
from custom_components.nvr_hotspare.recorder.remote.proof import CodeError, stretch
from custom_components.nvr_hotspare.recorder.remote.talk import (
    Greeting,
    Knock,
    Pairing,
    Reply,
    hear,
)
from custom_components.nvr_hotspare.recorder.report import EngineReport, StorageReport
from custom_components.nvr_hotspare.recorder.scene.messages import Outcome
from tests.fuzz.target import Target, each, lines, structured

_KINDS = (EngineReport, Welcome, Resumed, Failures, Covered, Inspection, Orders, AwayRecord)
_OTHERS = (Entry, Outcome, Note, Briefing, Pairing, Greeting, Knock, Reply)
_SINGLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.just("\ud800")
)
_ANY = st.recursive(
    _SINGLE,
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=8), it, max_size=3),
)


def _plain_like(kind: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make what looks like plain data of a class, with values of any type."""
    names = {
        it.name: _likely(get_type_hints(kind)[it.name]) | _ANY for it in fields(kind) if it.init
    }
    required = {
        it.name for it in fields(kind) if it.default is MISSING and it.default_factory is MISSING
    }
    optional = {name: value for name, value in names.items() if name not in required}
    return st.fixed_dictionaries(
        {it: names[it] for it in required if it in names}, optional=optional
    )


def _likely(hint: Any) -> st.SearchStrategy[Any]:
    known = {int: st.integers(), str: st.text(max_size=10), bool: st.booleans(), float: st.floats()}
    return known.get(hint, _ANY)


_REQUEST = st.sampled_from(sorted(_REQUESTS)).flatmap(
    lambda name: _plain_like(_REQUESTS[name]).map(lambda it: {"id": 1, "do": name, **it})
)
_TOLD = st.sampled_from((*_KINDS, *_OTHERS)).flatmap(
    lambda kind: st.tuples(st.just(kind), _plain_like(kind))
)


def _hear(data: bytes) -> None:
    """Hear what is said at the door, and behind it."""

    def said() -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=MAX_LINE)
        reader.feed_data(data)
        reader.feed_eof()
        return reader

    async def listen() -> None:
        with suppress(MessageError, EngineGoneError):
            await hear(Knock, said())
        reader = said()
        while (message := await read(reader)) is not None:
            for kind in (*_KINDS, *_OTHERS):
                with suppress(PlainError):
                    _load(kind, message)
            parse_request(message)

    asyncio.run(listen())


def _load(kind: type[Any], plain: Plain) -> None:
    found = load(kind, plain)
    if isinstance(found, EngineReport):
        places_of(found)
    json.dumps(dump(found))


def _journal(told: Mapping[str, Any]) -> None:
    journal.dump(journal.load(told))
    handover.load_said(told)


def _vault(data: bytes) -> None:
    vault._parse(data)


_REPORT = EngineReport(pid=1, version="1", storage=StorageReport())
_SOURCE = Source(uri="rtsp://a/1", address=CameraAddress(host="a", protocol="onvif", port=80))

TARGETS = (
    Target(
        name="messages of engines",
        parse=_hear,
        errors=(RecorderError,),
        seeds=(
            encode_request(1, Hello(protocol=1, version="1")),
            encode_request(2, Provision(sources={"a": _SOURCE})),
            json.dumps(dump(_REPORT)).encode() + b"\n",
            b'{"id": 1, "do": "configure", "settings": {"ring_seconds": 1%s}}\n' % (b"0" * 400),
            *lines(
                '{"protocol":1,"version":"1","engine":"e","nonce":"%s","paired":true,"salt":"s"}\n'
                % ("a" * 64)
            ),
        ),
    ),
    structured("requests to engines, field by field", _REQUEST, parse_request, (MessageError,)),
    structured("what engines tell, field by field", _TOLD, lambda it: _load(*it), (PlainError,)),
    structured(
        "journals",
        st.dictionaries(st.sampled_from(["devices", "spares", "version", "isolated"]), _ANY),
        _journal,
    ),
    Target(
        name="standing orders",
        parse=_vault,
        errors=(vault.VaultError,),
        seeds=lines('{"devices": {}, "silence": 10}'),
    ),
    Target(
        name="pairing codes",
        parse=each(lambda text: stretch(text, "salt")),
        errors=(CodeError,),
        seeds=lines("7K3M-Q2XD-9FHT"),
    ),
)

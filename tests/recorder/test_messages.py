"""Requests and reports as plain data, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.errors import (
    MessageError,
)
from custom_components.nvr_hotspare.recorder.messages import (
    Configure,
    Hello,
    Provision,
    Remove,
    Request,
    encode_request,
    parse_request,
)
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.orders import Settings
from custom_components.nvr_hotspare.recorder.plain import Plain, PlainError, dump, load


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    number: int
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner
    named: Mapping[str, Inner] = field(default_factory=dict)
    many: tuple[float, ...] = ()
    maybe: str | None = None


@given(
    st.builds(
        Outer,
        named=st.dictionaries(st.text(), st.from_type(Inner)),
        many=st.tuples(st.floats(allow_nan=False)),
    )
)
def test_what_is_dumped_is_loaded_again(outer: Outer) -> None:
    assert load(Outer, json.loads(json.dumps(dump(outer)))) == outer


def test_unknown_fields_are_ignored_and_missing_ones_take_defaults() -> None:
    assert load(Outer, {"inner": {"number": 1, "new": []}, "newer": 1}) == Outer(
        inner=Inner(number=1)
    )


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"inner": 1},
        {"inner": {"number": True}},
        {"inner": {"number": 1.0}},
        {"inner": {"number": 1, "colour": "blue"}},
        {"inner": {"number": 1, "colour": []}},
        {"inner": {"number": 1}, "many": {}},
        {"inner": {"number": 1}, "many": ["1"]},
        {"inner": {"number": 1}, "many": [10**400]},
        {"inner": {"number": 1}, "named": {"a": 1}},
        {"inner": {"number": 1}, "maybe": 1},
    ],
)
def test_other_data_is_refused(data: Plain) -> None:
    with pytest.raises(PlainError):
        load(Outer, data)


def test_a_request_is_what_was_sent() -> None:
    requests: list[Request] = [
        Hello(protocol=1, version="x"),
        Provision(sources={"yard": Source(uri="rtsp://x/", username="a", password="b")}),
        Remove(channels=("yard",), delete_footage=True),
        Configure(settings=Settings(days=3)),
    ]
    for number, request in enumerate(requests):
        assert parse_request(json.loads(encode_request(number, request))) == (number, request)


def test_a_password_in_a_bad_request_is_not_repeated() -> None:
    message = json.loads(encode_request(1, Provision(sources={"a": Source(uri="u")})))
    message["sources"]["a"]["password"] = ["cellar-door"]
    with pytest.raises(MessageError) as caught:
        parse_request(message)
    assert "cellar-door" not in str(caught.value)

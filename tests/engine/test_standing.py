"""Standing orders as plain data and back."""

import json
from typing import cast

import pytest

from custom_components.nvr_hotspare.engine.standing import (
    CameraOrders,
    DeviceOrders,
    StandingOrders,
    WitnessOrders,
    as_plain,
    from_plain,
)
from custom_components.nvr_hotspare.failover.events import Planned
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Group,
    Priority,
    Spare,
    Timing,
    WorkingDevice,
)
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Place
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.plain import Plain, PlainError

SPARE = Spare(unit="engine", capacity=32, local=True)
SOURCE = Source(uri="rtsp://127.0.0.1/1", username="viewer", password="camera-secret")
NORTH = DeviceOrders(
    title="North",
    device=WorkingDevice(
        unit="north",
        channels=(
            Channel(number=1, priority=Priority.HIGH),
            Channel(number=2, has_source=False, single_stream=True),
        ),
        gives_back=True,
    ),
    endpoint=Endpoint(host="127.0.0.1", port=8080),
    credentials=Credentials(username="admin", password="unit-secret"),
    numbers={"token": 1},
    cameras=(CameraOrders(channel=1, place=Place(key="north/1", name="Gate", source=SOURCE)),),
)
ORDERS = StandingOrders(
    seq=7,
    spare=SPARE,
    devices=(NORTH,),
    timing=Timing(no_record=90.0),
    silence=15.0,
    witnesses=(WitnessOrders(name="router", host="127.0.0.1", ports=(53, 80)),),
    planned=(Planned("north", 12.5, once=False),),
    journal={"version": 1, "devices": {"north": {"naps": [1.5], "outage": None}}},
)


def test_orders_come_back_as_they_were() -> None:
    assert from_plain(json.loads(json.dumps(as_plain(ORDERS)))) == ORDERS


def test_what_an_older_version_does_not_say_takes_its_default() -> None:
    plain = as_plain(ORDERS)
    for name in ("timing", "silence", "witnesses", "planned", "journal"):
        del plain[name]
    assert from_plain(plain) == StandingOrders(seq=7, spare=SPARE, devices=(NORTH,))


def test_what_a_newer_version_says_more_is_ignored() -> None:
    assert from_plain({**as_plain(ORDERS), "mood": "good"}) == ORDERS


def test_the_group_is_the_engine_and_what_it_has_in_charge() -> None:
    assert ORDERS.group == Group(devices=(NORTH.device,), spares=(SPARE,), timing=ORDERS.timing)
    assert ORDERS.group.devices[0].cameras == (Camera("north", 1), Camera("north", 2))
    assert ORDERS.places == {Camera("north", 1): NORTH.cameras[0].place}
    assert ORDERS.ways == {"north": NORTH}


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(ORDERS)


@pytest.mark.parametrize(
    "broken",
    [
        {"seq": "7"},
        {"silence": 0.0},
        {"silence": float("inf")},
        {"devices": [as_plain(ORDERS)]},
        {"devices": cast("list[Plain]", as_plain(ORDERS)["devices"]) * 2},
        {"timing": {"interval": "often"}},
        {"spare": None},
    ],
)
def test_orders_that_make_no_sense_are_refused_without_telling_them(
    broken: dict[str, Plain],
) -> None:
    with pytest.raises(PlainError) as refused:
        from_plain({**as_plain(ORDERS), **broken})
    assert "secret" not in str(refused.value)

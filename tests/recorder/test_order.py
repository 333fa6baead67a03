"""What clients want played, in the words of ONVIF and of those that know nothing of it."""

import pytest

from custom_components.nvr_hotspare.recorder.rtsp.message import Headers
from custom_components.nvr_hotspare.recorder.rtsp.order import Order, RefusedOrderError, parse_order

T = 1_245_066_540_440_000_000
"""2009-06-15T11:49:00.44Z."""


@pytest.mark.parametrize(
    ("fields", "order"),
    [
        ({}, Order()),
        ({"Range": "npt=0.000-"}, Order()),
        ({"Range": "npt=now-"}, Order()),
        ({"Range": "clock=20090615T114900.440Z-"}, Order(start=T)),
        ({"range": "clock = 20090615T114900.44Z - "}, Order(start=T)),
        ({"Range": "clock=20090615T114900.440000001Z-"}, Order(start=T + 1)),
        (
            {"Range": "clock=20090615T114900.440Z-20090615T115000Z"},
            Order(start=T, end=T + 59_560_000_000),
        ),
        ({"Range": "clock=-20090615T114900.440Z"}, Order(end=T)),
        ({"Rate-Control": "no", "Immediate": "yes"}, Order(paced=False)),
        ({"Rate-Control": "Yes", "Scale": "1.0", "Frames": "all"}, Order()),
        ({"Frames": "intra"}, Order(intra=True)),
        ({"Frames": "intra/4000"}, Order(intra=True, interval=4_000_000_000)),
    ],
)
def test_orders_are_understood(fields: dict[str, str], order: Order) -> None:
    assert parse_order(Headers(fields.items())) == order


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Range", "clock=20090615T114900Z-20090615T114900Z", 457),
        ("Range", "clock=20090615T115000Z-20090615T114900Z", 457),
        ("Range", "clock=yesterday-", 457),
        ("Range", "clock=20091315T114900Z-", 457),
        ("Range", "clock=20090615T114900.1234567890Z-", 457),
        ("Range", "npt=30-", 457),
        ("Range", "smpte=0:10:00-", 457),
        ("Scale", "-1.0", 456),
        ("Scale", "2", 456),
        ("Frames", "predicted", 456),
        ("Frames", "intra/soon", 456),
        ("Rate-Control", "maybe", 400),
    ],
)
def test_what_can_not_be_done_is_refused(name: str, value: str, status: int) -> None:
    with pytest.raises(RefusedOrderError) as caught:
        parse_order(Headers([(name, value)]))
    assert caught.value.status == status

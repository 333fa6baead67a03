"""What the network is told of an engine on a machine of its own."""

import logging

import pytest
from zeroconf.asyncio import AsyncServiceInfo

from custom_components.nvr_hotspare.engine.announce import TYPE, Announcement


def told(announcement: Announcement) -> AsyncServiceInfo:
    """Return what is answered to who asks."""
    assert announcement._zeroconf
    (info,) = announcement._zeroconf.zeroconf.registry.async_get_infos_type(TYPE.lower())
    assert isinstance(info, AsyncServiceInfo)
    return info


async def test_an_engine_tells_who_it_is_and_whether_it_is_taken_and_no_more() -> None:
    announcement = Announcement("0123456789abcdef", "1.2.3", "127.0.0.1", 8585)
    try:
        announcement.tell(paired=False)
        announcement.tell(paired=True)
        assert announcement._telling
        await announcement._telling
        info = told(announcement)
    finally:
        await announcement.end()

    assert info.decoded_properties == {
        "id": "0123456789abcdef",
        "version": "1.2.3",
        "paired": "yes",
    }
    assert info.parsed_addresses() == ["127.0.0.1"]
    assert info.port == 8585


async def test_where_it_can_t_be_told_the_engine_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    announcement = Announcement("0123456789abcdef", "1.2.3", "192.0.2.1", 8585)
    with caplog.at_level(logging.WARNING):
        announcement.tell(paired=False)
        await announcement.end()

    assert "can't be announced" in caplog.text

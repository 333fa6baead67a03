"""What some recorders do to a camera that they add: they set its time, and how it encodes.

By ONVIF here, whatever protocol the camera was added by; real ones use that.
"""

from datetime import UTC, datetime

import aiohttp
from lxml.etree import _Element as Element

from .device import date_and_time
from .xml import element, envelope

_PATIENCE = aiohttp.ClientTimeout(total=5.0)
FRAME_RATE = 12
BITRATE = 512


async def meddle(host: str, port: int, username: str, password: str) -> None:
    """Set a camera's time to ours, and its stream to what a recorder thinks best.

    A camera that does not answer is left as it is.
    """
    now = datetime.now(UTC)
    account = aiohttp.DigestAuthMiddleware(username, password)
    async with aiohttp.ClientSession(timeout=_PATIENCE, middlewares=(account,)) as session:
        for service, request in (("device", _time(now)), ("media", _encoding())):
            url = f"http://{host}:{port}/onvif/{service}_service"
            try:
                async with session.post(url, data=envelope(request)):
                    pass
            except aiohttp.ClientError, TimeoutError:
                return


def _time(now: datetime) -> Element:
    return element(
        "tds:SetSystemDateAndTime",
        element("tds:DateTimeType", "Manual"),
        element("tds:DaylightSavings", "false"),
        date_and_time("tds:UTCDateTime", now),
    )


def _encoding() -> Element:
    return element(
        "trt:SetVideoEncoderConfiguration",
        element(
            "trt:Configuration",
            element("tt:Resolution", element("tt:Width", 1280), element("tt:Height", 720)),
            element(
                "tt:RateControl",
                element("tt:FrameRateLimit", FRAME_RATE),
                element("tt:BitrateLimit", BITRATE),
            ),
            attributes={"token": "main"},
        ),
        element("trt:ForcePersistence", "true"),
    )

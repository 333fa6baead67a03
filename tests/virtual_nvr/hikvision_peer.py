"""A client of ISAPI that shares nothing with the driver but Digest."""

import aiohttp
from lxml import etree
from lxml.etree import _Element as Element
from yarl import URL

from custom_components.nvr_hotspare.recorder.auth import Authenticator
from virtual_nvr.nvr.config import NvrConfig


class HikvisionPeer:
    """Asks a unit, and believes it."""

    def __init__(self, http: aiohttp.ClientSession, config: NvrConfig, password: str = "") -> None:
        self._http = http
        self.address = f"http://{config.host}:{config.http_port}"
        self._account = Authenticator(config.username, password or config.password)

    async def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        """Return status and body of an answer."""
        url = URL(f"{self.address}/ISAPI/{path}")
        async with self._http.request(method, url, data=body or None) as response:
            if response.status != 401:
                return response.status, await response.read()
            self._account.accept(response.headers.getall("WWW-Authenticate"))
        proof = {"Authorization": self._account.authorization(method, url.raw_path_qs) or ""}
        async with self._http.request(method, url, data=body or None, headers=proof) as response:
            return response.status, await response.read()

    async def xml(self, method: str, path: str, body: str = "") -> Element:
        """Return an answer as XML."""
        status, text = await self.ask(method, path, body)
        assert status == 200, text
        return etree.fromstring(text)

    async def told(self, path: str) -> dict[str, str]:
        """Return the leaves of an answer by name; the last of each."""
        found = await self.xml("GET", path)
        return {etree.QName(it).localname: it.text or "" for it in found.iter()}


def channel_xml(**parts: object) -> str:
    """Return a camera to put onto a channel."""
    outer = {key: parts.pop(key) for key in ("id", "name") if key in parts}
    fields = {
        "proxyProtocol": "ONVIF",
        "addressingFormatType": "ipaddress",
        "managePortNo": 80,
        "srcInputPort": 1,
        "userName": "viewer",
        "streamType": "auto",
        **parts,
    }
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    head = "".join(f"<{key}>{value}</{key}>" for key, value in outer.items())
    return (
        f"<InputProxyChannel>{head}<sourceInputPortDescriptor>{inner}"
        "</sourceInputPortDescriptor></InputProxyChannel>"
    )


def search_xml(track: int, start: str, end: str, first: int = 0, most: int = 40) -> str:
    """Return a search, as most firmwares want it."""
    return (
        "<CMSearchDescription><searchID>C77384AD-66A0-0001-E7C2-1151F04F90B0</searchID>"
        f"<trackList><trackID>{track}</trackID></trackList><timeSpanList><timeSpan>"
        f"<startTime>{start}</startTime><endTime>{end}</endTime></timeSpan></timeSpanList>"
        f"<maxResults>{most}</maxResults><searchResultPostion>{first}</searchResultPostion>"
        "</CMSearchDescription>"
    )

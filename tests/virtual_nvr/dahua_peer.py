"""A client of the Dahua API that shares nothing with the driver but Digest."""

from typing import Any

import aiohttp
from yarl import URL

from custom_components.nvr_hotspare.recorder.auth import Authenticator
from virtual_nvr.nvr.config import NvrConfig


class DahuaPeer:
    """Asks a unit, and believes it."""

    def __init__(self, http: aiohttp.ClientSession, config: NvrConfig, password: str = "") -> None:
        self._http = http
        self._address = f"http://{config.host}:{config.http_port}"
        self._account = Authenticator(config.username, password or config.password)

    async def ask(self, path: str, body: object = None) -> tuple[int, str]:
        """Return status and text of an answer; with a body as POST."""
        url = URL(f"{self._address}/cgi-bin/{path}", encoded=True)
        method = "GET" if body is None else "POST"
        async with self._http.request(method, url, json=body) as response:
            if response.status != 401:
                return response.status, await response.text()
            self._account.accept(response.headers.getall("WWW-Authenticate"))
        proof = {"Authorization": self._account.authorization(method, url.raw_path_qs) or ""}
        async with self._http.request(method, url, json=body, headers=proof) as response:
            return response.status, await response.text()

    async def table(self, path: str) -> dict[str, str]:
        """Return the pairs of an answer."""
        status, text = await self.ask(path)
        assert status == 200, text
        return dict(line.split("=", 1) for line in text.splitlines())

    async def post(self, path: str, body: object) -> Any:
        """Return what the JSON API answers."""
        url = URL(f"{self._address}/cgi-bin/api/{path}")
        async with self._http.post(url, json=body) as response:
            self._account.accept(response.headers.getall("WWW-Authenticate"))
        proof = {"Authorization": self._account.authorization("POST", url.raw_path_qs) or ""}
        async with self._http.post(url, json=body, headers=proof) as response:
            assert response.status == 200
            return await response.json()

    async def find(self, channel: int, start: str, end: str) -> dict[str, str]:
        """Return what a search tells that is destroyed afterwards; times as in the API."""
        created = await self.table("mediaFileFind.cgi?action=factory.create")
        name = f"&object={created['result']}"
        condition = (
            f"&condition.Channel={channel}"
            f"&condition.StartTime={start.replace(' ', '%20')}"
            f"&condition.EndTime={end.replace(' ', '%20')}&condition.Types[0]=dav"
        )
        status, _ = await self.ask(f"mediaFileFind.cgi?action=findFile{name}{condition}")
        found = {}
        if status == 200:
            found = await self.table(f"mediaFileFind.cgi?action=findNextFile{name}&count=100")
        await self.ask(f"mediaFileFind.cgi?action=destroy{name}")
        return found

"""Repairs, as a user goes through them."""

from http import HTTPStatus
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import issues


class Fix:
    """A repair as the frontend makes it."""

    def __init__(self, client: Any, flow: dict[str, Any]) -> None:
        self._client = client
        self.result = flow

    @classmethod
    async def start(cls, hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Fix:
        assert await async_setup_component(hass, "repairs", {})
        issue = issues(hass)[0]
        client = await hass_client()
        body = {"handler": DOMAIN, "issue_id": issue.issue_id}
        response = await client.post("/api/repairs/issues/fix", json=body)
        assert response.status == HTTPStatus.OK
        return cls(client, await response.json())

    async def enter(self, values: dict[str, Any]) -> None:
        url = f"/api/repairs/issues/fix/{self.result['flow_id']}"
        response = await self._client.post(url, json=values)
        assert response.status == HTTPStatus.OK
        self.result = await response.json()

    async def look(self) -> None:
        """Ask what has become of it, as the frontend does when something has progressed."""
        response = await self._client.get(f"/api/repairs/issues/fix/{self.result['flow_id']}")
        assert response.status == HTTPStatus.OK
        self.result = await response.json()

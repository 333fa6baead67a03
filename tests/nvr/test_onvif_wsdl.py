"""The messages come from files of this machine, and loading them changes nothing else."""

import asyncio
import subprocess
import sys

from lxml import etree

from custom_components.nvr_hotspare.nvr.onvif import wsdl
from custom_components.nvr_hotspare.nvr.onvif.wsdl import Service, messages

_LOADING = """
import asyncio, logging, sys
from custom_components.nvr_hotspare.nvr.onvif import wsdl
from custom_components.nvr_hotspare.nvr.onvif.wsdl import messages
handlers = list(logging.getLogger().handlers)
imported = "onvif" in sys.modules
def guard(event, arguments):
    assert not event.startswith("socket.connect"), event
sys.addaudithook(guard)
asyncio.run(messages())
assert ("onvif" in sys.modules) == imported
assert logging.getLogger().handlers == handlers
"""


async def test_they_are_loaded_once() -> None:
    wsdl._messages.cache_clear()
    first, second = await asyncio.gather(messages(), messages())
    assert first is second is await messages()


async def test_every_service_is_there() -> None:
    known = await messages()
    for service in set(Service) - {Service.EVENTS}:
        operation = "GetServices" if service is Service.DEVICE else "GetServiceCapabilities"
        arguments = {"IncludeCapability": False} if service is Service.DEVICE else {}
        envelope, action = known.build(service, operation, **arguments)
        assert action == f"{service}/{operation}"
        assert etree.QName(envelope[0][0]).namespace == service


def test_loading_asks_no_network_and_leaves_logging_alone() -> None:
    subprocess.run([sys.executable, "-c", _LOADING], check=True, timeout=60)

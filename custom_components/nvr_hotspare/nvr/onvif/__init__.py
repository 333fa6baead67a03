"""The driver of ONVIF recorders: as working devices, and as spares where they can be."""

from .unit import OnvifUnit
from .uris import is_own_address

__all__ = ["OnvifUnit", "is_own_address"]

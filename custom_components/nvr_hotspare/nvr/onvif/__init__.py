"""The driver of ONVIF recorders: as working devices, and as spares where they can be."""

from .unit import OnvifUnit

__all__ = ["OnvifUnit"]

"""The vendors whose APIs a virtual recorder can speak."""

from .dahua.api import DahuaApi
from .hikvision.api import HikvisionApi
from .nvr.vendor import Inside, VendorApi


def open_api(inside: Inside) -> VendorApi | None:
    """Return the API of the vendor that the unit is of, None where it has only ONVIF."""
    if inside.config.dahua is not None:
        return DahuaApi(inside, inside.config.dahua)
    if inside.config.hikvision is not None:
        return HikvisionApi(inside, inside.config.hikvision)
    return None

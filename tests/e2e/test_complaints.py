"""Which records of Home Assistant's log count as complaints about the integration."""

from pathlib import Path

from scripts.lab.complaints import complaints

_FINE = """\
2026-11-30 16:11:48.370 WARNING (SyncWorker_0) [homeassistant.loader] We found a custom \
integration nvr_hotspare which has not been tested by Home Assistant. It might cause problems.
2026-11-30 16:11:50.001 INFO (MainThread) [custom_components.nvr_hotspare.manager] NVR 1 is offline
2026-11-30 16:11:59.352 ERROR (ImportExecutor_0) [homeassistant.components.camera] No libturbojpeg
Traceback (most recent call last):
  File "/lib/homeassistant/components/camera/img_util.py", line 91, in __init__
"""
_WARNING = """\
2026-11-30 16:12:00.000 WARNING (MainThread) [custom_components.nvr_hotspare.manager] Full
"""
_UNTAKEN = """\
2026-11-30 16:12:01.000 ERROR (MainThread) [homeassistant] Error doing job: Task exception was \
never retrieved (None)
Traceback (most recent call last):
  File "/config/custom_components/nvr_hotspare/courier.py", line 1, in _work
ValueError
"""
_BLOCKING = """\
2026-11-30 16:12:02.000 WARNING (MainThread) [homeassistant.util.loop] Detected blocking call to \
open with args ('x',) inside the event loop by custom integration 'nvr_hotspare' at store.py
"""


def test_a_calm_log_has_none(tmp_path: Path) -> None:
    (tmp_path / "home-assistant.log").write_text(_FINE)
    assert complaints(tmp_path) == []


def test_loud_records_that_name_the_integration_are_told_with_their_tracebacks(
    tmp_path: Path,
) -> None:
    (tmp_path / "home-assistant.log.1").write_text(_WARNING + _FINE)
    (tmp_path / "home-assistant.log").write_text(_FINE + _UNTAKEN + _BLOCKING)
    found = complaints(tmp_path)
    assert found == [record.removesuffix("\n") for record in (_WARNING, _UNTAKEN, _BLOCKING)]

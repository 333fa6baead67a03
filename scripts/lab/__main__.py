"""`python -m scripts.lab ...`: the demo.

Frames are counted by the engine's own readers, which lie within the integration: its package would
load Home Assistant here, too.
"""

from importlib import import_module
import sys

from virtual_nvr.__main__ import stand_in_for_the_integration

if __name__ == "__main__":
    stand_in_for_the_integration()
    sys.exit(import_module("scripts.lab.demo").main())

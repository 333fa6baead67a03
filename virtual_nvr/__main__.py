"""`python -m virtual_nvr COMMAND ...`.

The engine lies within the integration, whose package would load Home Assistant. An empty
package of the same name takes its place in this process.
"""

import argparse
from importlib import import_module
from pathlib import Path
import sys
from types import ModuleType

_INTEGRATION = "custom_components.nvr_hotspare"
_COMMANDS = {
    "cameras": "virtual_nvr.cameras_command",
    "nvr": "virtual_nvr.nvr.command",
    "verify": "virtual_nvr.verify_command",
}
"""The modules whose `main(arguments) -> exit code` each command is."""


def stand_in_for_the_integration() -> None:
    """Register the empty package."""
    stand_in = ModuleType(_INTEGRATION)
    checkout = Path(__file__).parent.parent
    stand_in.__path__ = [str(checkout.joinpath(*_INTEGRATION.split(".")))]
    sys.modules[_INTEGRATION] = stand_in


def main() -> int:
    """Run the command that is named first."""
    parser = argparse.ArgumentParser(
        prog="virtual_nvr", description=import_module(__package__).__doc__
    )
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="COMMAND --help tells them")
    chosen = parser.parse_args()
    stand_in_for_the_integration()
    exit_code: int = import_module(_COMMANDS[chosen.command]).main(chosen.arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())

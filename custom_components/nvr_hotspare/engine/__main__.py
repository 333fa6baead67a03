"""Runs the engine: `python .../engine/__main__.py --socket S --folder F --state D [--detach]`.

Started by its file, so that it never loads Home Assistant: empty packages stand in for those that
it lies in. It says on stdout when it listens; with `--detach` it then goes on by itself.

With `--listen HOST:PORT --config FILE` it is the engine of a machine of its own: `remote`.

With `camera` as the only argument it is what the engine runs for one odd camera:
`recorder.libav.reader`.
With `scene` it receives one scene of another recorder: `recorder.scene.receiver`.
With `duty` it is the deputy: `duty.program`; with `seal` it encrypts standing orders: `vault`.
"""

from importlib import import_module
from pathlib import Path
import sys
from types import ModuleType

_PARENT = "custom_components"
_PACKAGE = f"{_PARENT}.nvr_hotspare"


def main() -> int:
    """Run the engine, or one of the small programs, to its end; return its exit code."""
    here = Path(__file__).resolve().parent
    # A file's folder leads the path; what lies here is to be found by its full name only.
    sys.path[:] = [entry for entry in sys.path if Path(entry) != here]
    for name, folder in ((_PARENT, here.parent.parent), (_PACKAGE, here.parent)):
        stand_in = ModuleType(name)
        stand_in.__path__ = [str(folder)]
        sys.modules[name] = stand_in
    exit_code: int
    match sys.argv[1:]:
        case ["camera"]:
            exit_code = import_module(f"{_PACKAGE}.recorder.libav.reader").main()
        case ["scene"]:
            exit_code = import_module(f"{_PACKAGE}.recorder.scene.receiver").main()
        case ["duty", descriptor]:
            exit_code = import_module(f"{_PACKAGE}.engine.duty.program").main(int(descriptor))
        case ["seal", state]:
            exit_code = import_module(f"{_PACKAGE}.engine.vault").main(Path(state))
        case arguments if any(each.startswith("--config") for each in arguments):
            exit_code = import_module(f"{_PACKAGE}.engine.remote").main(arguments)
        case arguments:
            exit_code = import_module(f"{_PACKAGE}.engine.process").main(arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())

"""What the commands of `scripts/faults` have in common."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import shutil
import sys
import tempfile

from scripts.lab.home_assistant import HomeAssistantError
from scripts.lab.integration import SetupError
from scripts.lab.namespaces import NamespaceError
from scripts.lab.processes import ProgramError
from scripts.lab.state_log import StepNotReachedError


@dataclass(frozen=True, kw_only=True)
class Measured(ABC):
    """What a command reports."""

    @property
    @abstractmethod
    def good(self) -> bool:
        """Whether everything is as it should be."""


def carry_out(work: Callable[[Path], Measured], folder: Path | None, *, one_line: bool) -> int:
    """Do the work in a folder, and tell what was measured.

    Returns:
        0, or 1 if that is not good, 2 if it could not be tried, 130 if it was stopped.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="faults-") as name:
            report = work(_emptied(folder) if folder else Path(name))
    except* (
        NamespaceError,
        ProgramError,
        StepNotReachedError,
        SetupError,
        HomeAssistantError,
    ) as errors:
        print(f"faults: {_first(errors)}", file=sys.stderr)
        exit_code = 2
    except* KeyboardInterrupt, asyncio.CancelledError:
        print("faults: everything is stopped", file=sys.stderr)
        exit_code = 130
    else:
        print(json.dumps(asdict(report), indent=None if one_line else 2), flush=True)
        exit_code = 0 if report.good else 1
    return exit_code


def _emptied(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

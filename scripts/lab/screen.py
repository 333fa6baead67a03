"""The demo in the terminal: what the story tells, and what Home Assistant shows meanwhile."""

import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .state_log import Change

_COLOURS = {
    "recording": "green",
    "idle": "green",
    "on": "green",
    "backing_up": "yellow",
    "synchronizing": "cyan",
    "off": "red",
    "no_record": "red",
    "not_backed_up": "bold white on red",
}
_CONNECTION = {"on": "online", "off": "offline"}
_LINES = 12


class Screen:
    """A live table of the units on a terminal; plain lines anywhere else."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=8, transient=False)
        self._started = time.monotonic()
        self._names: dict[str, tuple[str, str]] = {}
        self._states: dict[tuple[str, str], str] = {}
        self._story: list[str] = []

    def show(self, name: str, connection: str, working_status: str) -> None:
        """Show a unit, by its name and its entities."""
        self._names[connection] = (name, "connection")
        self._names[working_status] = (name, "status")

    def changed(self, change: Change) -> None:
        """Take over a new state, if it is one of the units'."""
        if (key := self._names.get(change.entity_id)) is None:
            return
        self._states[key] = change.state
        if self._live.is_started:
            self._live.update(self._render())

    def say(self, line: str) -> None:
        """Tell what happens now."""
        line = f"{time.monotonic() - self._started:6.1f} s  {line}"
        self._story.append(line)
        if self._live.is_started:
            self._live.update(self._render())
        else:
            self._console.print(line, highlight=False)

    def start(self) -> None:
        """Begin the live view, where there is a terminal for it."""
        if self._console.is_terminal:
            self._live.start()
            self._live.update(self._render())

    def stop(self) -> None:
        """End the live view; its last picture stays."""
        self._live.stop()

    def _render(self) -> RenderableType:
        table = Table(title="NVR Hot Spare")
        for column in ("Unit", "Connection", "Working Status"):
            table.add_column(column, min_width=16)
        for name in dict.fromkeys(name for name, _ in self._names.values()):
            connection = self._states.get((name, "connection"), "")
            status = self._states.get((name, "status"), "")
            table.add_row(
                name,
                Text(_CONNECTION.get(connection, connection), _COLOURS.get(connection, "")),
                Text(status.replace("_", " ").upper(), _COLOURS.get(status, "")),
            )
        return Group(table, *(Text(line) for line in self._story[-_LINES:]))

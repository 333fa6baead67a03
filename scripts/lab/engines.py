"""Engines on machines of their own: each with its address, its folders and its pairing code."""

from collections.abc import AsyncGenerator
import contextlib
from dataclasses import dataclass
from pathlib import Path

from .processes import ROOT, Program, ProgramError

PORT = 8585
_MAIN = ROOT / "custom_components" / "nvr_hotspare" / "engine" / "__main__.py"
_CODE = "pairing code: "


@dataclass(kw_only=True)
class Engine:
    """A hot-spare engine that is a service of its machine."""

    name: str
    host: str
    port: int
    footage: Path
    """Its recordings: a folder for each group."""
    state: Path
    """Its private folder: a folder for each group, too."""
    program: Program

    @property
    def orders(self) -> Path:
        """The private folder of the group that it is paired with.

        Raises:
            ProgramError: It is paired with none.
        """
        for entry in self.state.iterdir():
            if entry.is_dir():
                return entry
        raise ProgramError(f"{self.name} is not paired")

    async def start(self) -> None:
        """Start it; returns when it listens."""
        await self.program.start()
        said = await self.program.next_line()
        if said != f"listening on {self.host}:{self.port}":
            raise ProgramError(f"{self.name} says {said!r} instead of where it listens")

    async def shown_code(self) -> str:
        """Return the pairing code that it shows, once after each start while it is not paired."""
        said = await self.program.next_line()
        if not said.startswith(_CODE):
            raise ProgramError(f"{self.name} says {said!r} instead of a pairing code")
        return said.removeprefix(_CODE)


def build(name: str, host: str, folder: Path, *, cameras: int = 0) -> Engine:
    """Write what an engine is told when it starts; it records so many cameras, 0 for as usual."""
    footage, state, config = folder / "footage", folder / "state", folder / "engine.toml"
    footage.mkdir(parents=True)
    config.write_text(
        f'folder = "{footage}"\nstate = "{state}"\nannounce = false\n'
        f"[limits]\ncameras = {cameras}\n"
    )
    arguments = ["-I", str(_MAIN), "--listen", f"{host}:{PORT}", "--config", str(config)]
    program = Program(name, arguments, folder / "engine.log")
    return Engine(name=name, host=host, port=PORT, footage=footage, state=state, program=program)


@contextlib.asynccontextmanager
async def running(engine: Engine) -> AsyncGenerator[Engine]:
    """Have an engine be there for as long as the block runs."""
    try:
        await engine.start()
        yield engine
    finally:
        await engine.program.stop()

"""What goes wrong in the simulated years, how often and for how long: the one table of it."""

from dataclasses import dataclass
from math import exp, log
from random import Random

DAY = 86_400.0
GRAIN = 2048
"""Whatever happens by chance happens at a whole multiple of 1/2048 s, so that sums are exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Mean days between faults of one unit, or of Home Assistant, and how answers go astray."""

    failure: float = 30.0
    """The unit is dead."""
    flapping: float = 60.0
    """The unit dies and comes back a few times in a row."""
    planned: float = 7.0
    """It is said that it restarts, or its Protection is switched off meanwhile."""
    password: float = 180.0
    """It answers that the password is wrong, and nothing else."""
    partition: float = 45.0
    """It works, and Home Assistant can't reach it."""
    isolation: float = 45.0
    """Home Assistant can't reach anything at all, for as long as a switch takes to restart."""
    restart: float = 14.0
    """Home Assistant is away, and knows afterwards what its journal says."""
    lost: float = 0.01
    """How often the answer to a command or question is lost, or the command on its way."""
    doubled: float = 0.01
    """How often it comes twice."""
    failing: float = 0.01
    """How often a command is refused, wholly or for some of its cameras."""


def grid(seconds: float) -> float:
    """Return a time on the grid of all that happens by chance."""
    return round(seconds * GRAIN) / GRAIN


def outage_length(rng: Random) -> float:
    """Draw how long an outage lasts: 10 s to 3 days, short ones as likely as long ones."""
    return _spread(rng, 10.0, 3 * DAY)


def flaps(rng: Random) -> list[tuple[float, float]]:
    """Draw a burst of flapping: seconds down, then seconds up, a few times."""
    return [(_spread(rng, 1.0, 60.0), _spread(rng, 2.0, 120.0)) for _ in range(rng.randint(3, 8))]


def restart_length(rng: Random) -> float:
    """Draw how long a recorder restarts, or Home Assistant."""
    return _spread(rng, 20.0, 180.0)


def pause(rng: Random, mean_days: float) -> float:
    """Draw the time until a fault, which does not depend on when the last one was."""
    return grid(rng.expovariate(1 / (mean_days * DAY)))


def _spread(rng: Random, least: float, most: float) -> float:
    """Draw a length such that each order of magnitude is as likely as another."""
    return grid(exp(rng.uniform(log(least), log(most))))

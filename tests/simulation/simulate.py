"""`scripts/simulate`: years of faults, lived through by the decisions alone."""

import argparse
from dataclasses import asdict
import json
import sys

from tests.simulation.years import YEAR, Years, site_of

SHOWN = 10
"""Broken invariants and needless takeovers that are shown."""


def main() -> int:
    """Live through the years; fail where an invariant was broken or a takeover needless."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--years", type=float, default=10.0)
    parser.add_argument("--devices", type=int, default=64)
    parser.add_argument("--spares", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same years")
    parser.add_argument("--json", action="store_true", help="tell the result as JSON only")
    arguments = parser.parse_args()
    years = Years(site_of(arguments.devices, arguments.spares), seed=arguments.seed)
    result = years.live(arguments.years * YEAR)
    for broken in years.manager.account.broken[:SHOWN]:
        print(broken, file=sys.stderr)
    for moment, whom in years.manager.account.needless[:SHOWN]:
        print(f"{moment}: {whom} was taken over needlessly", file=sys.stderr)
    if not arguments.json:
        for key, value in asdict(result).items():
            print(f"{key:20} {value}")
    print(json.dumps(asdict(result)))
    return 1 if result.invariants_broken or result.needless_takeovers else 0


if __name__ == "__main__":
    sys.exit(main())

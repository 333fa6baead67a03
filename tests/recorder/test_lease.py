"""Whose commands an engine obeys, whatever happens to the connections of its clients."""

from itertools import product

import pytest

from custom_components.nvr_hotspare.recorder.lease import DEPUTY, Lease

STEPS = (
    ("first", "admit"),
    ("first", "grant"),
    ("first", "leave"),
    ("second", "admit"),
    ("second", "grant"),
    ("second", "leave"),
)


@pytest.mark.parametrize("length", range(1, 7))
def test_exactly_one_commands_whatever_two_clients_do_and_wherever_they_are_cut_off(
    length: int,
) -> None:
    for steps in product(STEPS, repeat=length):
        lease = Lease()
        numbers: dict[str, int] = {}
        gone = set[int]()
        terms = [lease.term]
        for client, step in steps:
            before = lease.holder
            number = numbers.get(client, DEPUTY)
            match step:
                case "admit":
                    gone |= set(numbers.values())  # a newer client takes the place of any other
                    numbers[client] = lease.admit()
                    assert lease.holder == DEPUTY, steps
                case "grant" if number != DEPUTY:
                    assert lease.grant(number) is (number not in gone), steps
                case "leave" if number != DEPUTY:
                    lease.leave(number)
                    gone.add(number)
            assert lease.holder == DEPUTY or lease.holder not in gone, steps
            assert (lease.term == terms[-1]) is (lease.holder == before), steps
            terms.append(lease.term)


def test_who_was_replaced_neither_commands_nor_ends_the_command_of_another() -> None:
    lease = Lease()
    old, new = lease.admit(), lease.admit()
    assert lease.grant(new)

    assert not lease.grant(old)
    lease.leave(old)

    assert lease.holder == new


def test_nobody_is_granted_the_place_of_the_deputy() -> None:
    lease = Lease()

    lease.leave(DEPUTY)
    assert lease.grant(DEPUTY)
    assert lease.term == 0

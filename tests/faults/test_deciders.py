"""Logs that show two deciders, or none, are not taken for good ones."""

from datetime import datetime

from tests.faults.deciders import Reign, conflicts, gaps, of_engine, of_home_assistant

DAY = datetime(2026, 11, 30).astimezone().timestamp()
LIVES = [(DAY, DAY + 10), (DAY + 40, DAY + 90)]


def at(seconds: float, mark: str = ".") -> str:
    text = datetime.fromtimestamp(DAY + seconds).isoformat(" ", "milliseconds")  # noqa: DTZ006 - as logs are
    return text.replace(".", mark)


def home(seconds: float, what: str, title: str = "Attic") -> str:
    return f"{at(seconds)} INFO (MainThread) [custom_components.x.standing_orders] {title} {what}"


def engine(seconds: float, what: str) -> str:
    return f"{at(seconds, ',')} INFO x.y: {what}"


HOME = [
    home(1, "obeys (term 1)"),
    home(2, "obeys (term 7)", "Cellar"),
    home(45, "obeys (term 3)"),
    home(80, "obeys no longer"),
]
ENGINE = [
    engine(1, "Term 1: client 1 commands"),
    engine(2, "Term 1: client 1 says record yard"),
    engine(10, "Term 2: the deputy commands"),
    engine(25, "Nobody commands the engine: it decides by itself"),
    engine(30, "Term 2: the deputy says record yard"),
    engine(44, "Term 3: client 2 commands"),
    engine(44, "The engine is commanded again"),
    engine(80, "Term 4: the deputy commands"),
]


def found(
    home: list[str], engine: list[str], seen: tuple[float, ...] = ()
) -> tuple[list[str], list[float]]:
    manager, told = of_home_assistant(home, "Attic", LIVES), of_engine(engine, DAY, DAY + 90)
    wrong = conflicts(manager, told, [DAY + each for each in seen])
    return wrong, [round(gap, 3) for gap in gaps(manager, told, DAY + 90)]


def test_what_was_before_does_not_count() -> None:
    early = [home(-9, "obeys (term 1)"), *HOME]
    before = [
        engine(-5, "Nobody commands the engine: it decides by itself"),
        engine(-4, "The engine is commanded again"),
    ]
    assert found(early, [*before, *ENGINE]) == found(HOME, ENGINE)


def test_who_decides_in_turn_is_no_conflict_and_the_times_between_are_told() -> None:
    assert of_home_assistant(HOME, "Attic", LIVES) == [
        Reign(begin=DAY + 1, end=DAY + 10, term=1),
        Reign(begin=DAY + 45, end=DAY + 80, term=3),
    ]
    assert found(HOME, ENGINE, seen=(26, 44, 46)) == ([], [15, 1, 10])


def test_a_home_assistant_that_claims_to_decide_while_the_engine_does_is_a_conflict() -> None:
    early = [HOME[0], home(43.5, "obeys (term 3)"), HOME[3]]
    (wrong,), _ = found(early, ENGINE)
    assert "term 3" in wrong


def test_an_engine_that_goes_on_is_a_conflict() -> None:
    late = [line for line in ENGINE if "again" not in line]
    assert len(found(HOME, late)[0]) == 1


def test_an_engine_whose_file_goes_on_is_a_conflict() -> None:
    assert len(found(HOME, ENGINE, seen=(50,))[0]) == 1


def test_one_term_for_two_is_a_conflict() -> None:
    doubled = [HOME[0], home(45, "obeys (term 1)"), HOME[3]]
    assert len(found(doubled, ENGINE)[0]) == 1


def test_commands_of_who_does_not_decide_are_conflicts() -> None:
    foreign = [
        *ENGINE[:3],
        engine(11, "Term 9: client 5 says release yard"),
        engine(12, "Term 2: the deputy says release yard"),
        *ENGINE[3:],
    ]
    assert len(found(HOME, foreign)[0]) == 2


def test_a_home_assistant_that_the_engine_lost_decides_no_more() -> None:
    lost = [*ENGINE[:2], engine(5, "Term 2: the deputy commands"), *ENGINE[3:]]
    assert found(HOME, lost)[1] == [20, 1, 10]

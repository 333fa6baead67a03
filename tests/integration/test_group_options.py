"""The options of a group as the rest of the integration reads them."""

from custom_components.nvr_hotspare.settings.group import GroupOptions, MaintenanceWindow


def test_a_group_that_decided_nothing_has_the_defaults() -> None:
    assert GroupOptions.from_options({}) == GroupOptions(
        no_record=60,
        gateway="",
        ups="",
        maintenance=(),
        drill_every=0,
        drill_at="03:30:00",
        drill_max_age=0,
    )


def test_what_is_written_is_read_again() -> None:
    options = GroupOptions(
        no_record=90,
        gateway="192.168.1.1",
        ups="binary_sensor.mains",
        maintenance=(
            MaintenanceWindow(weekday=None, start="02:00:00", minutes=30),
            MaintenanceWindow(weekday=6, start="23:30:00", minutes=90, units=("NVR-1",)),
        ),
        drill_every=7,
        drill_at="04:00:00",
        drill_max_age=30,
    )
    assert GroupOptions.from_options(options.as_options()) == options
    assert [it["weekday"] for it in options.as_options()["maintenance"]] == ["daily", "sunday"]

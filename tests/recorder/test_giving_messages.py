"""What is said about footage that is given back comes through as it was said."""

import json

import pytest

from custom_components.nvr_hotspare.recorder.errors import MessageError
from custom_components.nvr_hotspare.recorder.giving.model import (
    Replay,
    Target,
    TransferProblem,
    TransferReport,
    TransferState,
)
from custom_components.nvr_hotspare.recorder.messages import (
    MAX_GAPS,
    MAX_JOBS,
    MAX_LINE,
    GiveBack,
    Inspect,
    Pace,
    encode_request,
    parse_request,
)
from custom_components.nvr_hotspare.recorder.plain import dump, load
from custom_components.nvr_hotspare.recorder.report import EngineReport, StorageReport
from custom_components.nvr_hotspare.recorder.spans import Span

TARGET = Target(folder="/srv/nvr", template="%Y-%m-%d/%H-%M-%S.mp4", channel=3, name="Hof")
REQUEST = GiveBack(
    job="outage-1.3",
    channel="DS-7608.3",
    replay=Replay(uri="rtsp://spare/replay", username="viewer", password="cellar-door"),
    window=Span(10, 90),
    gaps=(Span(20, 30), Span(40, 50)),
    target=TARGET,
)


def test_a_job_comes_through_as_it_was_said() -> None:
    assert parse_request(json.loads(encode_request(7, REQUEST))) == (7, REQUEST)


def test_a_password_is_in_no_text() -> None:
    assert "cellar-door" not in repr(REQUEST)


def test_a_job_with_too_many_gaps_is_refused() -> None:
    spans = [{"start": 2 * number, "end": 2 * number + 1} for number in range(MAX_GAPS + 1)]
    message = json.loads(encode_request(1, REQUEST)) | {"gaps": spans}
    with pytest.raises(MessageError, match="no more than"):
        parse_request(message)


def test_a_pace_below_nothing_is_refused() -> None:
    message = json.loads(encode_request(1, Pace())) | {"bandwidth": -1}
    with pytest.raises(MessageError, match="not negative"):
        parse_request(message)


def test_a_folder_is_not_marked_unless_that_is_said() -> None:
    message = json.loads(encode_request(1, Inspect(target=TARGET)))
    del message["mark"]
    assert parse_request(message)[1] == Inspect(target=TARGET, mark=False)


def test_reports_of_as_many_jobs_as_there_may_be_fit_into_a_message() -> None:
    transfer = TransferReport(
        channel="c" * 128,
        state=TransferState.FAILED,
        problem=TransferProblem.FOLDER_FULL,
        error="e" * 200,
        missing=tuple(Span(2**60 + n, 2**60 + n) for n in range(32)),
    )
    report = EngineReport(
        pid=1,
        version="1.2.3",
        storage=StorageReport(),
        transfers={f"{number:0128}": transfer for number in range(MAX_JOBS)},
    )
    text = json.dumps(dump(report), separators=(",", ":"))
    assert len(text) < MAX_LINE
    assert load(EngineReport, json.loads(text)) == report

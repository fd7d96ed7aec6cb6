"""What is no report, or not a whole one; what cells mean is told by the table in `tests/conformance/credentials`."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.resources.credentials import Mark, ReportError, parse_report
from sekisho.resources.credentials.report import OPTIONAL, REQUIRED

NO_KEY: Final = ("false", "N/A", "N/A", "N/A", "N/A")
MADE: Final = "2026-01-02T03:04:05Z"
ANNA: Final = (
    "anna", "arn:aws:iam::111122223333:user/anna", MADE, "true", MADE, MADE, "N/A", "true", *NO_KEY, *NO_KEY,
    "false", "N/A", "false", "N/A",
)  # fmt: skip
HEADER: Final = (*REQUIRED, *OPTIONAL[:4])


def text(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> bytes:
    return "\n".join(",".join(row) for row in (header, *rows)).encode()


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_report_is_read_with_and_without_a_line_end(end: bytes) -> None:
    for content in (text(ANNA), text(ANNA).replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + text(ANNA)):
        (row,) = parse_report(content + end).rows

        assert (row.user, row.arn.split(":")[4], row.line) == ("anna", "111122223333", 2)
        assert row.created == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert row.password_next_rotation is Mark.NOT_APPLICABLE
        assert not row.is_root


def test_a_row_says_in_which_line_it_begins() -> None:
    quoted = ('"anna\nor not"', *ANNA[1:])

    assert [row.line for row in parse_report(text(quoted, ANNA)).rows] == [2, 4]


def test_columns_go_by_their_names() -> None:
    turned = parse_report(text(tuple(reversed(ANNA)), header=tuple(reversed(HEADER))))

    assert turned.rows[0] == parse_report(text(ANNA)).rows[0]


def test_unknown_columns_are_named_and_passed_over() -> None:
    report = parse_report(text((*ANNA, "yes"), header=(*HEADER, "passkeys")))

    assert report.unknown_columns == ("passkeys",)
    assert report.rows == parse_report(text(ANNA)).rows


def test_a_header_alone_has_no_rows() -> None:
    assert parse_report(text()).rows == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "the report is empty", id="empty"),
        pytest.param(b"\n", "the report is empty", id="a line end"),
        pytest.param(b"{}", "line 1: this is no credential report", id="JSON"),
        pytest.param(text(header=HEADER[1:]), "line 1: the header lacks `user`", id="a column is missing"),
        pytest.param(text(header=(*HEADER, "user")), "line 1: the header has `user` twice", id="a column is doubled"),
        pytest.param(text(ANNA, ANNA)[:-40], "line 3: has .* cells in place of 22; the report is cut", id="cut off"),
        pytest.param(
            text(("anna, or not", *ANNA[1:])), "line 2: has 23 cells .* a cell with a comma wants quotes", id="a comma"
        ),
        pytest.param(text(("anna\xe9".encode("latin-1").decode("latin-1"), *ANNA[1:])).decode().encode("latin-1"),
                     "line 2: is not UTF-8", id="Latin-1"),
        pytest.param(text(ANNA).decode().encode("utf-16"), "line 1: is not UTF-8", id="UTF-16"),
        pytest.param(text(('"anna', *ANNA[1:])), "is no CSV", id="an open quote"),
    ],
)  # fmt: skip
def test_what_is_no_whole_report_is_refused_with_the_line(content: bytes, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        parse_report(content)


def test_a_name_may_have_a_comma() -> None:
    (row,) = parse_report(text(('"smith, anna"', *ANNA[1:]))).rows

    assert row.user == "smith, anna"


@given(st.binary())
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(ReportError):
        parse_report(content)


@given(st.data())
def test_no_cell_breaks_the_reader(data: st.DataObject) -> None:
    place = data.draw(st.integers(2, len(ANNA) - 1))
    cell = data.draw(st.text(st.characters(exclude_characters='",\r\n', exclude_categories=["Cs"])))
    row = (*ANNA[:place], cell, *ANNA[place + 1 :])

    (read,) = parse_report(text(row)).rows

    assert (read.user, read.arn) == ANNA[:2]
    assert all(one.column == HEADER[place] for one in read.unread)


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_date_that_no_calendar_has_cannot_be_read(date: str) -> None:
    (row,) = parse_report(text((*ANNA[:2], date, *ANNA[3:]))).rows

    assert row.created is Mark.UNREADABLE
    assert [one.text for one in row.unread] == [date]


def test_a_row_without_a_name_is_refused() -> None:
    with pytest.raises(ReportError, match="line 2: has no name of a user"):
        parse_report(text(("", *ANNA[1:])))


def test_the_latest_date_is_that_of_the_past() -> None:
    rotated = (*ANNA[:6], "2031-01-01T00:00:00Z", *ANNA[7:])

    assert parse_report(text(rotated)).latest == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert parse_report(text()).latest is None

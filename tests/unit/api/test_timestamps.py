from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.api.timestamps import parse_timestamp

moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis takes bounds without zones


@given(moments)
def test_a_time_survives_its_text(moment: datetime) -> None:
    assert parse_timestamp(moment.isoformat(), "iso8601") == moment
    whole = moment.replace(microsecond=0)
    assert parse_timestamp(format_datetime(whole, usegmt=True), "rfc822") == whole
    assert parse_timestamp(whole.timestamp(), "unixTimestamp") == whole


@pytest.mark.parametrize(
    ("value", "form"),
    [
        pytest.param("2026-11-22", "iso8601", id="a day"),
        pytest.param("2026-11-22T00:00:00", "iso8601", id="no zone"),
        pytest.param("2026-02-30T00:00:00Z", "iso8601", id="a day that never was"),
        pytest.param("0001-01-01T00:00:00+14:00", "iso8601", id="before the first year"),
        pytest.param("２026-11-22T00:00:00Z", "iso8601", id="a digit of another script"),  # noqa: RUF001 - the point
        pytest.param(5, "iso8601", id="a number"),
        pytest.param("soon", "rfc822", id="no date"),
        pytest.param(True, "unixTimestamp", id="a boolean"),
        pytest.param(1e300, "unixTimestamp", id="after the last year"),
        pytest.param(float("inf"), "unixTimestamp", id="never"),
        pytest.param("5", "unixTimestamp", id="text"),
        pytest.param("5", "other", id="a form that is not known"),
    ],
)
def test_what_is_no_time_is_refused(value: object, form: str) -> None:
    with pytest.raises(ValueError, match="must be a time in the form"):
        parse_timestamp(value, form)

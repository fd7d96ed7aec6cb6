"""What an operator may not ask for, and what is said when signing in cannot work."""

from pathlib import Path
from typing import Any

import pytest

from sekisho.collectors import CollectError, LiveOptions, LiveReader


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"regions": ("Frankfurt",)}, "`Frankfurt` is not a region; for example", id="a city"),
        pytest.param({"regions": ("us-east-1", "cn-north-1")}, "different partitions", id="two partitions"),
        pytest.param({"partners": frozenset({"42"})}, "`42` is not a partner; an account id has", id="a short id"),
        pytest.param({"role_name": "arn:aws:iam::1:role/r"}, "is not a role name; give", id="an ARN for a name"),
        pytest.param({"role_name": ""}, "`` is not a role name", id="an empty name"),
        pytest.param({"workers": 0}, "at least 1", id="nobody to do the work"),
        pytest.param({"attempts": 0}, "at least 1", id="not even one attempt"),
    ],
)
def test_options_that_cannot_be_right_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(CollectError, match=message):
        LiveOptions(**wrong)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine that knows nothing of AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return monkeypatch


def _message(options: LiveOptions) -> str:
    with pytest.raises(CollectError) as caught:
        LiveReader(options).read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.usefixtures("bare")
def test_no_credentials_say_where_to_put_them() -> None:
    assert _message(LiveOptions()).startswith("no AWS credentials found; set AWS_PROFILE, name a profile with")


@pytest.mark.usefixtures("bare")
def test_an_unknown_profile_is_named() -> None:
    assert _message(LiveOptions(profile="absent")).startswith("there is no profile `absent`")


def test_incomplete_credentials_are_told_from_none(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_ACCESS_KEY_ID", "key")

    assert _message(LiveOptions()).startswith("the AWS credentials are incomplete")


def test_a_region_no_partition_has_is_refused(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_DEFAULT_REGION", "middle-earth")

    assert _message(LiveOptions()).startswith("no Region is known by that name")


def test_a_partition_that_cannot_be_read_is_refused(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_DEFAULT_REGION", "us-iso-east-1")

    assert "aws-iso" in _message(LiveOptions())


def test_an_endpoint_that_is_none_is_refused(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_ACCESS_KEY_ID", "key")
    bare.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    bare.setenv("AWS_ENDPOINT_URL", "not a url")

    assert "AWS_ENDPOINT_URL" in _message(LiveOptions())

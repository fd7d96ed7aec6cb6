"""Calls mapped by AWS's Service Reference, where somebody fetched it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fakes.service_reference import operation, service
from sekisho.activity.actions import NeededAction, Unmapped, actions_of, consult, prefix_of
from sekisho.activity.actions.known import every_action, find_action, has_prefix
from sekisho.activity.actions.reference import (
    Service,
    ServiceReference,
    format_reference,
    parse_reference,
    parse_service,
    parse_service_list,
)
from sekisho.activity.call import Call
from sekisho.activity.dependent_actions import hints_of
from sekisho.activity.errors import ServiceReferenceError
from sekisho.activity.needs import needs_of
from sekisho.activity.permission import Basis, Reach

PUBLISHED = {
    "frobnicate": service(
        "frobnicate",
        ("TurnThing", "HoldThing"),
        operation("SpinThing", "frobnicate:TurnThing"),
        operation("ShakeThing", "frobnicate:HoldThing", "kms:Decrypt", "frobnicate:TurnThing", "iam:PassRole"),
        operation("StoreThing", "s3:PutObject", "s3:GetObject"),
        operation("NameThing"),
        operation("GiveThing", "iam:PassRole"),
        operation("WishThing", "frobnicate:GrantThing", "nobody:DoThing"),
    ),
    "s3": service(
        "s3",
        ("GetObject", "SummonObject"),
        operation("GetObject", "s3:GetObject", "s3:GetObjectVersion", "s3-object-lambda:GetObject"),
        operation("ListObjects", "s3:SummonObject"),
        operation("SummonObject", "s3:SummonObject"),
    ),
    "lambda": service("lambda", (), operation("ListRuntimes", "lambda:ListFunctions")),
}


def reference(**services: Any) -> ServiceReference:
    read = {name: parse_service(json.dumps(one).encode(), name) for name, one in services.items()}
    return ServiceReference("2026-11-20T10:00:00+00:00", "https://example.com/", read)


@pytest.fixture
def consulted() -> Iterator[None]:
    consult(reference(**PUBLISHED))
    yield
    consult(None)


def call(source: str, name: str, **parameters: Any) -> Call:
    return Call(
        f"{source}.amazonaws.com", name, account="111122223333", region="eu-west-1", parameters=parameters or None
    )


def needed(source: str, name: str, **parameters: Any) -> list[NeededAction]:
    answer = actions_of(call(source, name, **parameters))
    assert isinstance(answer, tuple), answer
    return list(answer)


def test_without_it_nothing_is_known_of_what_is_new() -> None:
    assert isinstance(actions_of(call("frobnicate", "SpinThing")), Unmapped)
    assert isinstance(actions_of(call("s3", "SummonObject")), Unmapped)
    assert not has_prefix("frobnicate")


@pytest.mark.usefixtures("consulted")
def test_one_action_is_the_one_that_is_asked_for() -> None:
    (found,) = needed("frobnicate", "SpinThing")

    assert (found.action, found.basis) == ("frobnicate:TurnThing", Basis.MAPPED)
    assert found.rule == "SpinThing needs it, by AWS's Service Reference"


@pytest.mark.usefixtures("consulted")
def test_of_several_actions_the_one_of_the_same_name_is_needed_and_the_others_are_hints() -> None:
    assert [one.action for one in needed("s3", "GetObject", bucketName="b", key="k")] == ["s3:GetObject"]

    hints = {hint.action for hint in hints_of("s3.amazonaws.com", "GetObject")}
    assert {"s3:GetObjectVersion", "s3-object-lambda:GetObject"} <= hints
    assert "s3:GetObject" not in hints


@pytest.mark.usefixtures("consulted")
def test_of_several_actions_of_other_names_all_of_the_service_are_granted_and_marked() -> None:
    found = needed("frobnicate", "ShakeThing")

    assert [one.action for one in found] == ["frobnicate:HoldThing", "frobnicate:TurnThing"]
    assert {one.basis for one in found} == {Basis.INFERRED}
    assert [one.action for one in needed("frobnicate", "StoreThing")] == ["s3:PutObject", "s3:GetObject"]


@pytest.mark.usefixtures("consulted")
@pytest.mark.parametrize("name", ["NameThing", "GiveThing", "WishThing", "EatThing"])
def test_what_it_does_not_say_or_does_not_exist_stays_unmapped(name: str) -> None:
    assert isinstance(actions_of(call("frobnicate", name)), Unmapped)


@pytest.mark.usefixtures("consulted")
def test_our_own_tables_count_first() -> None:
    assert [one.action for one in needed("s3", "ListObjects", bucketName="b")] == ["s3:ListBucket"]


@pytest.mark.usefixtures("consulted")
def test_it_counts_before_the_name() -> None:
    assert [one.action for one in needed("lambda", "ListRuntimes20150331")] == ["lambda:ListFunctions"]


@pytest.mark.usefixtures("consulted")
def test_an_action_that_the_catalogue_does_not_know_exists() -> None:
    (found,) = needed("s3", "SummonObject")
    (permission,) = needs_of(call("s3", "SummonObject", bucketName="b")).permissions

    assert (found.action, found.basis) == ("s3:SummonObject", Basis.EXACT)
    assert (permission.resources, permission.reach) == (("*",), Reach.UNKNOWN)
    assert find_action("s3", "summonobject") == "s3:SummonObject"
    assert "s3:PutObject" in every_action("s3")
    assert prefix_of("frobnicate.amazonaws.com") == "frobnicate"


def test_what_was_found_with_it_is_forgotten_without_it() -> None:
    consult(reference(**PUBLISHED))
    assert needed("frobnicate", "SpinThing")
    consult(None)

    assert isinstance(actions_of(call("frobnicate", "SpinThing")), Unmapped)
    assert not hints_of("frobnicate.amazonaws.com", "ShakeThing")


def test_several_sdks_may_have_an_operation_of_one_name() -> None:
    twice = service("ses", ("A", "B"), operation("Send", "ses:A"), operation("Send", "ses:B", "ses:A"))

    assert parse_service(json.dumps(twice).encode(), "ses").operations == {"Send": ("ses:A", "ses:B")}


def test_what_is_kept_is_read_back() -> None:
    one = reference(**PUBLISHED)

    assert parse_reference(format_reference(one)) == one
    assert one.day == "2026-11-20"


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"{}", b"[1]", b'[{"service": 1, "url": ""}]', b"\xff", b"[" * 9**5]
)
def test_what_is_something_else_is_said(content: bytes) -> None:
    with pytest.raises(ServiceReferenceError, match="nothing of AWS's Service Reference"):
        parse_service_list(content)
    with pytest.raises(ServiceReferenceError):
        parse_reference(content)


def test_a_file_of_a_service_that_has_no_operations() -> None:
    assert parse_service(b'{"Name": "x"}', "x").actions == ()
    assert parse_service(b'{"Operations": [{"Name": "a", "AuthorizedActions": null}]}', "x").operations == {}
    with pytest.raises(ServiceReferenceError):
        parse_service(b'{"Actions": [{}]}', "x")


def test_what_is_no_name_of_an_action_is_left_out() -> None:
    odd = service(
        "frobnicate", ("*", "Get*", "", "TurnThing", 'a"b', "x:y"), operation("Spin", "*:*", "iam:*", "iam:a b")
    )

    assert parse_service(json.dumps(odd).encode(), "frobnicate") == Service(("frobnicate:TurnThing",))
    with pytest.raises(ServiceReferenceError):
        parse_reference(b'{"fetched": "", "source": "", "services": {"s3": {"actions": ["s3:*"]}}}')

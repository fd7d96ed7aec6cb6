import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers.observation import ResourceControlPolicyRestriction
from sekisho.findings import CriteriaError, Criterion, Finding, check_criteria, matches
from sekisho.findings.criteria import LIST_KEYS, PLAIN_KEYS, values_of
from unit.findings.builders import BUCKET, MONDAY, analysis, analysis_error, external_access, rescan


def finding(principal: dict[str, str] | None = None, *, is_public: bool = False) -> Finding:
    access = external_access(principal, condition={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, is_public=is_public)
    restricted = replace(access, resource_control_policy_restriction=ResourceControlPolicyRestriction.APPLICABLE)
    return rescan((), analysis(restricted), now=MONDAY).new[0]


FAILED = rescan((), analysis(analysis_error()), now=MONDAY).new[0]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("resource", (BUCKET,)),
        ("resourceType", ("AWS::S3::Bucket",)),
        ("resourceOwnerAccount", ("111122223333",)),
        ("findingType", ("ExternalAccess",)),
        ("status", ("ACTIVE",)),
        ("isPublic", ("false",)),
        ("error", ()),
        ("resourceControlPolicyRestriction", ("APPLICABLE",)),
        ("principal.AWS", ("444455556666",)),
        ("principal.Federated", ()),
        ("condition.aws:PrincipalOrgID", ("o-a1b2c3d4e5",)),
        ("condition.AWS:principalorgid", ("o-a1b2c3d4e5",)),
        ("condition.aws:SourceIp", ()),
        ("nonsense", ()),
    ],
)
def test_a_finding_has_these_values(key: str, values: tuple[str, ...]) -> None:
    assert values_of(finding(), key) == values


def test_a_failure_to_decide_has_an_error_and_nothing_of_access() -> None:
    assert values_of(FAILED, "error") == ("ACCESS_DENIED",)
    assert values_of(FAILED, "isPublic") == ()
    assert values_of(FAILED, "principal.AWS") == ()


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        pytest.param(Criterion(eq=("444455556666",)), True, id="equal"),
        pytest.param(Criterion(eq=("1", "444455556666")), True, id="equal to one of several"),
        pytest.param(Criterion(eq=("4444",)), False, id="a part is not equal"),
        pytest.param(Criterion(neq=("444455556666",)), False, id="not unequal"),
        pytest.param(Criterion(neq=("1", "444455556666")), False, id="unequal means to all of them"),
        pytest.param(Criterion(neq=("1",)), True, id="unequal"),
        pytest.param(Criterion(contains=("5555",)), True, id="contains"),
        pytest.param(Criterion(contains=("x", "y")), False, id="contains none of them"),
        pytest.param(Criterion(exists=True), True, id="exists"),
        pytest.param(Criterion(exists=False), False, id="exists although it should not"),
        pytest.param(Criterion(contains=("44",), neq=("444455556666",)), False, id="every operator has to hold"),
    ],
)
def test_what_a_criterion_says_of_a_value(criterion: Criterion, *, holds: bool) -> None:
    assert matches({"principal.AWS": criterion}, finding()) is holds


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        (Criterion(eq=("a",)), False),
        (Criterion(neq=("a",)), True),
        (Criterion(contains=("",)), False),
        (Criterion(exists=True), False),
        (Criterion(exists=False), True),
    ],
)
def test_what_a_criterion_says_of_a_key_that_is_absent(criterion: Criterion, *, holds: bool) -> None:
    assert matches({"principal.Federated": criterion}, finding()) is holds


def test_all_criteria_have_to_hold() -> None:
    public, type_ = Criterion(eq=("true",)), Criterion(eq=("AWS::S3::Bucket",))

    assert matches({"isPublic": public, "resourceType": type_}, finding({"AWS": "*"}, is_public=True))
    assert not matches({"isPublic": public, "resourceType": type_}, finding())
    assert matches({}, finding())


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"nonsense": Criterion(eq=("a",))}, "`nonsense` is no key"),
        ({"condition.": Criterion(eq=("a",))}, "is no key"),
        ({"resource": Criterion()}, "no operator"),
        ({"resource": Criterion(eq=())}, "no value"),
        ({"resource": Criterion(contains=("a",) * 21)}, "more than 20"),
    ],
)
def test_criteria_that_ask_for_nothing_are_refused(criteria: dict[str, Criterion], message: str) -> None:
    with pytest.raises(CriteriaError, match=message):
        check_criteria(criteria)


def test_a_rule_cannot_ask_for_the_status_and_a_list_can() -> None:
    with pytest.raises(CriteriaError):
        check_criteria({"status": Criterion(eq=("ACTIVE",))}, keys=PLAIN_KEYS)
    check_criteria({"status": Criterion(eq=("ACTIVE",))}, keys=LIST_KEYS)


values = st.lists(st.sampled_from(["a", "b", "ab", ""]), max_size=3)


@given(values, st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=3).map(tuple))
def test_equal_and_unequal_exclude_each_other_and_cover_everything(have: list[str], wanted: tuple[str, ...]) -> None:
    assert Criterion(eq=wanted).holds(have) is not Criterion(neq=wanted).holds(have)
    assert Criterion(exists=True).holds(have) is not Criterion(exists=False).holds(have)
    assert not Criterion(eq=wanted).holds(have) or Criterion(contains=wanted).holds(have)

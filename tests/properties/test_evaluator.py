"""The evaluator asked many times beside the evaluator asked once."""

from hypothesis import given
from hypothesis import strategies as st

from sekisho.evaluation import Caller, CallerKind, Request, StatementsTest, statement_matches
from sekisho.evaluation.principals import names_of, principals_match
from sekisho.policy import Condition, Effect, Patterns, Principal, PrincipalForm, Principals, Statement, parse_policy
from sekisho.policy.operators import Operator, find_operator

ACCOUNTS = ("111122223333", "444455556666")
ROLES = tuple(f"arn:aws:iam::{account}:role/{name}" for account in ACCOUNTS for name in ("a", "b"))
ENTRIES = (
    Principal(PrincipalForm.EVERYONE, "*"),
    *(Principal(PrincipalForm.ACCOUNT, account) for account in ACCOUNTS),
    *(Principal(PrincipalForm.IDENTITY, role) for role in ROLES),
    Principal(PrincipalForm.UNIQUE_ID, "AROAEXAMPLEROLEID1234"),
    Principal(PrincipalForm.FEDERATED, "accounts.google.com"),
    Principal(PrincipalForm.CANONICAL_USER, "0" * 64),
)
CALLERS = (
    Caller(CallerKind.ANONYMOUS),
    *(Caller(CallerKind.AWS, role.split(":")[4], role) for role in ROLES),
    Caller(CallerKind.AWS, "777788889999", "arn:aws:iam::777788889999:user/c", canonical_id="0" * 64),
    Caller(CallerKind.WEB_IDENTITY, provider="accounts.google.com"),
)

entries = st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=len(ENTRIES), unique=True).map(tuple)
principals = st.builds(Principals, entries, st.booleans())


@given(entries)
def test_a_caller_whom_an_entry_names_has_one_of_its_names(some: tuple[Principal, ...]) -> None:
    names = names_of(some)

    for caller in CALLERS:
        named = names is None or any(getattr(caller, fact) in values for fact, values in names)
        assert named == principals_match(Principals(some), caller, deny=False)


def operator(name: str) -> Operator:
    found = find_operator(name)
    assert found is not None
    return found


conditions = st.builds(
    Condition,
    st.sampled_from(["StringEquals", "StringNotLikeIfExists", "ForAllValues:StringLike", "Null"]).map(operator),
    st.sampled_from(["aws:PrincipalTag/team", "s3:prefix"]),
    st.lists(st.sampled_from(["a", "a*", "${aws:PrincipalTag/team}"]), min_size=1, max_size=2).map(tuple),
)
statements = st.builds(
    Statement,
    st.just(0),
    st.sampled_from(Effect),
    st.builds(Patterns, st.sampled_from([("s3:*",), ("s3:Get?bject",)]), st.booleans()),
    st.none() | principals,
    st.none()
    | st.builds(
        Patterns,
        st.sampled_from([("arn:aws:s3:::b/*",), ("arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "*x")]),
        st.booleans(),
    ),
    st.lists(conditions, max_size=2).map(tuple),
)
requests = st.builds(
    Request,
    st.sampled_from(CALLERS),
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
    st.sampled_from(["arn:aws:s3:::b/a/1", "arn:aws:s3:::b/ab/1", "arn:aws:s3:::c"]),
    st.dictionaries(
        st.sampled_from(["aws:principaltag/team", "s3:prefix"]),
        st.lists(st.sampled_from(["a", "ab", "b"]), min_size=1, max_size=2).map(tuple),
    ),
)


@given(
    st.lists(st.tuples(statements, st.booleans()), max_size=4),
    st.lists(requests, min_size=2, max_size=6),
)
def test_statements_say_of_many_requests_what_each_says_of_one(
    given_statements: list[tuple[Statement, bool]], asked: list[Request]
) -> None:
    kept = StatementsTest()
    for statement, variables in given_statements:
        kept.add(statement, variables=variables)

    for request in asked:
        matching = [
            statement_matches(statement, request, variables=variables) for statement, variables in given_statements
        ]
        assert kept.matching(request) == sum(matches << place for place, matches in enumerate(matching))


def test_what_a_variable_covers_is_asked_of_each_request() -> None:
    (statement,) = parse_policy(
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*",'
        '"Resource":"arn:aws:s3:::b/${aws:username}/*"}}'
    ).statements
    kept = StatementsTest()
    kept.add(statement, variables=True)
    caller, resource = Caller(CallerKind.AWS), "arn:aws:s3:::b/a/1"

    asked = [Request(caller, "s3:GetObject", resource, {"aws:username": (name,)}) for name in "aba"]

    assert [kept.matching(one) for one in asked] == [1, 0, 1]

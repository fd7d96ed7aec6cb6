"""The reasoner's masks beside the evaluator's word on single conditions, actions and callers."""

from hypothesis import given
from hypothesis import strategies as st

from sekisho.evaluation.conditions import condition_holds
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Condition, Patterns
from sekisho.policy.actions import ActionTable
from sekisho.policy.operators import BASE_OPERATORS, BaseOperator, Family, Operator, Quantifier
from sekisho.reasoning.keys import Key

NAME = "example:key"
OF_FAMILY = {
    Family.STRING: ("", "a", "A", "ab", "a*", "*b", "?", "a?*", "${*}", "*"),
    Family.ARN: ("arn:aws:sns:*:111122223333:a*", "arn:aws:s3:::b", "*", "arn:aws:*", "a"),
    Family.NUMERIC: ("1", "2", "2.5", "10"),
    Family.DATE: ("2026-01-01T00:00:00Z", "2027-01-01", "1767225600"),
    Family.BOOL: ("true", "false", "True"),
    Family.BINARY: ("YQ==", "Yg=="),
    Family.ADDRESS: ("203.0.113.0/24", "203.0.113.7", "0.0.0.0/0", "2001:db8::/32", "::/0"),
    Family.NULL: ("true", "false"),
}
REQUEST_VALUES = (
    "", "a", "A", "ab", "xb", "a*", "*", "1", "2.5", "3", "true", "FALSE", "YQ==", "203.0.113.7", "198.51.100.1",
    "2001:db8::1", "2026-06-01T00:00:00Z", "arn:aws:sns:us-east-1:111122223333:ab", "arn:aws:s3:::b",
)  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    base: BaseOperator = draw(st.sampled_from(sorted(BASE_OPERATORS.values(), key=lambda one: one.name)))
    null = base.family is Family.NULL
    operator = Operator(
        base,
        None if null else draw(st.sampled_from([None, None, *Quantifier])),
        if_exists=not null and draw(st.booleans()),
    )
    values = st.lists(st.sampled_from(OF_FAMILY[base.family]), min_size=1, max_size=3, unique=True)
    return Condition(operator, NAME, tuple(draw(values)))


@given(
    listed=st.lists(conditions(), min_size=1, max_size=4),
    values=st.lists(st.sampled_from(REQUEST_VALUES), max_size=3, unique=True),
    variables=st.booleans(),
)
def test_a_mask_says_of_conditions_what_the_evaluator_says(
    *, listed: list[Condition], values: list[str], variables: bool
) -> None:
    key = Key(NAME, lambda _: None)
    for place, condition in enumerate(listed):
        key.add(condition, 1 << place, variables=variables)
    failing, _ = key.judged(tuple(values))

    context = {NAME: tuple(values)} if values else {}
    for place, condition in enumerate(listed):
        assert condition_holds(condition, context, variables=variables) is not bool(failing >> place & 1), condition


ACTIONS = ("s3:GetObject", "s3:GetObjectAcl", "s3:ListBucket", "s3:PutObject", "sqs:SendMessage")


@given(
    globs=st.lists(st.text("s3:getOBJ*?clP", max_size=8) | st.sampled_from(ACTIONS), min_size=1, max_size=3),
    negated=st.booleans(),
)
def test_a_set_of_actions_holds_what_the_evaluator_says_is_covered(*, globs: list[str], negated: bool) -> None:
    table = ActionTable(ACTIONS)
    patterns = Patterns(tuple(globs), negated)

    covered = set(table.names_in(table.covered(patterns)))

    assert covered == {action for action in ACTIONS if actions_match(patterns, action)}

import pytest

from sekisho.alerts.patterns import hints, parse_pattern

HINTED = {
    "$or as a field": ('{"$or": [{"prefix": "x"}]}', "`$or` is taken as the name of a field"),
    "a field in a branch and outside": (
        '{"source": ["x"], "$or": [{"source": ["y"]}, {"detail": {"a": ["z"]}}]}',
        "`source` is named again at `$or[0].source`",
    ),
    "a repeated name": ('{"source": ["x"], "source": ["y"]}', "`source` is named again at `source`"),
    "text after the pattern": ('{"source": ["x"]} {}', "what follows the pattern is ignored"),
    "a name that AWS writes otherwise": ('{"detailType": ["x"]}', "did you mean `detail-type`?"),
    "a name that stands in detail": ('{"eventName": ["x"]}', "events have no `eventName` at the top"),
    "an operator as a field": (
        '{"detail": {"prefix": ["x"]}}',
        "`prefix` in `detail.prefix` is taken as the name of a field",
    ),
    "an account as a number": ('{"account": [111122223333]}', "account ids are texts"),
    "a wildcard without a star": ('{"source": [{"wildcard": "x"}]}', "has no star"),
    "a wildcard that is a prefix": ('{"source": [{"wildcard": "aws.*"}]}', "could be `prefix` or `suffix`"),
    "nothing to exclude": ('{"source": [{"anything-but": {"prefix": []}}]}', "lists nothing"),
    "more than the quota": (
        '{"source": ["x"' + ', "x"' * 500 + "]}",
        "the pattern has 2,517 characters, the quota is 2,048 until AWS raises it; without spaces it has 2,016",
    ),
}


@pytest.mark.parametrize(("text", "said"), HINTED.values(), ids=HINTED)
def test_what_was_surely_not_meant_is_told(text: str, said: str) -> None:
    (hint,) = hints(parse_pattern(text))

    assert said in hint


def test_there_is_nothing_to_say_of_a_good_pattern() -> None:
    text = """{"source": ["aws.iam"], "detail": {"eventName": [{"wildcard": "*Access*"}],
        "$or": [{"errorCode": [{"exists": false}]}, {"userIdentity": {"type": ["Root"]}}]}}"""

    assert hints(parse_pattern(text)) == ()

"""What policies mean for one request: the specification, in the plainest code.

Everything that `sekisho.reasoning` says of all requests is checked here on single ones. This layer knows nothing of
accounts, zones of trust or what AWS answered; it gets a policy and a request and says allow, deny or no match.
"""

from sekisho.evaluation.decide import (
    Decision,
    Outcome,
    StatementsTest,
    decide,
    evaluate_policy,
    outcome_of,
    statement_matches,
)
from sekisho.evaluation.request import Caller, CallerKind, Request

__all__ = [
    "Caller",
    "CallerKind",
    "Decision",
    "Outcome",
    "Request",
    "StatementsTest",
    "decide",
    "evaluate_policy",
    "outcome_of",
    "statement_matches",
]

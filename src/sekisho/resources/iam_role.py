"""IAM roles: who may assume one, by its trust policy."""

from functools import lru_cache

from sekisho.evaluation import CallerKind
from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Gate, Target, View
from sekisho.resources.answers import UnexpectedAnswerError, answer, object_in, require_read
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import Exposure, Way
from sekisho.resources.snapshot import RawResource

_ASKED_BY = {
    "sts:AssumeRole": frozenset({CallerKind.AWS}),
    "sts:AssumeRoleWithSAML": frozenset({CallerKind.SAML}),
    "sts:AssumeRoleWithWebIdentity": frozenset({CallerKind.WEB_IDENTITY}),
}
"""Who can make each call at all; the rest goes with one of these. Source: AWS STS API reference."""

CARRIED_ALONG = frozenset({"sts:TagSession", "sts:SetSourceIdentity"})
"""Permissions that add to a call above and are nothing alone. Source: IAM User Guide, "Passing session tags"."""


def read_role(resource: RawResource) -> Exposure:
    """Read the trust policy of a role.

    Raises:
        ReadingError: the trust policy could not be read or understood.
    """
    require_read(resource)
    role = object_in(answer(resource, "iam.get_role"), "Role")
    document = policy_document("TrustPolicy", role.get("AssumeRolePolicyDocument"), resource.arn)
    if document is None:
        raise UnexpectedAnswerError("the answer to iam.get_role has no trust policy")
    views = (View(resource.arn),)
    actions = cross_account_table(_TYPE)
    wanted = tuple([Target(some, views, callers=callers) for some, callers in _asked_by()])
    way = Way((Gate((document,)),), wanted, actions, carried_along=actions.known(CARRIED_ALONG))
    return Exposure((way,), _CALLERS)


_TYPE = "AWS::IAM::Role"
_CALLERS = frozenset({CallerKind.AWS, CallerKind.SAML, CallerKind.WEB_IDENTITY})


@lru_cache(maxsize=1)
def _asked_by() -> tuple[tuple[int, frozenset[CallerKind]], ...]:
    """Return the actions on a role in sets, each with the kinds of caller that can ask for them; none is any kind."""
    actions = cross_account_table(_TYPE)
    anyone = actions.all & ~actions.set_of(_ASKED_BY)
    return (*((actions.set_of([name]), callers) for name, callers in _ASKED_BY.items()), (anyone, frozenset()))

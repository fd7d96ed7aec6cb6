"""S3 general purpose buckets: policy, ACL, access points, and the blocks that neutralise them.

Source: Amazon S3 User Guide, "Access control in Amazon S3", "Blocking public access to your Amazon S3 storage",
"Access control list (ACL) overview".
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from sekisho.policy import EVERYONE, Principal, PrincipalForm, Principals
from sekisho.policy.catalogue import cross_account_actions, cross_account_table
from sekisho.reasoning import Gate, Target, View
from sekisho.resources.answers import answer, object_in, objects_in, require_read, text_in
from sekisho.resources.documents import Grant, grants_document, policy_document
from sekisho.resources.exposure import SIGNED_OR_ANONYMOUS, Exposure, Way
from sekisho.resources.s3_access_points import Blocks, Bucket, access_point_ways, blocks_in
from sekisho.resources.s3_public import is_public
from sekisho.resources.snapshot import Json, RawResource

_OPTIONAL_CALLS = frozenset(
    {"s3.get_bucket_location", "s3.get_bucket_ownership_controls", "s3.get_bucket_policy_status"}
)
_GROUPS = "http://acs.amazonaws.com/groups/"
_AUTHENTICATED_USERS = f"{_GROUPS}global/AuthenticatedUsers"  # every caller who signs, with whatever account
_PUBLIC_GROUPS = frozenset({f"{_GROUPS}global/AllUsers", _AUTHENTICATED_USERS})
_ACL_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject",),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
"""Source: Amazon S3 User Guide, "Mapping of ACL permissions and access policy permissions"."""

_FULL_CONTROL = tuple(action for actions in _ACL_ACTIONS.values() for action in actions)


def read_bucket(resource: RawResource) -> Exposure:
    """Read everything that decides who gets at a bucket.

    Raises:
        ReadingError: some of it could not be read or understood.
    """
    require_read(resource, optional=_OPTIONAL_CALLS)
    blocks = _blocks(resource)
    policy = policy_document("BucketPolicy", answer(resource, "s3.get_bucket_policy").get("Policy"), resource.arn)
    acl = answer(resource, "s3.get_bucket_acl")
    owner = text_in(object_in(acl, "Owner"), "ID")
    canonical_ids = frozenset({owner} if owner else ())
    notes: list[str] = []
    if policy is not None and blocks.restrict_public_buckets and is_public(policy.policy):
        notes.append(
            "Block Public Access (RestrictPublicBuckets) leaves its public BucketPolicy to its own account alone"
        )
        return Exposure((), SIGNED_OR_ANONYMOUS, canonical_ids=canonical_ids, notes=tuple(notes))
    documents = [policy] if policy is not None else []
    grants = grants_document(
        "BucketAcl", [] if _acls_are_disabled(resource) else _acl_grants(acl, owner, blocks, notes), resource.arn
    )
    if grants is not None:
        documents.append(grants)
    if not documents:
        notes.append("neither a BucketPolicy nor a BucketAcl opens it: only its own account gets in")
        return Exposure((), SIGNED_OR_ANONYMOUS, canonical_ids=canonical_ids, notes=tuple(notes))
    gate = Gate(tuple(documents))
    actions = cross_account_table(_TYPE)
    ways = [Way((gate,), _targets(resource.arn), actions, narrow=blocks.restrict_public_buckets)]
    ways += access_point_ways(Bucket(resource, "s3", gate, blocks, partial(_targets, resource.arn)), notes)
    return Exposure(tuple(ways), SIGNED_OR_ANONYMOUS, canonical_ids=canonical_ids, notes=tuple(notes))


def _blocks(resource: RawResource) -> Blocks:
    """The strictest of account and bucket holds."""
    of_bucket = answer(resource, "s3.get_public_access_block")
    of_account = answer(resource, "s3control.get_public_access_block")
    member = "PublicAccessBlockConfiguration"
    return blocks_in(object_in(of_bucket, member)) | blocks_in(object_in(of_account, member))


def _acl_grants(acl: Mapping[str, Json], owner: str | None, blocks: Blocks, notes: list[str]) -> Iterator[Grant]:
    """Yield what an ACL gives to others than the owner."""
    for place, grant in enumerate(objects_in(acl, "Grants")):
        grantee = object_in(grant, "Grantee")
        group, canonical_id = text_in(grantee, "URI"), text_in(grantee, "ID")
        if group in _PUBLIC_GROUPS and blocks.ignore_public_acls:
            notes.append(f"Block Public Access (IgnorePublicAcls) takes Grants[{place}] of its BucketAcl away")
            continue
        principal = _grantee(group, canonical_id)
        if principal is not None and (canonical_id is None or canonical_id != owner):
            signed = (("Null", "aws:PrincipalArn", "false"),) if group == _AUTHENTICATED_USERS else ()
            actions = _ACL_ACTIONS.get(text_in(grant, "Permission") or "", _FULL_CONTROL)
            yield Grant(f"Grants[{place}]", Principals((principal,)), actions, signed)


def _acls_are_disabled(resource: RawResource) -> bool:
    controls = object_in(answer(resource, "s3.get_bucket_ownership_controls"), "OwnershipControls")
    return any(rule.get("ObjectOwnership") == "BucketOwnerEnforced" for rule in objects_in(controls, "Rules"))


def _grantee(group: str | None, canonical_id: str | None) -> Principal | None:
    """Who a grant is for; log delivery is an AWS service, and not reported."""
    if group in _PUBLIC_GROUPS:
        return EVERYONE
    return Principal(PrincipalForm.CANONICAL_USER, canonical_id) if canonical_id else None


_TYPE = "AWS::S3::Bucket"


@lru_cache(maxsize=1)
def _actions_on() -> tuple[int, int]:
    """Return which actions are on the bucket, and which on its objects."""
    table, known = cross_account_table(_TYPE), cross_account_actions(_TYPE)
    of_bucket, of_object = (
        table.set_of(one.name for one in known if kind in one.resource_types) for kind in ("bucket", "object")
    )
    return of_bucket, of_object


def _targets(bucket: str, access_point: str | None = None) -> tuple[Target, Target]:
    on_bucket, on_objects = [View(bucket)], [View(f"{bucket}/")]
    if access_point is not None:
        on_bucket.append(View(access_point))
        on_objects.append(View(f"{access_point}/object/"))
    of_bucket, of_object = _actions_on()
    return Target(of_bucket, tuple(on_bucket)), Target(of_object, tuple(on_objects), open_ended=True)

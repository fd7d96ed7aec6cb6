"""What a principal evidently does though the trail does not record it."""

from sekisho.analyzers.least_privilege import Activity, Evidence, Grant, unrecorded_of
from sekisho.analyzers.least_privilege.activity import Shown, Unmapped

ROLE = "arn:aws:iam::111122223333:role/app"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"


def evidence(call: str) -> Evidence:
    return Evidence(1, shown=(Shown(call, "eu-west-1"),))


def types(activity: Activity, *seen: tuple[str, str]) -> list[str]:
    return [one.resource_type for one in unrecorded_of(activity, seen)]


def test_a_call_that_others_follow_is_a_sign_of_them() -> None:
    asked = evidence("sqs.amazonaws.com GetQueueUrl")
    activity = Activity(ROLE, {Grant("sqs:GetQueueUrl", QUEUE): asked})

    assert types(activity) == ["AWS::SQS::Queue"]
    assert types(activity, ("sqs.amazonaws.com", "ReceiveMessage")) == []


def test_a_key_that_a_service_used_is_a_sign_of_that_services_data() -> None:
    through = (("kms:ViaService", ("s3.eu-west-1.amazonaws.com",)),)
    used = evidence("kms.amazonaws.com Decrypt")

    assert types(Activity(ROLE, {Grant("kms:Decrypt", KEY, through): used})) == ["AWS::S3::Object"]


def test_a_call_that_needs_no_permission_is_a_sign_too() -> None:
    free = {Unmapped("s3.amazonaws.com", "ListBuckets", ""): evidence("s3.amazonaws.com ListBuckets")}

    assert types(Activity(ROLE, free=free)) == ["AWS::S3::Object"]

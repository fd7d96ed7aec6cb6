"""Amazon SQS queues and their access policies."""

from functools import partial
from urllib.parse import urlsplit

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Read, answer, says_gone
from sekisho.resources.snapshot import ApiCall, RawResource

GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
"""The same in the two protocols of SQS. Source: API reference, "GetQueueAttributes"."""

ATTRIBUTES = ("QueueArn", "Policy", "KmsMasterKeyId")


def _find_queues(aws: Account, region: str) -> Found:
    listed = aws.list("sqs.list_queues", region)
    return Found(tuple(partial(_queue, aws, region, url) for url in listed.items), listed.failed)


def _queue(aws: Account, region: str, url: str) -> RawResource:
    made = aws.call("sqs.get_queue_attributes", region, QueueUrl=url, AttributeNames=list(ATTRIBUTES))
    arn = answer(made).get("Attributes", {}).get("QueueArn") or _arn_of(url, aws, region)
    return RawResource("AWS::SQS::Queue", arn, aws.account_id, region, (made,))


def _arn_of(url: str, aws: Account, region: str) -> str:
    """Return the ARN of a queue that would not describe itself; its URL ends in its name."""
    return f"arn:{aws.partition}:sqs:{region}:{aws.account_id}:{_name_in(url)}"


def _name_in(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def _read_queue(aws: Account, region: str, arn: str) -> RawResource | ApiCall | None:
    """Read a queue whose URL the listing tells. One that a whole listing lacks does not exist.

    Source: API reference, "ListQueues": it names the account's own queues, whatever their policies say of the caller.
    """
    name = arn.rpartition(":")[2]
    listed = aws.list("sqs.list_queues", region, QueueNamePrefix=name)
    url = next((one for one in listed.items if _name_in(one) == name), None)
    if url is None:
        return listed.failed[0] if listed.failed else None
    found = _queue(aws, region, url)
    return None if says_gone(found.api_calls[0], *GONE) else found


QUEUES = Collector(
    title="SQS queues",
    reads={
        # Without a page size SQS returns the first thousand and no token. Source: API reference, "ListQueues".
        "sqs.list_queues": Read("sqs:ListQueues", keep=("QueueUrls",), page_size=1000),
        "sqs.get_queue_attributes": Read(
            "sqs:GetQueueAttributes", keep=tuple(f"Attributes.{name}" for name in ATTRIBUTES), needs=("Attributes",)
        ),
    },
    find=_find_queues,
    arns=ArnForm("sqs", r"[A-Za-z0-9_-]{1,80}(\.fifo)?"),
    read_one=_read_queue,
)

"""Amazon SQS queues and their access policies."""

from functools import partial
from urllib.parse import urlsplit

from sekisho.collectors.collector import Account, Collector, Found, Read, answer
from sekisho.resources.snapshot import RawResource

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
    name = urlsplit(url).path.rpartition("/")[2]
    return f"arn:{aws.partition}:sqs:{region}:{aws.account_id}:{name}"


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
)

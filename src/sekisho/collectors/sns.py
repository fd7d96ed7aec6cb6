"""Amazon SNS topics and their access policies."""

from functools import partial

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Read, says_gone
from sekisho.resources.snapshot import RawResource


def _find_topics(aws: Account, region: str) -> Found:
    listed = aws.list("sns.list_topics", region)
    return Found(tuple(partial(_topic, aws, region, topic["TopicArn"]) for topic in listed.items), listed.failed)


def _topic(aws: Account, region: str, arn: str) -> RawResource:
    made = aws.call("sns.get_topic_attributes", region, TopicArn=arn)
    return RawResource("AWS::SNS::Topic", arn, aws.account_id, region, (made,))


def _read_topic(aws: Account, region: str, arn: str) -> RawResource | None:
    found = _topic(aws, region, arn)
    return None if says_gone(found.api_calls[0], "NotFound", "NotFoundException") else found


TOPICS = Collector(
    title="SNS topics",
    reads={
        "sns.list_topics": Read("sns:ListTopics", keep=("Topics.TopicArn",), needs=("Topics.TopicArn",)),
        "sns.get_topic_attributes": Read(
            "sns:GetTopicAttributes",
            keep=("Attributes.TopicArn", "Attributes.Owner", "Attributes.Policy", "Attributes.KmsMasterKeyId"),
            needs=("Attributes",),
        ),
    },
    find=_find_topics,
    arns=ArnForm("sns", r"[A-Za-z0-9_-]{1,256}(\.fifo)?"),
    read_one=_read_topic,
)

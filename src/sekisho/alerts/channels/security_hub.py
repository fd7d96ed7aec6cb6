"""AWS Security Hub: each message is a finding of the default product of an account.

Messages with the same dedup key are one finding, which a later one updates, and one that says it is over resolves.

Source: AWS Security Hub API reference, `BatchImportFindings`, `AwsSecurityFinding`; AWS Security Hub User Guide, "Types
taxonomy for ASFF".
"""

import re
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from sekisho.alerts.channels.aws import AwsClients, aws_failure, code_failure
from sekisho.alerts.channels.document import plain_text
from sekisho.alerts.channels.texts import clipped, in_utc, iso, line, link_target, octets, said, said_in_line
from sekisho.alerts.channels.whole import common_advice, common_links
from sekisho.alerts.message import Message

SCHEMA_VERSION: Final = "2018-10-08"
PRODUCT: Final = "Sekisho"

LONGEST_TITLE: Final = 256
LONGEST_DESCRIPTION: Final = 1024
LONGEST_ADVICE: Final = 512
LONGEST_FIELD: Final = 2048
LONGEST_GENERATOR: Final = 512
LONGEST_NAME: Final = 120
LONGEST_URL: Final = 500
MOST_FACTS: Final = 30
MOST_RESOURCES: Final = 10

CALL_TYPE: Final = "Unusual Behaviors/User"
FINDING_TYPE: Final = "Software and Configuration Checks/AWS Security Best Practices"
OUR_SOURCE: Final = "aws.access-analyzer"

_ARN: Final = re.compile(r"arn:aws[a-z-]*:[\x21-\x7e]{1,500}")
_ACCOUNT: Final = re.compile("[0-9]{12}")
_IDS: Final = UUID("3f0b8c51-9a0e-5b52-9d3a-8a7c5f5f6b21")

Json: TypeAlias = dict[str, Any]


class Product(msgspec.Struct, frozen=True):
    """The product of an account that a finding is imported for."""

    partition: str
    region: str
    account: str

    @property
    def arn(self) -> str:
        """The ARN of the default product."""
        owner = f"{self.partition}:securityhub:{self.region}:{self.account}"
        return f"arn:{owner}:product/{self.account}/default"


def render_security_hub(message: Message, product: Product) -> Json:
    """Return the finding for a message."""
    event = _event(message.entries[0].envelope)
    rating = {
        "Severity": {"Label": message.severity.name, "Original": message.severity.name},
        "Types": [FINDING_TYPE if event.source == OUR_SOURCE else CALL_TYPE],
    }
    title = said_in_line(message.title, message.timezone) or line(message.rule) or PRODUCT
    finding: Json = {
        "SchemaVersion": SCHEMA_VERSION,
        "Id": f"sekisho-alert/{uuid5(_IDS, line(message.dedup_key))}",
        "ProductArn": product.arn,
        "ProductName": PRODUCT,
        "CompanyName": PRODUCT,
        "GeneratorId": clipped(f"sekisho/alerts/{line(message.rule)}", LONGEST_GENERATOR, octets),
        "AwsAccountId": product.account,
        **rating,
        "FindingProviderFields": rating,
        **_times(message),
        "Title": clipped(title, LONGEST_TITLE, octets),
        "Description": clipped(_description(message), LONGEST_DESCRIPTION, octets),
        "ProductFields": _fields(message),
        "Resources": _resources(event, product),
        "Workflow": {"Status": "RESOLVED" if message.is_resolved else "NEW"},
        "RecordState": "ARCHIVED" if message.is_resolved else "ACTIVE",
    }
    if advice := said(common_advice(message), message.timezone):
        recommendation = {"Text": clipped(advice, LONGEST_ADVICE, octets)}
        finding["Remediation"] = {"Recommendation": recommendation | _first_link(message)}
    return finding


def _times(message: Message) -> dict[str, str]:
    """Return the times; Security Hub takes an update only where it is the later one."""
    times = [in_utc(one.at) for one in message.entries]
    first, last = iso(min(times)), iso(max(times))
    return {"CreatedAt": first, "UpdatedAt": last, "FirstObservedAt": first, "LastObservedAt": last}


def _description(message: Message) -> str:
    """Return the message as text, but for its title."""
    return plain_text(message).partition("\n\n")[2].strip() or PRODUCT


def _fields(message: Message) -> dict[str, str]:
    """Return what ASFF has no place for."""
    facts = [(one.label, said_in_line(one.value, message.timezone)) for one in message.entries[0].facts[:MOST_FACTS]]
    ids = {"messageId": message.id, "dedupKey": message.dedup_key, "eventId": message.entries[0].event_id}
    texts = {
        clipped(f"sekisho/{line(name)}", LONGEST_NAME, octets): line(text) for name, text in [*facts, *ids.items()]
    }
    fields = {name: clipped(text, LONGEST_FIELD, octets) for name, text in texts.items() if text}
    return {"ProviderName": PRODUCT, **fields}


def _first_link(message: Message) -> dict[str, str]:
    urls = [url for one in common_links(message) if (url := link_target(one.url)) and len(url) <= LONGEST_URL]
    return {"Url": urls[0]} if urls else {}


# --- what it happened to


class _Detail(msgspec.Struct):
    resource: str = ""


class _Event(msgspec.Struct):
    """The parts of an event that say what it is about."""

    source: str = ""
    account: str = ""
    resources: list[str] = []
    detail: _Detail = msgspec.field(default_factory=_Detail)


def _event(envelope: str) -> _Event:
    """Return an event; an empty one where it cannot be read."""
    try:
        return msgspec.json.decode(envelope, type=_Event)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _Event()


def _resources(event: _Event, product: Product) -> list[Json]:
    """Return the resource of a finding, or those that a call names; else the account that it was made in."""
    place = {"Partition": product.partition, "Region": product.region}
    named = [event.detail.resource] if event.source == OUR_SOURCE else event.resources
    arns = [one for one in named if _ARN.fullmatch(one)][:MOST_RESOURCES]
    if arns:
        return [{"Type": "Other", "Id": one, **place} for one in arns]
    account = event.account if _ACCOUNT.fullmatch(event.account) else product.account
    return [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account}", **place}]


class SecurityHubChannel:
    """The default product of an account in Security Hub."""

    def __init__(self, region: str | None, account: str | None, clients: AwsClients) -> None:
        self._region = region
        self._account = account
        self._clients = clients
        self._opened: tuple[Any, Product] | None = None

    @property
    def place(self) -> str:
        """The account and the Region, where they are known."""
        where = f"{f' of {self._account}' if self._account else ''}{f' in {self._region}' if self._region else ''}"
        return f"Security Hub{where}"

    def send(self, message: Message) -> None:
        """Import the finding. Security Hub answers with status 200 and a count of what it has not taken."""
        try:
            client, product = self._opened = self._opened or self._open()
            answer = client.batch_import_findings(Findings=[render_security_hub(message, product)])
        except (ClientError, BotoCoreError) as error:
            raise aws_failure(error, self.place) from error
        if answer.get("FailedCount"):
            (failed,) = answer["FailedFindings"]
            raise code_failure(str(failed.get("ErrorCode")), str(failed.get("ErrorMessage", "")), self.place)

    def _open(self) -> tuple[Any, Product]:
        client = self._clients("securityhub", self._region)
        account = self._account or str(self._clients("sts", self._region).get_caller_identity()["Account"])
        return client, Product(client.meta.partition, client.meta.region_name, account)

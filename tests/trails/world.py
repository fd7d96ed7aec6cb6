"""The accounts of a trail and the things in them: what the placeholders of the catalogue stand for."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from trails.secrets import PLANTED

PROD: Final = "111122223333"
DATA: Final = "444455556666"
TOOLS: Final = "777788889999"
GOV: Final = "123456789012"
CHINA: Final = "210987654321"
STRANGER: Final = "999988887777"


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of AWS, as far as a trail shows it."""

    name: str
    dns: str
    regions: tuple[str, ...]
    idle_regions: tuple[str, ...]

    @property
    def home(self) -> str:
        """The region that has the events of services that are everywhere."""
        return self.regions[0]


COMMERCIAL: Final = Partition(
    "aws", "amazonaws.com", ("us-east-1", "eu-west-1", "eu-central-1"), ("ap-southeast-2", "sa-east-1")
)
PARTITIONS: Final[Mapping[str, Partition]] = {
    PROD: COMMERCIAL,
    DATA: COMMERCIAL,
    TOOLS: COMMERCIAL,
    GOV: Partition("aws-us-gov", "amazonaws.com", ("us-gov-west-1", "us-gov-east-1"), ()),
    CHINA: Partition("aws-cn", "amazonaws.com.cn", ("cn-north-1", "cn-northwest-1"), ()),
}
"""The partition of each account whose trail there is."""

ACROSS: Final[Mapping[str, str]] = {PROD: DATA, DATA: PROD, TOOLS: PROD}
"""The account whose things the principals of an account use beside their own."""

WORDS: Final = ("orders", "billing", "search", "ingest", "reports", "media", "fraud", "catalog", "mailer", "ledger")

HEX_IDS: Final = {
    "instance": "i",
    "volume": "vol",
    "subnet": "subnet",
    "vpc": "vpc",
    "security_group": "sg",
    "interface": "eni",
    "image": "ami",
    "snapshot": "snap",
    "route_table": "rtb",
    "gateway": "igw",
    "allocation": "eipalloc",
    "launch_template": "lt",
    "nat_gateway": "nat",
    "endpoint": "vpce",
    "file_system": "fs",
}
"""Placeholder -> what EC2 and EFS put before the 17 digits of such an id."""

UUIDS: Final = frozenset(
    {"kms_key", "other_kms_key", "certificate", "event_source_mapping", "stack_id", "plan", "subscription"}
)
SHORT_IDS: Final = {
    "balancer_id": ("", 16),
    "target_group_id": ("", 16),
    "listener_id": ("", 16),
    "rule_id": ("", 16),
    "rest_api": ("a", 9),
    "api_resource": ("r", 5),
    "distribution": ("E", 13),
    "zone": ("Z", 13),
    "change": ("C", 13),
    "user_pool": ("eu-west-1_", 9),
    "table_backup": ("01780000000000-", 8),
}
"""Placeholder -> beginning and number of digits of other ids that AWS makes."""

SHAPES: Final = {
    "bucket": "{word}-{account}-lake",
    "source_bucket": "{word}-{account}-landing",
    "log_group": "/aws/lambda/{word}-worker",
    "log_stream": "app/{word}/0123456789abcdef",
    "parameter": "{word}/live/database-url",
    "parameter_folder": "{word}/live",
    "folder": "year=2026/{word}",
    "secret_name": "live/{word}/database",
    "repository": "team/{word}",
    "named_user": "{word}.person",
    "other": "{account}",
    "session": "{word}-session",
}
"""Placeholder -> how such names are made, where `<word>-<placeholder>` would not do."""

KEYS: Final = 250
"""How many objects of a bucket a principal touches."""
ODD_KEYS: Final = ("odd/all*of?them.txt", "odd/price-in-$.csv", "odd/${aws:username}.txt", "odd/with blank é+%20.txt")
"""Names of objects that a policy must not take for patterns or variables."""

Values = dict[str, str]


def things(rng: Random, name: str, account: str) -> tuple[str, ...]:
    """Return what a placeholder can stand for in an account: ten of them, or all objects of a folder."""
    if name in {"key", "source_key"}:
        folders = rng.sample(WORDS, 3)
        keys = (f"{rng.choice(folders)}/2026/{number % 12 + 1:02}/part-{number:05}.parquet" for number in range(KEYS))
        return (*keys, *ODD_KEYS) if name == "key" else tuple(keys)
    return tuple(_thing(rng, name, word, account) for word in WORDS)


def _thing(rng: Random, name: str, word: str, account: str) -> str:
    if name in HEX_IDS:
        return f"{HEX_IDS[name]}-0{_hex(rng, 16)}"
    if name in UUIDS:
        return new_uuid(rng)
    if name in SHORT_IDS:
        start, digits = SHORT_IDS[name]
        return start + (_upper(rng, digits) if start.isupper() else _hex(rng, digits))
    if name.endswith("_role"):
        return _role_name(name, word)
    return SHAPES.get(name, "{word}-" + name.replace("_", "-")).format(word=word, account=account)


def _role_name(name: str, word: str) -> str:
    """Return the name of a role, with its path; instance profiles and bare names have none."""
    pathless = name in {"ec2_role", "bare_glue_role"} or word < "i"
    return ("" if pathless else "service-role/") + f"{word}-{name.replace('_', '-')}"


def new_uuid(rng: Random) -> str:
    """Return a UUID of version 4."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _hex(rng: Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _upper(rng: Random, digits: int) -> str:
    return "".join(rng.choices(UPPER, k=digits))


FRESH: Final[Mapping[str, Callable[[Random], str]]] = {
    "fresh_uuid": new_uuid,
    "fresh_hex8": lambda rng: _hex(rng, 8),
    "fresh_hex17": lambda rng: "0" + _hex(rng, 16),
    "fresh_hex32": lambda rng: _hex(rng, 32),
    "fresh_hex40": lambda rng: _hex(rng, 40),
    "fresh_upper12": lambda rng: _upper(rng, 12),
    "fresh_upper16": lambda rng: _upper(rng, 16),
    "fresh_upper17": lambda rng: _upper(rng, 17),
    "secret": lambda rng: rng.choice(PLANTED),
}
"""Placeholders that stand for something else in every event."""

OF_EVENT: Final = frozenset({"p", "r", "a", "me", "dns", "day_path"})
"""Placeholders that the event itself decides."""

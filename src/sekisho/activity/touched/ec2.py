"""Resources of EC2, whose ids say what they are, wherever in the parameters they stand.

Source: Amazon EC2 User Guide, "Resource IDs"; Service Authorization Reference, Amazon EC2.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sekisho.activity.touched.parameters import texts_at, texts_in
from sekisho.activity.touched.plan import ANY, rows_of
from sekisho.policy.patterns import literal

PREFIXES: Final[Mapping[str, str]] = {
    "acl": "network-acl",
    "afi": "fpga-image",
    "ami": "image",
    "aki": "image",
    "ari": "image",
    "cagw": "carrier-gateway",
    "cgw": "customer-gateway",
    "cr": "capacity-reservation",
    "crf": "capacity-reservation-fleet",
    "cvpn-endpoint": "client-vpn-endpoint",
    "dopt": "dhcp-options",
    "eice": "instance-connect-endpoint",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "export-ami": "export-image-task",
    "export-i": "export-instance-task",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "h": "dedicated-host",
    "hr": "host-reservation",
    "i": "instance",
    "iew": "instance-event-window",
    "igw": "internet-gateway",
    "import-ami": "import-image-task",
    "import-snap": "import-snapshot-task",
    "ipam": "ipam",
    "ipam-pool": "ipam-pool",
    "ipam-res-disco": "ipam-resource-discovery",
    "ipam-res-disco-assoc": "ipam-resource-discovery-association",
    "ipam-scope": "ipam-scope",
    "ipv4pool-ec2": "ipv4pool-ec2",
    "ipv6pool-ec2": "ipv6pool-ec2",
    "key": "key-pair",
    "lgw": "local-gateway",
    "lgw-rtb": "local-gateway-route-table",
    "lt": "launch-template",
    "nat": "natgateway",
    "nia": "network-insights-analysis",
    "nip": "network-insights-path",
    "nis": "network-insights-access-scope",
    "nisa": "network-insights-access-scope-analysis",
    "pcx": "vpc-peering-connection",
    "pg": "placement-group",
    "pl": "prefix-list",
    "rs": "route-server",
    "rse": "route-server-endpoint",
    "rsp": "route-server-peer",
    "rtb": "route-table",
    "scr": "subnet-cidr-reservation",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-connect-peer": "transit-gateway-connect-peer",
    "tgw-mcast-domain": "transit-gateway-multicast-domain",
    "tgw-ptb": "transit-gateway-policy-table",
    "tgw-rtb": "transit-gateway-route-table",
    "tmf": "traffic-mirror-filter",
    "tmfr": "traffic-mirror-filter-rule",
    "tms": "traffic-mirror-session",
    "tmt": "traffic-mirror-target",
    "vae": "verified-access-endpoint",
    "vagr": "verified-access-group",
    "vai": "verified-access-instance",
    "vatp": "verified-access-trust-provider",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
    "vpn": "vpn-connection",
}
"""Resource types by the text before the last hyphen of an id. Ids of key pairs and placement groups are in no ARN."""

KINDS: Final = frozenset(PREFIXES.values())
"""The resource types whose ids say that they are one; the parameters of the others are known by name."""

_ID: Final = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*?)-([0-9a-f]{8}|[0-9a-f]{17})")

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "key-pair": ("keyname", "instancesset.keyname", "launchspecification.keyname"),
    "placement-group": ("groupname", "placement.groupname"),
}
"""The parameters with the names of those resources whose ARN has a name. Source: Service Authorization Reference."""

_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "launch-template": ("launchtemplatename", "launchtemplate.launchtemplatename"),
    "security-group": ("groupname", "groupset.groupname"),
}
"""The parameters with names of resources whose ARN has an id, so that nobody knows which one it is."""

_NAMELESS: Final = frozenset(_NAMES)

_CREATING: Final = re.compile(
    "create|run|allocate|copy|import|register|request|purchase|authorize|restore|accept|export|start"
)

_LAUNCHING: Final = frozenset({"image", "instance", "network-interface", "security-group", "subnet", "volume"})
"""What every launch of an instance touches. Source: Amazon EC2 User Guide, "Example policies", launch instances."""

_ALSO_MADE: Final[Mapping[str, frozenset[str]]] = {"createimage": frozenset({"snapshot"})}
"""What operations make that is not in their names. Source: Amazon EC2 API reference, CreateImage."""

READS: Final = frozenset({"keyname", "groupname", "launchtemplatename", "imageid", "groupid"})


def arns_of(action: str, operation: str, parameters: Mapping[str, Any], place: Mapping[str, str]) -> set[str]:
    """Return the ARNs of the resources of an action of EC2 that the parameters name, and patterns of those it makes."""
    ids = dict(_ids(parameters))
    found: set[str] = set()
    for row in rows_of(action, operation):
        kind = row.kind.name
        names = [one for one, of in ids.items() if of == kind and kind not in _NAMELESS]
        names += [literal(text) for text in _texts(parameters, _NAMES.get(kind, ()))]
        is_launched = operation == "runinstances" and kind in _LAUNCHING
        is_made = row.kind.is_required and (_is_made(operation, kind) or kind in _ALSO_MADE.get(operation, ()))
        is_named = any(_texts(parameters, _BY_NAME.get(kind, ())))
        if not names and (is_launched or is_made or is_named):
            names = [ANY]
        if len(row.slots) == 1:
            found |= {row.template.fill({**place, row.slots[0].variable: name}) for name in names}
        elif not row.slots and row.kind.is_required:
            found.add(row.template.fill(place))
    return found


def _texts(parameters: Mapping[str, Any], paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        yield from texts_at(parameters, tuple(path.split(".")))


def _ids(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the ids in the parameters with their resource types."""
    for text in texts_in(parameters):
        found = _ID.fullmatch(text)
        kind = None if found is None else PREFIXES.get(found[1])
        if kind is not None:
            yield text, kind


def _is_made(operation: str, kind: str) -> bool:
    """Say whether an operation has the name of a resource type that it makes."""
    verb = _CREATING.match(operation)
    noun = "" if verb is None else operation[verb.end() :].removesuffix("s")
    plain = kind.replace("-", "")
    return bool(noun) and (plain in noun or noun in plain)

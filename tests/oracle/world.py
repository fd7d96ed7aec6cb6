"""What requests from outside can exist, as constants of a solver with what is known of them.

Written from the descriptions of the keys, beside the reasoner's own account of the same and without looking into it.
Where this world has fewer requests than there are, `exact` says so: what a solver finds in it can still be sent, but
what it does not find is no news.
"""

import string
from dataclasses import dataclass
from itertools import combinations

from oracle.accounts import outside_accounts
from oracle.addresses import ADDRESS_BITS, edges, read_range
from oracle.callers import NOBODY, OWN_TYPES, Callers
from oracle.constants import Constants
from oracle.facts import (
    ADDRESS_KEYS,
    CHOICES,
    ENDPOINT_KEYS,
    IN_EVERY_REQUEST,
    IN_EVERY_SIGNED_REQUEST,
    LOWER_CASE,
    OF_ANONYMOUS,
    OF_SERVICES,
    OF_SIGNED_REQUESTS,
    PRINTABLE,
    is_of_tokens,
)
from oracle.formulas import (
    FALSE,
    TRUE,
    Formula,
    at_most_one,
    conj,
    disj,
    exactly_one,
    implies,
    letters,
    neg,
    text,
)
from oracle.mentions import Mentions, gather
from oracle.spelling import check_spelling
from oracle.texts import Pieces, Unknown, UnsupportedError, member
from oracle.values import (
    FIRST_MOMENT,
    LAST_MOMENT,
    TEXT_FAMILIES,
    Address,
    Moment,
    Number,
    Option,
    Text,
    Value,
)
from sekisho.evaluation import CallerKind
from sekisho.policy.keys import has_type, is_catalogued, is_multivalued
from sekisho.policy.operators import Family
from sekisho.policy.values import parse_date, parse_number
from sekisho.reasoning import Question

MOST_VALUES = 4
"""How many values of a multivalued key are looked at."""

_NUMBER_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of a key, and when it is there; the first is there whenever the key is."""

    present: Formula
    value: Value


class World(Constants):
    """The constants of everything in a request; those of a key are made when it is first asked for.

    Raises:
        UnsupportedError: somebody may call whom the oracle does not know.
    """

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.known = question.world
        self.mentions: Mentions = gather(question)
        self._slots: dict[str, tuple[Slot, ...]] = {}
        if not question.world.callers <= {CallerKind.AWS, CallerKind.ANONYMOUS}:
            raise UnsupportedError("federated callers")
        self.exact &= check_spelling(self.known, self.mentions)
        accounts, complete = outside_accounts(question.world, self.mentions)
        self.exact &= complete
        self.callers = Callers(self, question.world, self.mentions, accounts)

    @property
    def _inside(self) -> frozenset[str]:
        return self.known.inside.accounts

    # Keys.

    def slots(self, key: str) -> tuple[Slot, ...]:
        """Return the values a request can have for a key."""
        if key not in self._slots:
            self._slots[key] = self._make_slots(key)
        return self._slots[key]

    @property
    def asked_keys(self) -> tuple[str, ...]:
        """The keys that some formula is about."""
        return tuple(self._slots)

    def present(self, key: str) -> Formula:
        """Say when a request has a key."""
        slots = self.slots(key)
        return slots[0].present if slots else FALSE

    def options_of(self, key: str) -> tuple[tuple[Option, ...], Formula]:
        """Return the ways the only value of a key can be made, and when it has none, or several."""
        slots = self.slots(key)
        if not slots:
            return (), TRUE
        alone = conj((slots[0].present, *(neg(slot.present) for slot in slots[1:])))
        value = slots[0].value
        if not isinstance(value, Text):
            raise UnsupportedError("a variable whose value is no text")
        return tuple(Option(one.guard | ({alone} - {TRUE}), one.pieces) for one in value.options), neg(alone)

    def keep_small(self, unknown: Unknown) -> None:
        """Look only at requests in which a text has no capitals."""
        form = '(re.* (re.diff re.allchar (re.range "A" "Z")))'
        self.restrict(f"(str.in_re {unknown.name} {form})")

    def _make_slots(self, key: str) -> tuple[Slot, ...]:
        if key in self.known.given:
            return tuple(Slot(TRUE, Text((Option(frozenset(), (one,)),))) for one in self.known.given[key])
        if key in _CALLER:
            return self._caller_slots(key)
        if key in {"aws:principalorgid", "aws:principalorgpaths"}:
            return self._organization(key, neg(NOBODY), "org")
        if key == "aws:sourceip" or key in ENDPOINT_KEYS:
            return self._network(key)
        if key.startswith("aws:source") and key.removeprefix("aws:source") in _SOURCE:
            return self._source(key)
        service, _, name = key.partition(":")
        if service in {"s3", "s3express"} and name in _ACCESS_POINT:
            return self._access_point(service, name)
        return self._single(key)

    def _caller_slots(self, key: str) -> tuple[Slot, ...]:
        signed = neg(NOBODY)
        match key:
            case "aws:principalarn":
                return (Slot(signed, self.callers.principal_arn),)
            case "aws:principalaccount":
                anonymous = Option(frozenset({NOBODY}), ("anonymous",))
                return (Slot(TRUE, Text((anonymous, *self.callers.account.options))),)
            case "kms:calleraccount":
                return (Slot(signed, self.callers.account),)
            case "aws:userid":
                present = disj((NOBODY, *OWN_TYPES))
                return (Slot(present, self.callers.user_id),)
            case "aws:username":
                return (Slot("t@user", Text((Option(frozenset({"t@user"}), (self.callers.name,)),))),)
            case _:
                options = [Option(frozenset({NOBODY}), ("Anonymous",))]
                options += [Option(frozenset({kind}), (shown,)) for kind, shown in OWN_TYPES.items()]
                for place in range(len(self.callers.odd_callers)):
                    options.append(Option(frozenset({f"t@odd{place}"}), ("AssumedRole",)))
                return (Slot(TRUE, Text(tuple(options))),)

    def _network(self, key: str) -> tuple[Slot, ...]:
        direct = self.fact("direct")
        if self.known.given.get("aws:sourceip") == ():
            self.constraints.append(neg(direct))
        if key == "aws:sourceip":
            return (Slot(direct, self._address("ip", key)),)
        if key in ADDRESS_KEYS:
            return (Slot(neg(direct), self._address("vpc_ip", key)),)
        chosen = [self.fact(f"e@{place}") for place in range(len(self._numbered))]
        self.constraints.append(exactly_one(chosen))
        vpc = self.unknown("vpc", LOWER_CASE, least=1)
        if key in {"aws:vpceorgid", "aws:vpceorgpaths"}:
            return self._organization(key, neg(direct), "endpoint_org")
        if key == "aws:sourcevpce":
            options = [Option(frozenset(), (self.unknown("vpce", LOWER_CASE, least=1),))]
        elif key == "aws:sourcevpc":
            options = [Option(frozenset(), (vpc,))]
        else:
            head, region = f"arn:{self.known.partition}:ec2:", self.unknown("endpoint_region", LOWER_CASE, least=1)
            options = [
                Option(
                    frozenset({f"e@{place}"}),
                    (account,) if key == "aws:vpceaccount" else (head, region, f":{account}:vpc/", vpc),
                )
                for place, account in enumerate(self._numbered)
            ]
        return (Slot(neg(direct), Text(tuple(options))),)

    def _organization(self, key: str, within: Formula, name: str) -> tuple[Slot, ...]:
        """Return the id of an organization that is not trusted, or the path that begins with it."""
        present = conj((within, self.fact(f"in_{name}")))
        org = self.unknown(name, LOWER_CASE, least=1)
        if (own := self.known.inside.organization_id) is not None:
            self.constraints.append(implies(present, f"(not (= {org.name} {text(own)}))"))
        path: Pieces = (org, "/", self.unknown(f"{name}_path", least=1))
        return (Slot(present, Text((Option(frozenset(), (org,) if key.endswith("id") else path),))),)

    def _source(self, key: str) -> tuple[Slot, ...]:
        calls, shapes = self.fact("sourced"), [self.fact(f"s@{one}") for one in ("plain", "bucket", "logs", "alarm")]
        chosen = [self.fact(f"b@{place}") for place in range(len(self._numbered))]
        self.constraints += [implies(calls, neg(NOBODY)), exactly_one(shapes), exactly_one(chosen)]
        match key:
            case "aws:sourcearn":
                return (Slot(calls, self._source_arn()),)
            case "aws:sourceaccount" | "aws:sourceowner":
                present = calls if key == "aws:sourceaccount" else conj((calls, self.fact("owner_told")))
                options = (Option(frozenset({f"b@{place}"}), (one,)) for place, one in enumerate(self._numbered))
                return (Slot(present, Text(tuple(options))),)
            case _:
                return self._organization(key, calls, "source_org")

    @property
    def _numbered(self) -> list[str]:
        """The accounts that resources may belong to."""
        return list(self.callers.accounts)

    def _source_arn(self) -> Text:
        without_colon = PRINTABLE.replace(":", "")
        letter = letters(without_colon)
        kind = f'(re.opt (re.++ (re.+ {letters("abcdefghijklmnopqrstuvwxyz-")}) (str.to_re ":")))'
        service = self.unknown("source_service", LOWER_CASE, least=1)
        region = self.unknown("source_region", LOWER_CASE)
        tail = self.unknown("source_tail", PRINTABLE, form=f"(re.++ {kind} (re.+ {letter}))")
        bucket = self.unknown("source_bucket", without_colon, least=1)
        partition = self.known.partition
        if any(_crosses(one) for one in self.mentions.values("aws:sourcearn", Family.STRING)):
            self.exact = False
        group = self.unknown("source_group", f"{LOWER_CASE}{string.ascii_uppercase}_/.#", least=1)
        alarm = self.unknown("source_alarm", least=1)
        place_of = self.unknown("source_home", LOWER_CASE, least=1)
        options: list[Option] = []
        for place, one in enumerate(self._numbered):
            shapes: dict[str, Pieces] = {
                "s@plain": (f"arn:{partition}:", service, ":", region, f":{one}:", tail),
                "s@logs": (f"arn:{partition}:logs:", place_of, f":{one}:log-group:", group, ":*"),
                "s@alarm": (f"arn:{partition}:cloudwatch:", place_of, f":{one}:alarm:", alarm),
            }
            options += (Option(frozenset({shape, f"b@{place}"}), pieces) for shape, pieces in shapes.items())
        options.append(Option(frozenset({"s@bucket"}), (f"arn:{partition}:s3:::", bucket)))
        for one in self.known.inside.resources:
            self.constraints.append(implies("s@bucket", neg(member(tuple(one), options[-1].pieces))))
        return Text(tuple(options))

    def _access_point(self, service: str, name: str) -> tuple[Slot, ...]:
        through = self.fact(f"access_point_{service}")
        numbered = {one: self.fact(f"p@{service}{place}") for place, one in enumerate(self._numbered)}
        origins = {one: self.fact(f"o@{service}{one}") for one in ("Internet", "VPC")}
        self.constraints += [exactly_one(list(numbered.values())), exactly_one(list(origins.values()))]
        match name:
            case "accesspointnetworkorigin":
                options = [Option(frozenset({fact}), (one,)) for one, fact in origins.items()]
            case "dataaccesspointaccount":
                options = [Option(frozenset({fact}), (one,)) for one, fact in numbered.items()]
            case _:
                region = self.unknown(f"point_region_{service}", LOWER_CASE)
                point = self.unknown(f"point_name_{service}", least=1)
                head = f"arn:{self.known.partition}:{service}:"
                options = [
                    Option(frozenset({fact}), (head, region, f":{one}:accesspoint/", point))
                    for one, fact in numbered.items()
                ]
        return (Slot(through, Text(tuple(options))),)

    # Keys by themselves.

    def _single(self, key: str) -> tuple[Slot, ...]:
        if key in OF_SERVICES or is_of_tokens(key):
            return ()
        name = f"k{len(self._slots)}"
        if key in IN_EVERY_REQUEST:
            present = TRUE
        elif key in IN_EVERY_SIGNED_REQUEST:
            present = neg(NOBODY)
        else:
            present = self.fact(f"{name}_there")
            if key in OF_SIGNED_REQUESTS or key.startswith("aws:principaltag/"):
                self.constraints.append(implies(present, neg(NOBODY)))
        first = self._value(name, key)
        if key in OF_ANONYMOUS and isinstance(first, Text):
            others = (Option(one.guard | {neg(NOBODY)}, one.pieces) for one in first.options)
            first = Text((Option(frozenset({NOBODY}), (OF_ANONYMOUS[key],)), *others))
        slots = [Slot(present, first)]
        for place in range(1, self._most_values(key)):
            further = self.fact(f"{name}_there{place}")
            self.constraints.append(implies(further, slots[-1].present))
            slots.append(Slot(further, self._value(f"{name}_{place}", key)))
        if key in self.mentions.variables:
            self._keep_apart(slots)
        return tuple(slots)

    def _keep_apart(self, slots: list[Slot]) -> None:
        """A key has no value twice."""
        for one, two in combinations(slots, 2):
            if isinstance(one.value, Text) and isinstance(two.value, Text):
                (first,), (second,) = one.value.options[-1].pieces, two.value.options[-1].pieces
                if isinstance(first, Unknown) and isinstance(second, Unknown):
                    self.constraints.append(implies(two.present, f"(not (= {first.name} {second.name}))"))

    def _most_values(self, key: str) -> int:
        conditions = self.mentions.conditions.get(key, [])
        if not (is_multivalued(key) or (key in self.mentions.with_several and not is_catalogued(key))):
            return 1
        wanted = len(conditions) + (key in self.mentions.variables)
        self.exact &= wanted <= MOST_VALUES
        return max(1, min(wanted, MOST_VALUES))

    def _value(self, name: str, key: str) -> Value:
        """Return a value of the type that the documents compare the key as."""
        families = self.mentions.families(key)
        if key in CHOICES:
            return self._choice(name, CHOICES[key])
        if families == {Family.BOOL} and key not in self.mentions.variables:
            return self._choice(name, ("true", "false"))
        if families <= TEXT_FAMILIES:
            return self._plain_text(name)
        if key in self.mentions.variables or len(families) > 1:
            return self._some_of_all_kinds(name, key)
        (family,) = families
        self.exact &= has_type(key)  # else it may be any other text as well
        match family:
            case Family.NUMERIC:
                return self._number(name, key)
            case Family.DATE:
                return Moment(self.whole(name, FIRST_MOMENT, LAST_MOMENT))
            case Family.ADDRESS:
                return self._address(name, key)
            case _:
                return self._choice(name, _one_of_each_binary(self.mentions.values(key)))

    def _plain_text(self, name: str) -> Text:
        return Text((Option(frozenset(), (self.unknown(name),)),))

    def _choice(self, name: str, listed: tuple[str, ...]) -> Text:
        facts = [self.fact(f"{name}@{place}") for place in range(len(listed))]
        self.constraints.append(exactly_one(facts))
        return Text(tuple(Option(frozenset({fact}), (one,)) for fact, one in zip(facts, listed, strict=True)))

    def _number(self, name: str, key: str) -> Number:
        bounds = [bound for value in self.mentions.values(key) if (bound := parse_number(value)) is not None]
        exponents = [int(bound.normalize().as_tuple().exponent) for bound in bounds]
        most = 10**_NUMBER_DIGITS - 1
        return Number(self.whole(name, -most, most), 1 + max((-one for one in exponents if one < 0), default=0))

    def _address(self, name: str, key: str) -> Value:
        """Return an address; where it is compared as a text too, some of version 6 stand for all."""
        families = self.mentions.families(key)
        if key in self.mentions.variables or not families <= {Family.ADDRESS, *TEXT_FAMILIES}:
            return self._some_of_all_kinds(name, key)
        count, bits = ADDRESS_BITS[4]
        old = self.fact(f"{name}_4")
        four = tuple(self.whole(f"{name}_4_{place}", 0, (1 << bits) - 1) for place in range(count))
        if families <= {Family.ADDRESS}:
            count, bits = ADDRESS_BITS[6]
            six = tuple(self.whole(f"{name}_6_{place}", 0, (1 << bits) - 1) for place in range(count))
            return Address(old, four, six)
        self.exact = False
        near = [*_LISTED_ADDRESSES, *edges(self.mentions.values(key, Family.ADDRESS))]
        listed = [one for one in dict.fromkeys(near) if ":" in one]
        few = tuple((self.fact(f"{name}@{place}"), one) for place, one in enumerate(listed))
        self.constraints += [at_most_one(one for one, _ in few), implies(neg(old), disj(one for one, _ in few))]
        return Address(old, four, few=few)

    def _some_of_all_kinds(self, name: str, key: str) -> Text:
        """Return some values, for a key that is compared as several things, or as more than its text."""
        self.exact = False
        found: dict[str, None] = {}
        for value in self.mentions.values(key):
            if (bound := parse_number(value)) is not None:
                found |= dict.fromkeys(f"{one.normalize():f}" for one in (bound - 1, bound, bound + 1))
            if read_range(value) is not None:
                found |= dict.fromkeys(edges([value]))
            if (moment := parse_date(value)) is not None:
                found[moment.isoformat().replace("+00:00", "Z")] = None
            if key not in ADDRESS_KEYS:
                plain = value.replace("*", "x").replace("?", "y")
                found |= dict.fromkeys((plain, value.replace("*", "").replace("?", "y")))
        found |= dict.fromkeys(_LISTED_ADDRESSES if key in ADDRESS_KEYS else ("true", "false", "7", "example"))
        return self._choice(name, tuple(found))


_CALLER = frozenset(
    {"aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:username", "aws:userid", "aws:principaltype"}
)
_SOURCE = frozenset({"arn", "account", "owner", "orgid", "orgpaths"})
_ACCESS_POINT = frozenset({"dataaccesspointarn", "dataaccesspointaccount", "accesspointnetworkorigin"})
_LISTED_ADDRESSES = ("203.0.113.10", "8.8.8.8", "10.1.2.3", "2001:db8::10", "2606:4700::6810:84e5")


def _crosses(pattern: str) -> bool:
    """Say whether a star may reach into the account of an ARN from outside it, and digits follow."""
    head, star, tail = pattern.partition("*")
    return bool(star) and head.count(":") < 5 and any(one.isdigit() for one in tail.split(":")[0])


def _one_of_each_binary(values: list[str]) -> tuple[str, ...]:
    fresh = next(one for one in ("c2VraXNobw==", "b3RoZXI=", "dGhpcmQ=") if one not in values)
    return (*values, fresh)

"""Who can call: each kind of caller of each account, as constants, with the ARNs that follow from it."""

from functools import cached_property

from oracle.constants import Constants
from oracle.facts import ID_LETTERS, NAME_LETTERS, PRINTABLE
from oracle.formulas import Formula, at_most_one, conj, disj, exactly_one, implies, letters, neg, text
from oracle.mentions import Mentions
from oracle.texts import Pieces, Unknown, member
from oracle.values import Guard, Option, Text
from sekisho.evaluation import CallerKind
from sekisho.policy import Principal, PrincipalForm
from sekisho.reasoning import World as KnownWorld

NOBODY = "t@anonymous"
"""The fact that a call is not signed."""

_PATH = f'(re.opt (re.++ (re.+ {letters(PRINTABLE)}) (str.to_re "/")))'
OWN_TYPES = {"t@user": "User", "t@root": "Account", "t@role": "AssumedRole", "t@federated": "FederatedUser"}
"""The facts of which type a caller is, with the type's name."""


class Callers:
    """The callers from outside.

    Args:
        constants: where their constants go.
        accounts: the outside accounts they may belong to.
    """

    def __init__(self, constants: Constants, known: KnownWorld, mentions: Mentions, accounts: tuple[str, ...]) -> None:
        self._constants = constants
        self._known = known
        self._mentions = mentions
        self.accounts = accounts
        self._declare()
        self._keep_role_names_apart()

    def _declare(self) -> None:
        kinds = [NOBODY, *OWN_TYPES, *(f"t@odd{place}" for place in range(len(self.odd_callers)))]
        for name in kinds:
            self._constants.fact(name)
        self._constants.constraints.append(exactly_one(kinds))
        if CallerKind.ANONYMOUS not in self._known.callers:
            self._constants.constraints.append(neg(NOBODY))
        if CallerKind.AWS not in self._known.callers:
            self._constants.constraints.append(NOBODY)
        chosen = [self._constants.fact(f"a@{place}") for place in range(len(self.accounts))]
        own = disj(OWN_TYPES)
        self._constants.constraints += [
            at_most_one(chosen),
            implies(own, disj(chosen)),
            *(implies(one, own) for one in chosen),
        ]
        ids = [self._constants.fact(f"id{place}") for place in range(len(self.canonical_ids))]
        self._constants.constraints += [at_most_one(ids), *(implies(one, neg(NOBODY)) for one in ids)]

    @cached_property
    def canonical_ids(self) -> tuple[str, ...]:
        """The canonical user ids that some outside account has: those that are named."""
        named = [one.value for one in self._mentions.principals if one.form is PrincipalForm.CANONICAL_USER]
        return tuple(one for one in dict.fromkeys(named) if one not in self._known.inside.canonical_ids)

    @cached_property
    def odd_callers(self) -> tuple[Principal, ...]:
        """The named callers whose names no rule makes; what is named is taken to exist."""
        named = (
            one for one in self._mentions.principals if one.form in {PrincipalForm.IDENTITY, PrincipalForm.SESSION}
        )
        return tuple(
            one
            for one in named
            if not _is_well_made(one, self._known.partition) and one.account not in self._known.inside.accounts
        )

    @cached_property
    def _is_coupled(self) -> bool:
        sessions = any(one.form is PrincipalForm.SESSION for one in self._mentions.principals)
        return sessions or "aws:username" in self._mentions.keys

    @cached_property
    def name(self) -> Unknown:
        """The last part of a user's or role's name, or a federated user's name."""
        return self._constants.unknown("name", NAME_LETTERS, least=1)

    @cached_property
    def session(self) -> Unknown:
        """The name of a role's session."""
        return self._constants.unknown("session", NAME_LETTERS, least=1)

    @cached_property
    def _federated(self) -> Unknown:
        return self.name if self._is_coupled else self._constants.unknown("federated", NAME_LETTERS, least=1)

    def _named(self, head: str) -> list[tuple[Guard, Pieces]]:
        """Return a user's or role's name with the path before it."""
        if not self._is_coupled:
            form = f"(re.++ {_PATH} (re.+ {letters(NAME_LETTERS)}))"
            return [(frozenset(), (head, self._constants.unknown("rest", PRINTABLE, form=form)))]
        pathed = self._constants.fact("pathed")
        path = self._constants.unknown("path", PRINTABLE, least=1)
        return [
            (frozenset({neg(pathed)}), (head, self.name)),
            (frozenset({pathed}), (head, path, "/", self.name)),
        ]

    def _keep_role_names_apart(self) -> None:
        """An account has no two roles of one name, whatever their paths, and what is named as a principal exists."""
        named: dict[tuple[str, str], list[str]] = {}
        for one in self._mentions.asked_about:
            head, _, rest = one.value.partition(":role/")
            if one.form is PrincipalForm.IDENTITY and head == f"arn:{self._known.partition}:iam::{one.account}":
                named.setdefault((one.account or "", rest.rpartition("/")[2]), []).append(rest)
        for (account, name), known in named.items():
            if account in self.accounts:
                is_role = conj(("t@role", f"a@{self.accounts.index(account)}"))
                self._constants.constraints.append(implies(conj((is_role, self._is_called(name))), self._is_one(known)))

    def _is_called(self, name: str) -> Formula:
        if self._is_coupled:
            return f"(= {self.name.name} {text(name)})"
        self._named("")
        return f"(str.in_re rest (re.++ {_PATH} (str.to_re {text(name)})))"

    def _is_one(self, known: list[str]) -> Formula:
        return disj(
            conj((*sorted(guard), member(tuple(one), pieces))) for one in known for guard, pieces in self._named("")
        )

    @cached_property
    def principal_arn(self) -> Text:
        """The caller's ARN; of a role session the role's."""
        options: list[Option] = []
        iam, sts = (f"arn:{self._known.partition}:{service}::" for service in ("iam", "sts"))
        for place, account in enumerate(self.accounts):
            own = f"a@{place}"
            for kind, word in (("t@user", "user"), ("t@role", "role")):
                for guard, pieces in self._named(f"{iam}{account}:{word}/"):
                    options.append(Option(guard | {own, kind}, pieces))
            options.append(Option(frozenset({own, "t@root"}), (f"{iam}{account}:root",)))
            options.append(
                Option(frozenset({own, "t@federated"}), (f"{sts}{account}:federated-user/", self._federated))
            )
        for place, entry in enumerate(self.odd_callers):
            options.append(Option(frozenset({f"t@odd{place}"}), (entry.value,)))
        return Text(tuple(options))

    @cached_property
    def session_arn(self) -> Text:
        """The ARN of the caller's session, for those who have one."""
        sts = f"arn:{self._known.partition}:sts::"
        options: list[Option] = []
        for place, account in enumerate(self.accounts):
            own = f"a@{place}"
            role = (f"{sts}{account}:assumed-role/", self.name, "/", self.session)
            options.append(Option(frozenset({own, "t@role"}), role))
            options.append(Option(frozenset({own, "t@federated"}), (f"{sts}{account}:federated-user/", self.name)))
        for place, entry in enumerate(self.odd_callers):
            if entry.form is PrincipalForm.SESSION:
                options.append(Option(frozenset({f"t@odd{place}"}), (entry.value,)))
        return Text(tuple(options))

    @cached_property
    def user_id(self) -> Text:
        """What `aws:userid` is: the account's number for its root user, and no number for anybody else."""
        first = letters("".join(one for one in ID_LETTERS if one.isalpha()))
        unique = self._constants.unknown("unique_id", ID_LETTERS, form=f"(re.++ {first} (re.+ {letters(ID_LETTERS)}))")
        options = [
            Option(frozenset({NOBODY}), ("anonymous",)),
            Option(frozenset({"t@user"}), (unique,)),
            Option(frozenset({"t@role"}), (unique, ":", self.session)),
        ]
        for place, account in enumerate(self.accounts):
            own = f"a@{place}"
            options.append(Option(frozenset({own, "t@root"}), (account,)))
            options.append(Option(frozenset({own, "t@federated"}), (f"{account}:", self._federated)))
        return Text(tuple(options))

    @cached_property
    def account(self) -> Text:
        """The caller's account."""
        named = [Option(frozenset({f"a@{place}"}), (one,)) for place, one in enumerate(self.accounts)]
        odd = [Option(frozenset({f"t@odd{place}"}), (one.account or "",)) for place, one in enumerate(self.odd_callers)]
        return Text((*named, *odd))

    def account_facts(self) -> list[tuple[Formula, str]]:
        """Return each account a caller may belong to, with the fact that says it does."""
        return [(option.when, str(option.pieces[0])) for option in self.account.options]


def _is_well_made(entry: Principal, partition: str) -> bool:
    """Say whether an ARN is one that a caller of some account can have."""
    head, _, rest = entry.value.partition("/")
    names = rest.split("/")
    iam, sts = f"arn:{partition}:iam::{entry.account}:", f"arn:{partition}:sts::{entry.account}:"
    spelled = set(rest) <= set(PRINTABLE) and set(names[-1]) <= set(NAME_LETTERS) and bool(names[-1])
    match entry.form:
        case PrincipalForm.IDENTITY:
            return (
                spelled and head in {f"{iam}user", f"{iam}role"} and (len(names) == 1 or rest.rpartition("/")[0] != "")
            )
        case _:
            wanted = {f"{sts}assumed-role": 2, f"{sts}federated-user": 1}.get(head)
            return spelled and len(names) == wanted and set("".join(names)) <= set(NAME_LETTERS) and all(names)

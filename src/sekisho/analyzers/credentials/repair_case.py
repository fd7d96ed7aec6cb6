"""What repairing is made of: steps, the finding that they are about, and those that most repairs have."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sekisho.analyzers.observation import CredentialKind, CredentialRisk
from sekisho.analyzers.quoting import quoted, shortened


class StepKind(Enum):
    """What a step does, for whoever decides which of them may run unasked."""

    LOOK = "Look"
    TELL = "Tell"
    DEACTIVATE = "Deactivate"
    WAIT = "Wait"
    DELETE = "Delete"
    CREATE = "Create"
    SETTING = "Setting"
    UNDO = "Undo"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        text: what and why, in one English sentence.
        command: the arguments of the AWS CLI, unquoted; words in capitals stand for what only the reader knows. None
            for what no command does.
    """

    kind: StepKind
    text: str
    command: tuple[str, ...] | None = None


def user_name(arn: str) -> str | None:
    """Return the name in the ARN of a user; None for an ARN of something else, the root user among them."""
    before, user, path = arn.partition(":user/")
    return path.rpartition("/")[2] if before and user else None


def role_name(arn: str) -> str | None:
    """Return the name in the ARN of a role; None for an ARN of something else."""
    before, role, path = arn.partition(":role/")
    return path.rpartition("/")[2] if before and role else None


def known_in_words(risk: CredentialRisk) -> str:
    """Say when a credential was last used, and what else a finding rests on: on one line, without a full stop."""
    used = []
    if risk.last_used is not None:
        used = [f"last used at {risk.last_used:%Y-%m-%d %H:%M} UTC"]
    elif risk.kind in _TELLS_ITS_USE:
        used = ["no use is known"]
    facts = [f"{quoted(one.name, WIDTH)} is {quoted(one.value, WIDTH)}" for one in risk.facts]
    rests_on = [shortened(facts, _MOST_FACTS)] if facts else []
    return "; ".join([*used, *rests_on, f"by data of {risk.data_at:%Y-%m-%d %H:%M} UTC"])


_TELLS_ITS_USE: Final = frozenset(
    {CredentialKind.PASSWORD, CredentialKind.ACCESS_KEY, CredentialKind.ROLE, CredentialKind.PERMISSION}
)
"""The kinds of which AWS tells the last use."""

WIDTH: Final = 100
"""How much of a name is shown."""

_MOST_FACTS: Final = 8


@dataclass(frozen=True, slots=True)
class Case:
    """A finding, and on whom it is."""

    risk: CredentialRisk
    arn: str
    account: str

    @property
    def partition(self) -> str:
        """The partition of the ARN; `aws` where the resource has none."""
        return self.arn.split(":")[1] if self.arn.startswith("arn:") else "aws"

    @property
    def owner(self) -> str:
        """Whose it is, as a sentence has it."""
        if (user := user_name(self.arn)) is not None:
            return f"user {quoted(user, WIDTH)}"
        role = role_name(self.arn)
        return f"account {quoted(self.account, WIDTH)}" if role is None else f"role {quoted(role, WIDTH)}"

    @property
    def of_user(self) -> tuple[str, ...]:
        """The option that names the user; none for root, who can only be meant by calling as root."""
        name = user_name(self.arn)
        return () if name is None else option("--user-name", name)


def option(name: str, value: str) -> tuple[str, ...]:
    """Return an option with its value, as one argument where the value could pass for an option itself."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def iam(operation: str, *options: str) -> tuple[str, ...]:
    """Return a command of IAM."""
    return ("aws", "iam", operation, *options)


def known(case: Case) -> Step:
    """Return the step that every repair begins with."""
    return Step(StepKind.LOOK, f"Start from what is known: {known_in_words(case.risk)}.")


def told(case: Case, what: str) -> Step:
    """Return the step before anything is changed."""
    return Step(StepKind.TELL, f"Tell the owner of {case.owner} {what}, and ask what would miss it.")


A_WHILE: Final = "at least 14 days and past the end of a month, as some work is done only then"
"""How long to wait before what cannot be undone."""


def events(key: str, value: str) -> tuple[str, ...]:
    """Return the command that looks events up in CloudTrail, which has those of 90 days of one Region."""
    attribute = f"AttributeKey={key},AttributeValue={value}"
    return ("aws", "cloudtrail", "lookup-events", "--lookup-attributes", attribute)

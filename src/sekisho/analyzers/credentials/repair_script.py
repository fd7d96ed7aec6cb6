"""A shell script that deactivates the access keys nobody uses, for a person to read and then to run.

It deletes nothing, does nothing unless it is told to, and can take back what it did. Whatever else was found stands in
it as a comment. Names out of a report never reach the shell but quoted, and only names that IAM allows reach it at all.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, assert_never

from sekisho.analyzers.credentials.repair import known_key_id
from sekisho.analyzers.credentials.repair_case import known_in_words, user_name
from sekisho.analyzers.observation import AnalysisError, CredentialKind, CredentialRisk, ExternalAccess, Observation
from sekisho.analyzers.quoting import clipped


def render_script(observations: Iterable[Observation], *, made_at: datetime, account: str) -> Iterator[str]:
    """Yield the lines of a POSIX shell script that deactivates unused access keys.

    Args:
        observations: credential findings, and what could not be decided of credentials; findings of external access
            are passed over.
        made_at: when the script is made, in UTC.
        account: whose script it is; it stops when it is called with credentials of another, and what was found in
            another becomes a comment.
    """
    keys, left = _sorted_out(observations, account)
    yield from _HEAD.format(made_at=_moment(made_at), account=_shown(account)).splitlines()
    yield f"account={shlex.quote(account)}"
    yield from _FUNCTIONS.splitlines()
    yield from _keys(keys)
    yield from _left(left)
    yield from _END.splitlines()


# What is deactivated, and what is left to a person.

_UNUSED: Final = frozenset({"CRED-KEY-UNUSED", "CRED-KEY-NEVER", "CRED-KEY-INITIAL"})
"""The checks whose keys nothing uses; a key of any other may be in use."""

_LEGAL_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
"""Source: IAM API reference, the constraints of `UserName`."""


@dataclass(frozen=True, slots=True)
class _Key:
    user: str
    id: str


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left to a person, and why."""

    observation: Observation
    reason: str


def _sorted_out(observations: Iterable[Observation], account: str) -> tuple[dict[_Key, list[Observation]], list[_Left]]:
    """Part the keys to deactivate, each with all findings that say so, from what is left to a person."""
    keys: dict[_Key, list[Observation]] = {}
    left: list[_Left] = []
    for observation in observations:
        match observation.outcome:
            case ExternalAccess():
                continue
            case AnalysisError():
                left.append(_Left(observation, "it could not be decided"))
            case CredentialRisk() as risk:
                found = _key_or_reason(observation, risk, account)
                if isinstance(found, _Key):
                    keys.setdefault(found, []).append(observation)
                else:
                    left.append(_Left(observation, found))
            case _:
                assert_never(observation.outcome)
    return keys, left


def _key_or_reason(observation: Observation, risk: CredentialRisk, account: str) -> _Key | str:
    """Return the key that may be deactivated, or why a person has to see to it."""
    name, key = user_name(observation.resource), known_key_id(risk)
    if observation.resource_owner_account != account:
        return f"it is of account {observation.resource_owner_account}, which this script is not for"
    if observation.resource.endswith(":root"):
        return "only root itself can change its credentials, or the management account for it"
    if risk.check not in _UNUSED:
        return _reason(risk)
    if name is None or not _LEGAL_NAME.fullmatch(name):
        return "the name of the user is none that IAM allows, so that the data is not to be trusted"
    if key is None:
        return "the id of the key is not known, and the user may have two"
    return _Key(name, key)


def _reason(risk: CredentialRisk) -> str:
    if risk.check == "CRED-KEY-INACTIVE":
        return "it is inactive already, and deleting it cannot be undone"
    match risk.kind:
        case CredentialKind.PASSWORD:
            return "a login profile cannot be deactivated, only deleted"
        case CredentialKind.ACCESS_KEY | CredentialKind.USER:
            return "a key may be in use, and has to be replaced before it is deactivated"
        case CredentialKind.MFA:
            return "only who holds an MFA device can enable it"
        case CredentialKind.CERTIFICATE | CredentialKind.SERVICE_SPECIFIC:
            return "AWS does not tell here whether it is in use"
        case CredentialKind.ROLE:
            return "who may assume the role is to be read first, and it is stopped by hand"
        case CredentialKind.PERMISSION:
            return "the policy that allows it may allow it to others too, and is rewritten by hand"
        case CredentialKind.PASSWORD_POLICY | CredentialKind.ACCOUNT:
            return "it is a setting of the whole account"
        case _:
            assert_never(risk.kind)


# The parts of the script that are about findings.


def _keys(keys: dict[_Key, list[Observation]]) -> Iterator[str]:
    for key, observations in keys.items():
        yield ""
        risks = [one.outcome for one in observations if isinstance(one.outcome, CredentialRisk)]
        for observation in observations:
            yield from _comment(observation)
        since = min(map(_holds_until, risks))
        yield shlex.join(["treat", key.user, key.id, since])


def _holds_until(risk: CredentialRisk) -> str:
    """Return the moment after which no use may be for a finding to hold; empty where any use refutes it.

    That is stricter than the moment of the data, which lags behind by hours: a use shortly before it counts too.
    """
    if risk.last_used is None:
        return ""
    if risk.days is None:
        return _moment(risk.last_used)
    return _moment(risk.data_at - timedelta(days=risk.days))


def _left(left: list[_Left]) -> Iterator[str]:
    if left:
        yield ""
        yield "# Left to a person:"
    for one in left:
        yield "#"
        yield from _comment(one.observation)
        yield f"# Left, because {_shown(one.reason)}."


def _comment(observation: Observation) -> Iterator[str]:
    """Yield comments on a finding, each of which ends with its line and in a full stop, whatever is in the report."""
    yield f"# {_shown(observation.resource)}:"
    match observation.outcome:
        case CredentialRisk() as risk:
            severity = risk.severity.name.lower()
            yield f"# {_shown(risk.check)} ({severity}): {_shown(risk.sentence).removesuffix('.')}."
            yield f"# {_shown(known_in_words(risk))}."
        case AnalysisError(reason=reason):
            yield f"# {_shown(reason).removesuffix('.')}."
        case ExternalAccess():
            return
        case _:
            assert_never(observation.outcome)


def _shown(text: str) -> str:
    return clipped(text.replace("`", "'"), _WIDTH)


_WIDTH = 1_000


def _moment(moment: datetime) -> str:
    """Return a moment in UTC without its zone, to the second, so that later ones sort later."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


# The parts that are the same in every script.

_HEAD: Final = """\
#!/bin/sh
# Deactivates access keys of account {account} that nobody uses. It deletes nothing.
# Made by Sekisho at {made_at} UTC. Read it before you run it, and tell the owners of the keys first.
#
#   sh SCRIPT          only says what it would do; it reads from AWS, and changes nothing
#   sh SCRIPT apply    deactivates the keys, and notes them in SCRIPT.deactivated
#   sh SCRIPT undo     makes the keys noted there active again
#
# Wait at least 14 days and past the end of a month before you delete a key.
set -eu
"""

_FUNCTIONS: Final = """\
mode=${1:-look}
record=$0.deactivated
failed=0
export AWS_PAGER=

say() {
    printf '%s\\n' "$1"
}

stop() {
    printf '%s\\n' "$1" >&2
    exit 1
}

# Something did not work: say so, and go on with the next key.
missed() {
    printf '%s\\n' "$1" >&2
    failed=1
}

# status_of USER KEY: Active or Inactive; nothing where the user has no such key.
status_of() {
    aws iam list-access-keys "--user-name=$1" --query "AccessKeyMetadata[?AccessKeyId=='$2'].Status" --output text
}

# set_status USER KEY STATUS
set_status() {
    aws iam update-access-key "--user-name=$1" --access-key-id "$2" --status "$3"
}

# last_use KEY: when the key was last used; None for never.
last_use() {
    aws iam get-access-key-last-used --access-key-id "$1" --query AccessKeyLastUsed.LastUsedDate --output text
}

# is_later USED MOMENT: whether a last use was after the moment, or at all where that is empty. A last use in a form
# that is not known counts as later.
is_later() {
    case $1 in
        None) return 1 ;;
        [0-9][0-9][0-9][0-9]-??-??T??:??:??Z | [0-9][0-9][0-9][0-9]-??-??T??:??:??+00:00) ;;
        *) return 0 ;;
    esac
    second=$(printf '%s' "$1" | cut -c 1-19)
    [ "$second" != "$2" ] && [ "$(printf '%s\\n' "$second" "$2" | LC_ALL=C sort | head -n 1)" = "$2" ]
}

# treat USER KEY MOMENT: deactivate a key that is still active and was not used after the moment.
treat() {
    if ! status=$(status_of "$1" "$2"); then
        missed "not done: $2 of $1, the status of which could not be read"
    elif [ "$status" != Active ]; then
        say "left alone: $2 of $1 is not active"
    elif ! used=$(last_use "$2"); then
        missed "not done: $2 of $1, the last use of which could not be read"
    elif is_later "$used" "$3"; then
        say "left alone: $2 of $1, last used $used, which the report did not know"
    elif [ "$mode" != apply ]; then
        say "would deactivate: $2 of $1"
    else
        printf '%s %s\\n' "$2" "$1" >>"$record"
        if set_status "$1" "$2" Inactive; then
            say "deactivated: $2 of $1"
        else
            missed "not done: $2 of $1 could not be deactivated"
        fi
    fi
}

# activate USER KEY: make a key active again that is inactive.
activate() {
    if ! status=$(status_of "$1" "$2"); then
        missed "not done: $2 of $1, the status of which could not be read"
    elif [ "$status" != Inactive ]; then
        say "left alone: $2 of $1 is not inactive"
    elif set_status "$1" "$2" Active; then
        say "active again: $2 of $1"
    else
        missed "not done: $2 of $1 could not be made active again"
    fi
}

undo() {
    [ -f "$record" ] || stop "nothing to undo: there is no $record"
    while read -r key user; do
        activate "$user" "$key" </dev/null
    done <"$record"
    if [ "$failed" -eq 0 ]; then
        mv "$record" "$record.undone"
    fi
}

case $mode in
    look | apply | undo) ;;
    *) stop "usage: $0 [apply | undo]" ;;
esac
command -v aws >/dev/null || stop 'the aws command is not on PATH'
caller=$(aws sts get-caller-identity --query Account --output text) || stop 'aws has no credentials that work'
[ "$caller" = "$account" ] || stop "these are credentials of account $caller; this script is for account $account"
case $mode in
    look) say "only looking; to deactivate the keys: sh $0 apply" ;;
    apply) touch "$record" || stop "cannot write $record" ;;
    undo)
        undo
        exit "$failed"
        ;;
esac
"""

_END: Final = """

exit "$failed"
"""

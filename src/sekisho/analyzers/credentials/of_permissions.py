"""What users and roles may do and have not done for long, service by service."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sekisho.analyzers.credentials.keys import NEVER, shown
from sekisho.analyzers.credentials.of_roles import SERVICES, services_of, within_memory
from sekisho.analyzers.credentials.risks import in_words, risk
from sekisho.analyzers.credentials.thresholds import Thresholds
from sekisho.analyzers.credentials.user import User
from sekisho.analyzers.observation import CredentialRisk, Fact
from sekisho.resources.credentials import AccountCredentials, ServiceAccess

CHECK = "CRED-PERMISSION-UNUSED"


def judge_permissions(
    account: AccountCredentials, arn: str, created: datetime | None, thresholds: Thresholds
) -> Iterator[CredentialRisk]:
    """Yield the services that a user or role may use and does not, and those of which it does not use some actions.

    Args:
        account: whose it is.
        arn: of the user or role, which is in use.
        created: since when it has been there; None when not known, which counts as long ago.
        thresholds: one that has not been there for the whole of it is not judged.
    """
    threshold = within_memory(thresholds.unused_permission_days)
    if created is not None and account.taken_at - created < threshold:
        return
    for service in services_of(account, arn) or ():
        found = _judge_service(service, threshold, account.taken_at)
        if found is not None:
            yield found


def unused_actions(found: CredentialRisk) -> list[tuple[str, datetime | None]]:
    """Return the actions that a finding of this check is about, with their last use; none where all of it is unused."""
    return [
        (fact.name, None if fact.value == NEVER else datetime.fromisoformat(fact.value))
        for fact in found.facts
        if ":" in fact.name
    ]


def is_user_idle(user: User) -> bool:
    """Say whether no use of a user is known within the threshold, be it of a credential or of a service."""
    account = user.account
    threshold = within_memory(user.thresholds.unused_permission_days)
    services = services_of(account, user.arn) or ()
    uses = (user.password_use.at, *(key.used for key in user.keys.all), *(one.last_accessed for one in services))
    return not any(isinstance(one, datetime) and account.taken_at - one < threshold for one in uses)


def _judge_service(service: ServiceAccess, threshold: timedelta, now: datetime) -> CredentialRisk | None:
    used, since = service.last_accessed, now - threshold
    if used is None or used <= since:
        ago = "was never used, as far as AWS remembers" if used is None else f"was last used {_age(used, now)} ago"
        return _found(service, threshold, now, f"The service `{service.namespace}` is allowed, and {ago}.", ())
    actions = [one for one in service.actions if one.last_accessed is None or one.last_accessed <= since]
    if not actions:
        return None
    facts = (
        Fact(one.action, NEVER if one.last_accessed is None else shown(one.last_accessed), SERVICES) for one in actions
    )
    some = "1 action" if len(actions) == 1 else f"{len(actions):,} actions"
    are, was = ("is", "was") if len(actions) == 1 else ("are", "were")
    example = "" if len(actions) == 1 else " for one"
    sentence = (
        f"Of `{service.namespace}`, {some} that {are} allowed {was} not used for {threshold.days} days or more, "
        f"{actions[0].action}{example}."
    )
    return _found(service, threshold, now, sentence, facts)


def _found(
    service: ServiceAccess, threshold: timedelta, now: datetime, sentence: str, actions: Iterable[Fact]
) -> CredentialRisk:
    used = service.last_accessed
    return risk(
        CHECK,
        sentence,
        [Fact("lastAccessed", NEVER if used is None else shown(used), SERVICES), *actions],
        data_at=now,
        credential=service.namespace,
        last_used=used,
        days=threshold.days,
    )


def _age(moment: datetime, now: datetime) -> str:
    return in_words(max(now - moment, timedelta()))

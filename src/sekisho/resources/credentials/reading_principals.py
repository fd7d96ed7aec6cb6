"""What the answers about users and roles mean: who there is, and what each last accessed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from sekisho.resources.answers import UnexpectedAnswerError, object_in, objects_in, required_text, text_in
from sekisho.resources.credentials.members import listed_in, moment_in, required_moment
from sekisho.resources.credentials.principals import ActionAccess, Role, ServiceAccess
from sekisho.resources.snapshot import Json

_LAST_USED: Final = "RoleLastUsed"
_DONE: Final = "COMPLETED"


class Principals(msgspec.Struct, frozen=True):
    """Who there is in an account.

    Attributes:
        user_tags: by the name of the user; one without tags has none, and is there.
    """

    roles: tuple[Role, ...]
    user_tags: Mapping[str, Mapping[str, str]]


def principals_in(raw: Mapping[str, Json]) -> Principals:
    """Return the roles of an account, and the tags of its users."""
    return Principals(
        tuple(_role(one) for one in listed_in(raw, "RoleDetailList")),
        {required_text(one, "UserName"): _tags(one) for one in listed_in(raw, "UserDetailList")},
    )


def joined_principals(listings: Sequence[Principals]) -> Principals:
    """Return each role and user once, of several listings as the last one has it."""
    return Principals(
        tuple({role.arn: role for listing in listings for role in listing.roles}.values()),
        {user: tags for listing in listings for user, tags in listing.user_tags.items()},
    )


class ListedUser(msgspec.Struct, frozen=True):
    """A user as IAM lists them.

    Attributes:
        arn: empty where it is not told.
        password_last_used: None where no sign-in is known.
    """

    arn: str
    password_last_used: datetime | None = None


def users_in(raw: Mapping[str, Json]) -> Mapping[str, ListedUser]:
    """Return the users of an account, by their names."""
    return {
        required_text(one, "UserName"): ListedUser(text_in(one, "Arn") or "", moment_in(one, "PasswordLastUsed"))
        for one in listed_in(raw, "Users")
    }


def joined_users(listings: Sequence[Mapping[str, ListedUser]]) -> Mapping[str, ListedUser]:
    """Return each user of any listing once, with the latest sign-in."""
    latest: dict[str, ListedUser] = {}
    for name, user in ((name, user) for listing in listings for name, user in listing.items()):
        known, used = latest.get(name), user.password_last_used
        before = None if known is None else known.password_last_used
        if known is None or (used is not None and (before is None or used > before)):
            latest[name] = user
    return latest


def job_id(raw: Mapping[str, Json]) -> str:
    """Return the job that was begun."""
    return required_text(raw, "JobId")


def services_in(raw: Mapping[str, Json]) -> tuple[ServiceAccess, ...]:
    """Return the services that somebody may use.

    Raises:
        UnexpectedAnswerError: the job has not ended, or ended in a failure.
    """
    status = required_text(raw, "JobStatus")
    if status != _DONE:
        reason = text_in(object_in(raw, "Error"), "Message")
        raise UnexpectedAnswerError(f"the job is `{status}`" + (f": {reason}" if reason else ""))
    return tuple(_service(one) for one in listed_in(raw, "ServicesLastAccessed"))


def _role(raw: Mapping[str, Json]) -> Role:
    used = object_in(raw, _LAST_USED)
    return Role(
        arn=required_text(raw, "Arn"),
        name=required_text(raw, "RoleName"),
        path=required_text(raw, "Path"),
        created_at=required_moment(raw, "CreateDate"),
        last_used_at=moment_in(used, "LastUsedDate"),
        last_used_region=text_in(used, "Region") or "",
        tags=_tags(raw),
        is_last_use_known=raw.get(_LAST_USED) is not None,
    )


def _tags(raw: Mapping[str, Json]) -> Mapping[str, str]:
    return {required_text(one, "Key"): text_in(one, "Value") or "" for one in objects_in(raw, "Tags")}


def _service(raw: Mapping[str, Json]) -> ServiceAccess:
    namespace = required_text(raw, "ServiceNamespace")
    return ServiceAccess(
        namespace=namespace,
        last_authenticated=moment_in(raw, "LastAuthenticated"),
        actions=tuple(_action(one, namespace) for one in objects_in(raw, "TrackedActionsLastAccessed")),
    )


def _action(raw: Mapping[str, Json], namespace: str) -> ActionAccess:
    """Return an action by its full name, which AWS gives without the service."""
    name = required_text(raw, "ActionName")
    return ActionAccess(name if ":" in name else f"{namespace}:{name}", moment_in(raw, "LastAccessedTime"))

"""Roles, and what users and roles last accessed.

Source: IAM API reference, the operations that the members name.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

_OF_AWS: Final = ("/aws-service-role/", "/aws-reserved/")


class Role(msgspec.Struct, frozen=True, gc=False):
    """A role. Source: `GetAccountAuthorizationDetails`.

    Attributes:
        path: `/`, or what stands between slashes before the name.
        last_used_at: None when AWS remembers no use, or its use is not known.
        last_used_region: empty when no use is known.
        is_last_use_known: whether AWS said when it was used last, or that it was not.
    """

    arn: str
    name: str
    path: str
    created_at: datetime
    last_used_at: datetime | None = None
    last_used_region: str = ""
    tags: Mapping[str, str] = {}
    is_last_use_known: bool = True


def belongs_to_aws(path: str) -> bool:
    """Say whether a role with this path is AWS's own to change: of a service, or of IAM Identity Center.

    IAM refuses to change one of either kind; the service that made it deletes it. Source: IAM User Guide, "Create a
    service-linked role"; IAM Identity Center User Guide, "Referencing permission sets in resource policies".
    """
    return path.startswith(_OF_AWS)


class ActionAccess(msgspec.Struct, frozen=True, gc=False):
    """An action that AWS tracks, by its full name. Source: `GetServiceLastAccessedDetails`.

    Attributes:
        last_accessed: None for never within what AWS remembers.
    """

    action: str
    last_accessed: datetime | None = None


class ServiceAccess(msgspec.Struct, frozen=True, gc=False):
    """A service that a user or role may use. Source: `GetServiceLastAccessedDetails`.

    Attributes:
        namespace: its prefix, for instance `s3`.
        last_authenticated: the last attempt, a denied one too; None for never within what AWS remembers.
        actions: those that AWS tracks; of other actions, and of most services, it tells no more than the above.
    """

    namespace: str
    last_authenticated: datetime | None = None
    actions: tuple[ActionAccess, ...] = ()

    @property
    def last_accessed(self) -> datetime | None:
        """The last attempt at the service or at any action of it that is known."""
        moments = (self.last_authenticated, *(one.last_accessed for one in self.actions))
        return max((one for one in moments if one is not None), default=None)

"""The least role that each operation asks for."""

from collections.abc import Mapping

from sekisho.api.errors import ApiError
from sekisho.api.identity import Role

READS = ("Check", "Get", "List", "Validate")
"""How operations that change nothing begin."""

LEAST_ROLES: Mapping[str, Role] = {
    "ApplyArchiveRule": Role.OPERATOR,
    "CancelPolicyGeneration": Role.OPERATOR,
    "CreateAccessPreview": Role.OPERATOR,
    "GenerateFindingRecommendation": Role.OPERATOR,
    "StartPolicyGeneration": Role.OPERATOR,
    "StartResourceScan": Role.OPERATOR,
    "UpdateFindings": Role.OPERATOR,
    "CreateAnalyzer": Role.ADMIN,
    "CreateArchiveRule": Role.ADMIN,
    "CreateServiceLinkedAnalyzer": Role.ADMIN,
    "DeleteAnalyzer": Role.ADMIN,
    "DeleteArchiveRule": Role.ADMIN,
    "DeleteServiceLinkedAnalyzer": Role.ADMIN,
    "TagResource": Role.ADMIN,
    "UntagResource": Role.ADMIN,
    "UpdateAnalyzer": Role.ADMIN,
    "UpdateArchiveRule": Role.ADMIN,
}
"""Operations that change something. One that is neither here nor a read, new in the description, is for admins."""


def least_role(operation: str) -> Role:
    """Return the least role that may call an operation."""
    return LEAST_ROLES.get(operation, Role.READER if operation.startswith(READS) else Role.ADMIN)


def check_role(operation: str, role: Role) -> None:
    """Let the caller through, or raise.

    Raises:
        ApiError: `AccessDeniedException`.
    """
    require_role(operation, role, least=least_role(operation))


def require_role(name: str, role: Role, *, least: Role) -> None:
    """Let a caller through to what `name` says, or raise.

    Raises:
        ApiError: `AccessDeniedException`.
    """
    if not role.includes(least):
        raise ApiError(
            "AccessDeniedException", f"{name} needs a key with the role {least.name}; this one is {role.name}"
        )

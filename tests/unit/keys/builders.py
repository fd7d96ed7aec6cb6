"""Access keys to test with."""

from datetime import UTC, datetime

from sekisho.keys import AccessKey, MasterKey, Role, SealedKey, Secret

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 17, 8, tzinfo=UTC)

FIRST = "SEKI" + "A" * 16
SECOND = "SEKI" + "A" * 15 + "B"
THIRD = "SEKI" + "7" * 16

MASTER = MasterKey(bytes(range(32)), source="the test")
ANOTHER_MASTER = MasterKey(bytes(32), source="another test")

SECRET = Secret("wJalrXUtnFEMI-K7MDENG_bPxRfiCYEXAMPLEKEY")


def access_key(
    key_id: str = FIRST,
    *,
    role: Role = Role.READER,
    description: str = "",
    created_at: datetime = MONDAY,
    revoked_at: datetime | None = None,
) -> AccessKey:
    return AccessKey(key_id, role, description, created_at, revoked_at)


def sealed_key(key: AccessKey, sealed: bytes = b"sealed") -> SealedKey:
    return SealedKey(key, sealed)

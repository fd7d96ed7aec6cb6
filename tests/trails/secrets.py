"""Secrets that a trail holds, although it should not, and that no answer may ever hold."""

from typing import Final

SESSION_TOKENS: Final = tuple(
    f"FwoGZXIvYXdzEPlantedSessionToken{number:02}//////////wEaDNeverAgain==" for number in range(6)
)
SECRET_KEYS: Final = tuple(f"wJalrXUtnFEMI/PlantedSecretKey{number:02}/bPxRfiCYNEVER" for number in range(6))
ACCESS_KEYS: Final = tuple(f"AKIAPLANTEDNEVER{number:04}" for number in range(6))
PASSWORDS: Final = tuple(f"hunter2-planted-{number:02}-!never#again" for number in range(6))

PLANTED: Final[tuple[str, ...]] = SESSION_TOKENS + SECRET_KEYS + ACCESS_KEYS + PASSWORDS
"""All of them. They stand in request parameters, in answers, in additional data and as access keys of callers."""

"""The catalogue: the calls that a trail is made of, by service."""

from typing import Final

from trails.rows import Service
from trails.services import compute, data, ec2, identity, operations, s3

SERVICES: Final[tuple[Service, ...]] = (
    *s3.SERVICES,
    *ec2.SERVICES,
    *identity.SERVICES,
    *compute.SERVICES,
    *data.SERVICES,
    *operations.SERVICES,
)
"""Every service of which trails tell."""

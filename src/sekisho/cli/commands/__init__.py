"""The commands: their arguments, their help, and the function that answers each.

What answers is imported when its command runs: SQLAlchemy, boto3 and the analyzers would make every `--help` wait.
"""

from sekisho.cli.commands import (
    alerts,
    credentials,
    deploy,
    events,
    findings,
    keys,
    least_privilege,
    policies,
    rules,
    scans,
    server,
    service_reference,
)
from sekisho.cli.commands.keys import ROLES
from sekisho.cli.commands.program import sekisho

__all__ = [
    "ROLES",
    "alerts",
    "credentials",
    "deploy",
    "events",
    "findings",
    "keys",
    "least_privilege",
    "policies",
    "rules",
    "scans",
    "sekisho",
    "server",
    "service_reference",
]

"""`keys`: who may ask Sekisho's own endpoint, and as whom."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sekisho.cli.escape import plain
from sekisho.cli.output import Output, show_documents
from sekisho.cli.status import ExitStatus
from sekisho.findings import format_time
from sekisho.keys import AccessKey, Credentials, KeyRing, Role, Status, choose_key
from sekisho.wiring import open_key_store, read_master_key

ENDPOINT: Final = "http://127.0.0.1:8087"
REGION: Final = "us-east-1"

SECRET_FORMATS: Final = frozenset({"table", "json", "jsonl"})
"""Those that a secret is printed in: a spreadsheet is no place for one, and the formats of findings have none."""

COLUMNS: Final = ("accessKeyId", "role", "status", "description", "createdAt", "revokedAt")
"""One column for each member that a key's JSON object may have; a test compares them."""


def create(
    role: str, *, description: str, secret_key_file: str | None, database: str | None, output_format: str
) -> ExitStatus:
    """Make an access key, and print its secret: the one time that it is shown."""
    if output_format not in SECRET_FORMATS:
        raise click.UsageError(f"a secret is not printed as {output_format}; use --format table or json")
    output = Output()
    with open_key_store(database) as store:
        is_first = not any(key.status is Status.ACTIVE for key in store.list())
        # While keys count, the key that their secrets are stored under must be there; a new one would open none.
        master_key = read_master_key(secret_key_file, may_make=is_first)
        issued = KeyRing(store, master_key).issue(Role(role), description=description, now=datetime.now(UTC))
    if output_format == "table":
        output.write(f"export {name}={value}" for name, value in environment_of(issued).items())
    else:
        output.write([json.dumps(_credentials_document(issued), indent=2 if output_format == "json" else None)])
    output.note(Text(f"made {_name(issued.key)}; its secret is shown this once and cannot be asked for again"))
    if is_first:
        output.note(
            Text(f"secrets are stored under the key in {plain(master_key.source)}; keep a copy of it apart", "yellow")
        )
    return ExitStatus.DONE


def list_keys(*, database: str | None, output_format: str) -> ExitStatus:
    """List the access keys, the revoked ones too; never a secret."""
    output = Output()
    with open_key_store(database) as store:
        keys = store.list()
    documents = [key_document(key) for key in keys]
    show_documents(output, documents, columns=COLUMNS, table=render_keys(keys), output_format=output_format)
    return ExitStatus.DONE


def revoke(prefix: str, *, database: str | None) -> ExitStatus:
    """Revoke an access key; one that is revoked already stays so."""
    output = Output()
    with open_key_store(database) as store:
        key = choose_key(store.list(), prefix)
        now = store.revoke(key.id, now=datetime.now(UTC))
    if key.revoked_at is None:
        output.show(Text(f"revoked {_name(now)}; requests signed with it are refused from now on"))
    else:
        output.show(Text(f"{_name(key)}, was revoked already, at {format_time(key.revoked_at)}; nothing changed"))
    return ExitStatus.DONE


def render_keys(keys: Sequence[AccessKey]) -> RenderableType:
    """Return the keys as a table; long descriptions fold."""
    if not keys:
        return Text("No access keys; `sekisho keys create` makes one.")
    table = Table(
        "Access key", "Role", "Created", "Revoked", "Description", box=None, header_style="dim", pad_edge=False
    )
    for column in table.columns:
        column.overflow = "fold"
    for key in keys:
        revoked = "" if key.revoked_at is None else format_time(key.revoked_at)
        cells = (key.id, key.role.value, format_time(key.created_at), revoked, plain(key.description))
        table.add_row(*(Text(cell) for cell in cells), style="dim" if revoked else None)
    return table


def key_document(key: AccessKey) -> dict[str, str]:
    """Return what everyone may know of a key as a JSON object."""
    document = {
        "accessKeyId": key.id,
        "role": key.role.value,
        "status": key.status.value,
        "description": key.description,
        "createdAt": format_time(key.created_at),
    }
    return document if key.revoked_at is None else document | {"revokedAt": format_time(key.revoked_at)}


def _credentials_document(issued: Credentials) -> dict[str, str]:
    return key_document(issued.key) | {"secretAccessKey": issued.secret.reveal()}


def environment_of(issued: Credentials, *, endpoint: str = ENDPOINT, region: str = REGION) -> Mapping[str, str]:
    """Return what makes an AWS SDK a client of ours; no value has a character that a shell would read."""
    return {
        "AWS_ACCESS_KEY_ID": issued.key.id,
        "AWS_SECRET_ACCESS_KEY": issued.secret.reveal(),
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL_ACCESSANALYZER": endpoint,
    }


def _name(key: AccessKey) -> str:
    described = f" ({plain(key.description)})" if key.description else ""
    return f"access key {key.id}, role {key.role.value}{described}"

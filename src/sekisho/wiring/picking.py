"""Which class stands behind each Protocol, picked from the settings; `wiring.serving` does so for a server."""

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import as_file
from pathlib import Path

from sekisho.alerts.store import AlertStore
from sekisho.collectors import (
    DEFAULT_ROLE_NAME,
    LiveCredentialsReader,
    LiveOptions,
    LiveReader,
    RecordedReader,
    SnapshotReader,
)
from sekisho.findings import FindingStore
from sekisho.keys import KeyStore, MasterKey, load_master_key
from sekisho.keys.key_file import VARIABLE
from sekisho.resources.snapshot import Snapshot
from sekisho.sample import sample_recording


def open_store(url: str | None) -> FindingStore:
    """Open the store that `--db` names; None is the user's own."""
    from sekisho.storage import SqlFindingStore  # noqa: PLC0415 - SQLAlchemy takes half a second, `record` needs none

    return SqlFindingStore(url)


def open_alert_store(url: str | None) -> AbstractContextManager[AlertStore]:
    """Open the alerts in the database that `--db` names; None is the user's own."""
    from sekisho.storage import SqlAlertStore  # noqa: PLC0415 - as above

    return SqlAlertStore(url)


def open_key_store(url: str | None) -> KeyStore:
    """Open the access keys in the database that `--db` names; None is the user's own."""
    from sekisho.storage import SqlKeyStore  # noqa: PLC0415 - as above

    return SqlKeyStore(url)


def read_master_key(file: str | None, *, may_make: bool = False) -> MasterKey:
    """Return the key that secrets are sealed under: of the environment, or of the file that is named.

    Args:
        file: what `--secret-key-file` names; None is the user's own.
        may_make: make a file that does not exist.
    """
    named = None if file is None else Path(file).expanduser()
    return load_master_key(os.environ.get(VARIABLE), named, may_make=may_make)


def live_options(
    *,
    profile: str | None,
    regions: tuple[str, ...],
    organization: bool,
    role_name: str | None,
    partners: frozenset[str],
    timeout: timedelta | None,
    workers: int | None,
) -> LiveOptions:
    """Return how to read AWS; no Regions means all enabled ones, None the reader's own default."""
    options = LiveOptions(
        profile=profile,
        regions=regions or None,
        organization=organization,
        role_name=role_name or DEFAULT_ROLE_NAME,
        partners=partners,
    )
    if timeout is not None:
        options = replace(options, read_timeout=timeout)
    if workers is not None:
        options = replace(options, workers=workers)
    return options


def live_reader(options: LiveOptions) -> SnapshotReader:
    """Return a reader of AWS itself."""
    return LiveReader(options)


def live_credentials_reader(options: LiveOptions, *, unused_permissions: bool) -> LiveCredentialsReader:
    """Return a reader of the credentials in AWS itself, and where asked for of what users and roles last accessed."""
    return LiveCredentialsReader(options, unused_permissions=unused_permissions)


def recorded_reader(path: Path) -> SnapshotReader:
    """Return a reader of a recording."""
    return RecordedReader(path)


def read_sample() -> Snapshot:
    """Read the sample organization that comes with the program."""
    with as_file(sample_recording()) as path:
        return recorded_reader(path).read()

"""The concrete classes of a server: its stores, its keys, and what it reads."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import as_file
from pathlib import Path

from sekisho.alerts.store import AlertStore
from sekisho.api import IssuedKey
from sekisho.collectors import (
    LiveCredentialsReader,
    LiveOptions,
    LiveReader,
    RecordedReader,
    SnapshotReader,
    UnsupportedArnError,
)
from sekisho.collectors.connection import connect
from sekisho.collectors.services import ACCOUNT_READS, ORGANIZATION_READS
from sekisho.collectors.zone import read_account_zone, read_organization_zone
from sekisho.findings import FindingStore, PolicyGenerationStore, PreviewStore
from sekisho.keys import KeyRing, KeyStore, MasterKey
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from sekisho.sample import sample_recording
from sekisho.server.rescans import Judgement, Readers
from sekisho.server.run import ForgetfulReplies
from sekisho.storage import (
    SqlAlertStore,
    SqlFindingStore,
    SqlKeyStore,
    SqlPolicyGenerationStore,
    SqlPreviewStore,
    SqlReplyStore,
)


@dataclass(frozen=True, slots=True)
class Stores:
    """What a server keeps; all of it in one database."""

    findings: FindingStore
    previews: PreviewStore
    generations: PolicyGenerationStore
    replies: ForgetfulReplies
    keys: KeyStore
    alerts: AlertStore


@contextmanager
def open_stores(url: str | None) -> Generator[Stores]:
    """Open the database that `--db` names; None is the user's own."""
    with ExitStack() as opened:
        yield Stores(
            findings=opened.enter_context(SqlFindingStore(url)),
            previews=opened.enter_context(SqlPreviewStore(url)),
            generations=opened.enter_context(SqlPolicyGenerationStore(url)),
            replies=opened.enter_context(SqlReplyStore(url)),
            keys=opened.enter_context(SqlKeyStore(url)),
            alerts=opened.enter_context(SqlAlertStore(url)),
        )


class ApiKeys:
    """The access keys as the API asks for them."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def find(self, access_key_id: str) -> IssuedKey | None:
        """Return the key, or None when it was never issued or is revoked."""
        found = self._ring.find(access_key_id)
        return None if found is None else IssuedKey(found.key.id, found.secret.reveal(), found.key.role)


def page_token_secret(master_key: MasterKey) -> bytes:
    """Return what page tokens are sealed under: the same after a restart, and on every server with this key."""
    return master_key.derive("page tokens")


@dataclass(frozen=True, slots=True)
class Source:
    """What a server reads.

    Attributes:
        readers: who reads what.
        present: reads a single resource as it is now. Of a type that nobody reads, it looks at nothing.
        read_zone: reads the zone of trust that the operator asks for.
    """

    readers: Readers
    present: Callable[[str, str | None], Snapshot]
    read_zone: Callable[[], ZoneOfTrust]


def live_source(options: LiveOptions, judgement: Judgement, *, unused_permissions: bool) -> Source:
    """Return AWS itself: accounts and organizations, whichever an analyzer is about."""
    ways = {zone: replace(options, organization=zone is ZoneType.ORGANIZATION) for zone in ZoneType}
    resources = {zone: LiveReader(way) for zone, way in ways.items()}
    credentials = {
        zone: LiveCredentialsReader(way, unused_permissions=unused_permissions) for zone, way in ways.items()
    }

    def read_zone() -> ZoneOfTrust:
        if options.organization:
            return read_organization_zone(connect(options, ORGANIZATION_READS), options.partners).zone
        return read_account_zone(connect(options, ACCOUNT_READS), options.partners).zone

    asked = ZoneType.ORGANIZATION if options.organization else ZoneType.ACCOUNT
    return Source(Readers(resources, credentials, judgement), _present(resources[asked], read_zone), read_zone)


def recorded_source(path: Path, judgement: Judgement | None = None) -> Source:
    """Return a recording, which is of one zone of trust.

    Raises:
        RecordingError: it is none.
    """
    reader = RecordedReader(path)
    zone = reader.read().zone_of_trust
    readers = Readers({zone.type: reader}, {zone.type: reader}, judgement or Judgement())
    return Source(readers, _present(reader, lambda: zone), lambda: zone)


def _present(reader: SnapshotReader, read_zone: Callable[[], ZoneOfTrust]) -> Callable[[str, str | None], Snapshot]:
    def read(arn: str, owner: str | None) -> Snapshot:
        try:
            return reader.read_resource(arn, owner_account=owner)
        except UnsupportedArnError:
            return Snapshot(taken_at=datetime.now(UTC), zone_of_trust=read_zone(), only=())

    return read


@contextmanager
def sample_source() -> Generator[Source]:
    """Lend the sample organization that comes with the program."""
    with as_file(sample_recording()) as path:
        yield recorded_source(path)

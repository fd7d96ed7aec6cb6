"""`serve`, and the serving end of `demo`."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Any, Final, NoReturn

from rich.text import Text

from sekisho.alerts import parse_target
from sekisho.alerts.configuration import Configuration
from sekisho.analyzers.credentials import Exemption, Thresholds
from sekisho.cli.keys import environment_of
from sekisho.cli.output import Output
from sekisho.cli.scanning import options_of
from sekisho.cli.settings import LiveSettings, SettingsError
from sekisho.cli.status import ExitStatus
from sekisho.collectors import CollectError, LiveOptions
from sekisho.findings import FindingStore, ScanReport, to_the_millisecond
from sekisho.keys import Credentials, KeyRing, KeyStore, MasterKey, Role, Status
from sekisho.server import Duties, Judgement, Listen, ListenError, Parts, find_home, log_to, open_socket, run, url_of
from sekisho.wiring import read_master_key
from sekisho.wiring.alerts import Sources, telling_of
from sekisho.wiring.service_reference import find_reference
from sekisho.wiring.serving import (
    ApiKeys,
    Source,
    Stores,
    live_source,
    open_stores,
    page_token_secret,
    recorded_source,
    sample_source,
)
from sekisho.wiring.trails import GenerateFromTrails, generate_from_trails

TOKEN: Final = "SEKISHO_METRICS_TOKEN"  # noqa: S105 - the name of the variable
"""The environment variable that holds what scrapers show. No option does: other users see a command's arguments."""

SHORTEST_TOKEN: Final = 16

RESCAN_HOURS: Final = 24
MOST_RESCAN_HOURS: Final = 24 * 366

logger = logging.getLogger("sekisho.server")


def listen_at(
    host: str | None,
    port: int | None,
    *,
    certificate: Path | None,
    private_key: Path | None,
    may_be_plain: bool,
) -> Listen:
    """Return where to listen; None is the default."""
    usual = Listen()
    return Listen(
        usual.host if host is None else host,
        usual.port if port is None else port,
        certificate,
        private_key,
        may_be_plain,
    )


def sources_of(live: LiveSettings, **where: Any) -> Sources:
    """Return where events come in; see `Sources`."""
    return Sources(options=options_of(live), **where)


def serve(
    live: LiveSettings,
    listen: Listen,
    *,
    recording: str | None,
    database: str | None,
    secret_key_file: str | None,
    rescan_hours: int | None,
    events_to: tuple[str, ...],
    alerts: Configuration,
    sources: Sources,
    trails: tuple[str, ...],
    service_reference: Path | None,
    unused_permissions: bool,
    thresholds: Mapping[str, Any],
    exemptions: Sequence[Exemption],
) -> ExitStatus:
    """Answer, scan and tell until someone stops it."""
    duties = Duties(
        rescan_every=_every(RESCAN_HOURS if rescan_hours is None else rescan_hours),
        targets=tuple(parse_target(one, stream=sys.stdout) for one in dict.fromkeys(events_to)),
        metrics_token=_metrics_token(),
    )
    generate = _generate(trails, options_of(live), service_reference)
    _check(sources)
    log_to(sys.stderr)
    with closing(open_socket(listen)) as listening, open_stores(database) as stores:
        duties = replace(duties, telling=telling_of(alerts, sources, stores.alerts))
        is_first = not _has_keys(stores.keys)
        master_key = read_master_key(secret_key_file, may_make=is_first)
        judgement = Judgement(Thresholds(**thresholds), tuple(exemptions))
        source = _source(live, recording, judgement, unused_permissions=unused_permissions)
        parts = _parts(stores, source, master_key, generate)

        def ready() -> None:
            if is_first:
                logger.warning("there is no access key yet; make one with `sekisho keys create --role admin`")
            logger.info("listening", extra={"fields": {"url": url_of(listen, listening)}})

        ended = run(parts, duties, listen, listening, ready=ready)
    return ExitStatus.DONE if ended else _leave()


def serve_sample(show: Callable[[FindingStore], ScanReport]) -> ExitStatus:
    """Show the sample, then serve it to a key that is good for as long, and forget both.

    Args:
        show: scans the sample into a store, and prints it.
    """
    with _ended_by_signals(), _folder() as folder, open_stores(str(folder / "demo.db")) as stores:
        report = show(stores.findings)
        listen = Listen()
        with closing(_open_some_socket(listen)) as listening, sample_source() as source:
            master_key = MasterKey(os.urandom(32), source="the demonstration")
            issued = KeyRing(stores.keys, master_key).issue(Role.ADMIN, description="demo", now=datetime.now(UTC))
            log_to(sys.stderr, level=logging.WARNING)

            def ready() -> None:
                _invite(url_of(listen, listening), issued, report.analyzer_arn)

            duties = Duties(rescan_every=None)
            parts = _parts(stores, source, master_key, generate_from_trails((), LiveOptions()))
            ended = run(parts, duties, listen, listening, ready=ready)
    return ExitStatus.DONE if ended else _leave()


def _every(hours: int) -> timedelta | None:
    if hours > MOST_RESCAN_HOURS:
        raise SettingsError(f"--rescan-hours {hours} is more than a year; 0 is never")
    return timedelta(hours=hours) if hours else None


def _metrics_token() -> str | None:
    token = os.environ.get(TOKEN) or None
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise SettingsError(f"{TOKEN} is too short to keep anyone out; write {SHORTEST_TOKEN} characters or more")
    return token


def _has_keys(store: KeyStore) -> bool:
    return any(key.status is Status.ACTIVE for key in store.list())


def _source(live: LiveSettings, recording: str | None, judgement: Judgement, *, unused_permissions: bool) -> Source:
    if recording is not None:
        return recorded_source(Path(recording).expanduser(), judgement)
    return live_source(options_of(live), judgement, unused_permissions=unused_permissions)


def _generate(trails: Sequence[str], options: LiveOptions, reference: Path | None) -> GenerateFromTrails:
    find_reference(reference)
    try:
        return generate_from_trails(trails, options, reference)
    except CollectError as error:
        raise SettingsError(f"--trail: {error}") from error


def _check(sources: Sources) -> None:
    try:
        sources.check()
    except CollectError as error:
        raise SettingsError(f"events cannot come in: {error}") from error


def _parts(stores: Stores, source: Source, master_key: MasterKey, generate: GenerateFromTrails) -> Parts:
    ring = KeyRing(stores.keys, master_key)
    ring.verify()
    home = find_home(stores.findings, source.read_zone, now=to_the_millisecond(datetime.now(UTC)))
    return Parts(
        findings=stores.findings,
        previews=stores.previews,
        generations=stores.generations,
        replies=stores.replies,
        alerts=stores.alerts,
        key_ring=ApiKeys(ring),
        readers=source.readers,
        present=source.present,
        account=home.account,
        partition=home.partition,
        generate=generate,
        trails=frozenset(generate.places),
        secret=page_token_secret(master_key),
    )


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let SIGTERM end this as Ctrl-C does, so that what is temporary goes."""

    def end(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _folder() -> Generator[Path]:
    """Lend a folder that nobody else can look into and that goes at the end."""
    with TemporaryDirectory(prefix="sekisho-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _open_some_socket(listen: Listen) -> socket:
    try:
        return open_socket(listen)
    except ListenError:
        Output().note(Text(f"port {listen.port} is taken, so another one is used", "yellow"))
        return open_socket(replace(listen, port=0))


def _invite(url: str, issued: Credentials, analyzer_arn: str) -> None:
    """Say how to ask the server, in lines for a shell."""
    output = Output()
    region = analyzer_arn.split(":")[3]
    environment = {**environment_of(issued, endpoint=url, region=region), "AWS_REGION": region}
    output.show(Text(f"\nServed on {url} until you stop it with Ctrl-C. In another shell:\n", "bold"))
    output.write(
        [
            *(f"export {name}={value}" for name, value in environment.items()),
            "unset AWS_SESSION_TOKEN",
            f"aws accessanalyzer list-findings --analyzer-arn {analyzer_arn}",
        ]
    )
    sys.stdout.flush()


def _leave() -> NoReturn:
    """End at once. A thread still waits for an answer of others, and Python would wait for the thread."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ExitStatus.DONE)

"""`serve`: everything in one process."""

from pathlib import Path

import click

from sekisho.cli.commands.credentials import THRESHOLDS
from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.commands.scans import refuse_options_of_a_live_reading
from sekisho.cli.settings import LiveSettings, settings_file, takes_live_settings
from sekisho.cli.status import ExitStatus


@sekisho.command(
    epilog=examples(
        "sekisho serve",
        "sekisho serve --organization --events-to https://hooks.example.com/sekisho --db /var/lib/sekisho.db",
        "sekisho serve --events-from https://sqs.us-east-1.amazonaws.com/111122223333/sekisho-events",
        "sekisho serve --host 0.0.0.0 --tls-cert server.pem --tls-key server.key",
        "sekisho serve --trail arn:aws:cloudtrail:eu-west-1:111122223333:trail/main=s3://trail-logs/AWSLogs/",
        "sekisho serve --recording account.jsonl.gz --rescan-hours 0",
    )
)
@takes_live_settings(
    "recording", "host", "port", "tls-cert", "tls-key", "insecure-http", "rescan-hours", "events-to", "events-from",
    "events-bucket", "events-topic", "lookup-events", "fill-gaps", "trail", "service-reference", "db",
    "secret-key-file", "unused-permissions", *THRESHOLDS,
)  # fmt: skip
def serve(
    *,
    live: LiveSettings,
    recording: str | None,
    host: str | None,
    port: int | None,
    tls_cert: str | None,
    tls_key: str | None,
    insecure_http: bool,
    rescan_hours: int | None,
    events_to: tuple[str, ...],
    events_from: tuple[str, ...],
    events_bucket: tuple[str, ...],
    events_topic: tuple[str, ...],
    lookup_events: tuple[str, ...],
    fill_gaps: tuple[str, ...],
    trail: tuple[str, ...],
    service_reference: str | None,
    db: str | None,
    secret_key_file: str | None,
    unused_permissions: bool,
    **thresholds: int | bool | None,
) -> ExitStatus:
    """Serve the API, scan, take events in, and tell people.

    AWS's tools ask it with an access key of `sekisho keys create`. It scans every analyzer once a day, and what
    CloudTrail's events name as they come in. Who is told of what is in the table [alerts] of sekisho.toml. It logs to
    standard error, and stops on Ctrl-C or SIGTERM.
    """
    if recording is not None:
        refuse_options_of_a_live_reading()
    if tls_key is not None and tls_cert is None:
        raise click.UsageError("--tls-key belongs to a certificate; name it with --tls-cert")
    from sekisho.cli import serving  # noqa: PLC0415 - see `sekisho.cli.commands`
    from sekisho.cli.alerts import read_configuration  # noqa: PLC0415 - as above
    from sekisho.cli.exemptions import read_exemptions  # noqa: PLC0415 - as above

    settings = settings_file(click.get_current_context())
    listen = serving.listen_at(
        host, port, certificate=_path(tls_cert), private_key=_path(tls_key), may_be_plain=insecure_http
    )
    return serving.serve(
        live,
        listen,
        recording=recording,
        database=db,
        secret_key_file=secret_key_file,
        rescan_hours=rescan_hours,
        events_to=events_to,
        alerts=read_configuration(settings),
        sources=serving.sources_of(
            live,
            queues=events_from,
            buckets=events_bucket,
            topics=events_topic,
            regions=lookup_events,
            filled=fill_gaps,
        ),
        trails=trail,
        service_reference=_path(service_reference),
        unused_permissions=unused_permissions,
        thresholds={name: value for name, value in thresholds.items() if value is not None},
        exemptions=read_exemptions(settings),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).expanduser()

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
        "sekisho serve --host 0.0.0.0 --tls-cert server.pem --tls-key server.key",
        "sekisho serve --trail arn:aws:cloudtrail:eu-west-1:111122223333:trail/main=s3://trail-logs/AWSLogs/",
        "sekisho serve --recording account.jsonl.gz --rescan-hours 0",
    )
)
@takes_live_settings(
    "recording", "host", "port", "tls-cert", "tls-key", "insecure-http", "rescan-hours", "events-to", "trail", "db",
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
    trail: tuple[str, ...],
    db: str | None,
    secret_key_file: str | None,
    unused_permissions: bool,
    **thresholds: int | bool | None,
) -> ExitStatus:
    """Serve the API, scan by the clock, and send events.

    AWS's tools ask it with an access key of `sekisho keys create`. It scans every analyzer once a day, and what
    CloudTrail events name that are posted to /events. It logs to standard error, and stops on Ctrl-C or SIGTERM.
    """
    if recording is not None:
        refuse_options_of_a_live_reading()
    if tls_key is not None and tls_cert is None:
        raise click.UsageError("--tls-key belongs to a certificate; name it with --tls-cert")
    from sekisho.cli import serving  # noqa: PLC0415 - see `sekisho.cli.commands`
    from sekisho.cli.exemptions import read_exemptions  # noqa: PLC0415 - as above

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
        trails=trail,
        unused_permissions=unused_permissions,
        thresholds={name: value for name, value in thresholds.items() if value is not None},
        exemptions=read_exemptions(settings_file(click.get_current_context())),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).expanduser()

"""Settings: each is an option, an environment variable and a key of `sekisho.toml`, in this order of precedence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

FILE_NAME: Final = "sekisho.toml"

EXEMPTIONS: Final = "exemption"
"""The table of exemptions in it."""

ALERTS: Final = "alerts"
"""The table that says who is told of what."""

_FILE: Final = "sekisho.settings_file"

F = TypeVar("F", bound=Callable[..., Any])


class Kind(Enum):
    """What a setting holds; the value names it to the author of a `sekisho.toml`."""

    TEXT = "a string"
    TEXTS = "a list of strings"
    FLAG = "true or false"
    NUMBER = "a number above 0"
    COUNT = "a number from 0"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: the option without its dashes, and the key in the file.
        choices: the values it may have; empty for any.
        renamed: the parameter, where Python uses the setting's own name for something else.
    """

    name: str
    help: str
    kind: Kind = Kind.TEXT
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    renamed: str | None = None

    @property
    def parameter(self) -> str:
        """The name of the function's parameter."""
        return self.renamed or self.name.replace("-", "_")

    @property
    def environment_variable(self) -> str:
        """The variable that sets it."""
        return f"SEKISHO_{self.name.replace('-', '_').upper()}"


LEVELS: Final = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")
"""The names of `Severity`, which would take its whole layer to import; a test compares them."""

SETTINGS: Final = {
    setting.name: setting
    for setting in (
        Setting("profile", "The AWS profile to read with.", metavar="NAME"),
        Setting("role-name", "The role to assume in each account of the organization.", metavar="NAME"),
        Setting("region", "A Region to read; repeat for more. Default: all enabled ones.", Kind.TEXTS, "REGION"),
        Setting("organization", "Read every account of the organization.", Kind.FLAG),
        Setting("partner", "An account to trust besides your own; repeat for more.", Kind.TEXTS, "ACCOUNT"),
        Setting("timeout", "How long to wait for an answer of AWS. Default: 20.", Kind.NUMBER, "SECONDS"),
        Setting("workers", "How many calls to make at once. Default: 16.", Kind.NUMBER, "NUMBER"),
        Setting("recording", "Read this recording instead of AWS; needs no credentials.", metavar="FILE"),
        Setting("db", "The database: a file or a URL. Default: a file in your state folder.", metavar="URL"),
        Setting(
            "secret-key-file",
            "The file of the key that secrets are stored under. Default: secret.key in your state folder.",
            metavar="FILE",
        ),
        Setting("host", "The address to listen on. Default: 127.0.0.1.", metavar="ADDRESS"),
        Setting("port", "The port to listen on; 0 is any free one. Default: 8087.", Kind.COUNT, "NUMBER"),
        Setting("tls-cert", "The certificate to serve with, as PEM.", metavar="FILE"),
        Setting("tls-key", "The private key of the certificate, where another file has it.", metavar="FILE"),
        Setting("insecure-http", "Serve without TLS where other machines can come in.", Kind.FLAG),
        Setting("rescan-hours", "Scan again after so many hours; 0 is never. Default: 24.", Kind.COUNT, "HOURS"),
        Setting("events-to", "Send events to a file, a URL or -; repeat for more.", Kind.TEXTS, "TARGET"),
        Setting("events-from", "Take events out of this SQS queue; repeat for more.", Kind.TEXTS, "URL"),
        Setting(
            "events-bucket",
            "Read CloudTrail's files in this bucket when a message in a queue tells of one; repeat for more.",
            Kind.TEXTS,
            "BUCKET",
        ),
        Setting("events-topic", "Take what SNS posts to /sns of this topic; repeat for more.", Kind.TEXTS, "ARN"),
        Setting(
            "lookup-events", "Ask CloudTrail every minute what changed in this Region; repeat.", Kind.TEXTS, "REGION"
        ),
        Setting(
            "fill-gaps",
            "Ask CloudTrail every hour in this Region, us-east-1 for IAM, for new keys and the like; repeat.",
            Kind.TEXTS,
            "REGION",
        ),
        Setting(
            "trail",
            "A trail that policies may be generated from, and where its files are; repeat for more.",
            Kind.TEXTS,
            "ARN[=PLACE]",
        ),
        Setting(
            "format",
            "How to print.",
            choices=("table", "json", "jsonl", "csv", "html", "sarif", "ocsf", "asff"),
            renamed="output_format",
        ),
        Setting(
            "service-reference",
            "Where AWS's Service Reference is kept. Default: in your cache folder.",
            metavar="FOLDER",
        ),
        Setting("engine", "Who reads log files: this machine, or Apache Spark.", choices=("local", "spark")),
        Setting("spark-master", "Where Spark is. Default: as it is configured, or else here.", metavar="URL"),
        Setting("strict", "Exit with 3 when something could not be read or decided.", Kind.FLAG),
        Setting(
            "fail-on",
            "Exit with 1 when active findings are at least this severe.",
            metavar="LEVEL",
            choices=LEVELS,
        ),
        Setting("unused-days", "When a password or key is unused. Default: 45.", Kind.NUMBER, "DAYS"),
        Setting("key-age-days", "When an active key is to be rotated. Default: 90.", Kind.NUMBER, "DAYS"),
        Setting("inactive-key-days", "When an inactive key is to be deleted. Default: 90.", Kind.NUMBER, "DAYS"),
        Setting("unused-role-days", "When a role is unused. Default: 90.", Kind.NUMBER, "DAYS"),
        Setting("unused-permission-days", "When what may be done is unused. Default: 90.", Kind.NUMBER, "DAYS"),
        Setting("unused-permissions", "Find services and actions that are allowed and not used.", Kind.FLAG),
        Setting("root-used-days", "How long ago the root user may not have been used. Default: 7.", Kind.COUNT, "DAYS"),
        Setting("both-used-days", "When two keys are both in use. Default: 30.", Kind.NUMBER, "DAYS"),
        Setting("rotation-days", "How long the rotation of a key may take. Default: 14.", Kind.COUNT, "DAYS"),
        Setting(
            "service-credential-days", "When a credential for one service is old. Default: 90.", Kind.NUMBER, "DAYS"
        ),
        Setting(
            "role-candidate-days", "A key used within so many days could be a role. Default: 30.", Kind.COUNT, "DAYS"
        ),
        Setting("stale-report-hours", "When a credential report is old. Default: 24.", Kind.NUMBER, "HOURS"),
        Setting("password-length", "What a password policy has to ask for. Default: 14.", Kind.NUMBER, "NUMBER"),
        Setting("password-reuse", "How many passwords it has to remember. Default: 24.", Kind.COUNT, "NUMBER"),
        Setting("require-character-classes", "It has to ask for all four classes of characters.", Kind.FLAG),
        Setting("require-expiry", "It has to let passwords expire.", Kind.FLAG),
    )
}


class SettingsError(Exception):
    """A settings file is not what it should be; the message names the file and the line."""


def takes(*names: str, also: Mapping[str, tuple[str, ...]] | None = None) -> Callable[[F], F]:
    """Give a command the settings of these names, and `--config`.

    Args:
        names: of the settings.
        also: values that a setting may have for this command beside its own.
    """
    settings = [
        replace(one, choices=(*one.choices, *(also or {}).get(one.name, ())))
        for one in (SETTINGS[name] for name in names)
    ]

    def decorate(command: F) -> F:
        for option in reversed([*(_option(one) for one in settings), _config_option()]):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How to read AWS; each field is the parameter of a setting, None or empty where nobody set it."""

    profile: str | None
    role_name: str | None
    region: tuple[str, ...]
    organization: bool
    partner: tuple[str, ...]
    timeout: int | None
    workers: int | None


LIVE_SETTINGS: Final = tuple(
    setting for setting in SETTINGS.values() if setting.parameter in {field.name for field in fields(LiveSettings)}
)
"""What says how to read AWS, and nothing to a recording."""


def takes_live_settings(*others: str) -> Callable[[F], F]:
    """Give a command what says how to read AWS as one parameter, `live`, and the other settings as `takes` does."""

    def decorate(command: F) -> F:
        @wraps(command)
        def gather(**given: Any) -> object:
            live = LiveSettings(**{setting.parameter: given.pop(setting.parameter) for setting in LIVE_SETTINGS})
            return command(live=live, **given)

        return takes(*(setting.name for setting in LIVE_SETTINGS), *others)(cast("F", gather))

    return decorate


def find_settings_file(folder: Path) -> Path | None:
    """Return the nearest `sekisho.toml` from `folder` upwards, or None."""
    return next((file for one in (folder, *folder.parents) if (file := one / FILE_NAME).is_file()), None)


def read_settings(file: Path) -> dict[str, Any]:
    """Return what a settings file sets, by the names of the parameters.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or has a key or a value that no setting takes.
    """
    text, raw = read_toml(file)
    flat = {name: value for name, value in raw.items() if name not in {EXEMPTIONS, ALERTS}}
    return {SETTINGS[name].parameter: value for name, value in flat.items() if _is_right(name, value, file, text)}


def read_toml(file: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a settings file, and its tables.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
    import tomllib  # noqa: PLC0415 - most runs have no such file

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the settings file `{file}`: {_reason(error)}") from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from error


def _is_right(name: str, value: object, file: Path, text: str) -> bool:
    place = f"{file}, line {_line(name, text)}"
    setting = SETTINGS.get(name)
    if setting is None:
        near = get_close_matches(name.replace("_", "-"), SETTINGS, n=1)
        raise SettingsError(f"{place}: unknown setting `{name}`" + (f"; did you mean `{near[0]}`?" if near else ""))
    if not _fits(setting.kind, value):
        raise SettingsError(f"{place}: `{name}` must be {setting.kind.value}, not `{value}`")
    if setting.choices and str(value).casefold() not in map(str.casefold, setting.choices):
        raise SettingsError(f"{place}: `{name}` is `{value}`; it must be one of {', '.join(setting.choices)}")
    return True


def _fits(kind: Kind, value: object) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.TEXTS:
            return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[object]", value))
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool) and value > 0
        case Kind.COUNT:
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _line(name: str, text: str) -> int:
    lines = (
        number for number, line in enumerate(text.splitlines(), start=1) if line.lstrip("['\" \t").startswith(name)
    )
    return next(lines, 1)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8"


def _option(setting: Setting) -> Callable[[F], F]:
    common: Mapping[str, Any] = {
        "envvar": setting.environment_variable,
        "show_envvar": True,
        "help": setting.help,
    }
    match setting.kind:
        case Kind.FLAG:
            return click.option(f"--{setting.name}/--no-{setting.name}", setting.parameter, default=False, **common)
        case Kind.TEXTS:
            return click.option(
                f"--{setting.name}", setting.parameter, multiple=True, metavar=setting.metavar, **common
            )
        case Kind.NUMBER | Kind.COUNT:
            from_where = click.IntRange(min=1 if setting.kind is Kind.NUMBER else 0)
            return click.option(
                f"--{setting.name}", setting.parameter, type=from_where, metavar=setting.metavar, **common
            )
        case Kind.TEXT:
            kind = click.Choice(setting.choices, case_sensitive=False) if setting.choices else click.STRING
            metavar = "|".join(setting.choices) or setting.metavar
            return click.option(f"--{setting.name}", setting.parameter, type=kind, metavar=metavar, **common)


def _config_option() -> Callable[[F], F]:
    return click.option(
        "--config",
        metavar="FILE",
        envvar="SEKISHO_CONFIG",
        show_envvar=True,
        is_eager=True,
        expose_value=False,
        callback=_use_settings_file,
        help=f"The settings file. Default: the nearest {FILE_NAME} from here upwards.",
    )


def _use_settings_file(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    file = Path(value) if value is not None else find_settings_file(Path.cwd())
    if file is not None and not context.resilient_parsing:
        context.default_map = read_settings(file)
        context.meta[_FILE] = file


def settings_file(context: click.Context) -> Path | None:
    """Return the settings file that a command uses; None for none."""
    return cast("Path | None", context.meta.get(_FILE))

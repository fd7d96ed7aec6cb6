import shlex
from collections.abc import Iterator

import click
import pytest

from sekisho.cli.commands import sekisho
from sekisho.cli.settings import SETTINGS

GIVEN_EACH_TIME = {
    "fewest", "reason", "eq", "neq", "contains", "exists", "missing", "owner", "expires", "analyzer", "apply",
    "dry_run", "to",
    "config", "out", "status", "resource", "resource_type", "account", "public", "severity", "policy", "partition",
    "version", "help", "role", "description", "serve", "report", "as_of", "script", "keep",
    "credentials", "principal", "sources", "start", "end", "resources", "include_denied", "conditions", "usage",
    "late", "verify_integrity", "public_keys", "against", "keep_unseen", "events", "print_it", "template",
    "consumer_role_arn", "identity_region", "forward_to_bus", "home_bus_for",
    "tags", "follow_role_chains", "url", "event", "rule", "language", "target", "everything",
}  # fmt: skip
"""Options that say what one run is about; a standing value would surprise."""


def commands(
    group: click.Group = sekisho, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_examples_that_its_parser_takes(path: tuple[str, ...]) -> None:
    lines = [line.strip() for line in (ALL[path].epilog or "").splitlines() if line.startswith("  ")]

    assert lines
    for line in lines:
        words = shlex.split(line.split("  ")[0].split(" >")[0])
        assert words[0] == "sekisho"
        context = sekisho.make_context("sekisho", words[1:])
        rest = [*context._protected_args, *context.args]
        command: click.Command = sekisho
        while rest and isinstance(command, click.Group):
            name, found, rest = command.resolve_command(context, rest)
            assert found is not None, name
            command = found
        command.make_context(command.name, list(rest))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_standing_option_is_a_setting_with_its_variable(path: tuple[str, ...]) -> None:
    settings = {setting.parameter: setting for setting in SETTINGS.values()}
    for parameter in ALL[path].params:
        if not isinstance(parameter, click.Option) or parameter.name in GIVEN_EACH_TIME:
            continue
        assert parameter.name in settings
        assert parameter.envvar == settings[parameter.name].environment_variable
        assert parameter.help


def test_every_setting_is_an_option_of_some_command() -> None:
    names = {parameter.name for command in ALL.values() for parameter in command.params}

    assert {setting.parameter for setting in SETTINGS.values()} <= names


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_first_line_of_a_help_fits_into_the_list_of_commands(path: tuple[str, ...]) -> None:
    assert not path or not ALL[path].get_short_help_str(60).endswith("...")

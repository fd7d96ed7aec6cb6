"""Where templates run: Jinja2's syntax, and nothing to reach but the event.

Four things keep a template in, and each would be enough for what we know of. It is read into a tree, and a tree that
has anything but names, members, filters, tests, conditions and loops is refused before a line of it runs: there are no
calls, no arithmetic, no blocks that keep text. A member is a member of a JSON object and never an attribute of a Python
one. Filters are ours, each bounded. And what is compiled is compiled by Jinja2's own sandbox, without globals and
without a loader.

A template works against a budget: whoever loops over everything inside of everything gets a text that ends early.
"""

import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, cast

from jinja2 import TemplateSyntaxError, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sekisho.alerts.message import Moment, Text
from sekisho.alerts.messages.filters import FILTERS, TESTS, Missing, Scope, SpentError, Time
from sekisho.alerts.messages.grammar import COMPARED, LOOPED, TOO_DEEP, RefusedError, tamed
from sekisho.alerts.messages.plain import ELLIPSIS, MOST_TEXT, clip, squeezed, visible, visible_lines

MOST_SOURCE: Final = 10_000
"""How many characters one text of a template may have."""

_MARK: Final = "\0"
"""Around the time of a `Moment`, while a text is still one string; values and templates have been rid of it."""

_MOMENT: Final = re.compile(r"\0(-?[0-9]{1,12})\0")
_BLANKS: Final = re.compile("[ \\n\\t]+")

_SCOPE: Final = " scope"
"""The name of what filters know, which no template can say."""

_COMPILED: Final = "<template>"
"""What Jinja2 calls the file of what it compiled."""

_LONGEST_MOMENT: Final = 32
"""What a `Moment` counts for in the length of a text."""


class Program:
    """One text of a template, ready to run."""

    def __init__(self, source: str, names: frozenset[str]) -> None:
        """Read and check it.

        Args:
            source: in Jinja2's syntax.
            names: that it may use.

        Raises:
            RefusedError: it cannot be read, or asks for what it may not have.
        """
        if len(source) > MOST_SOURCE:
            raise RefusedError(f"it has {len(source):,} characters; {MOST_SOURCE:,} are enough", 1)
        try:
            tree = tamed(_ENVIRONMENT.parse(source), names, _ENVIRONMENT)
            self._template = _ENVIRONMENT.from_string(tree)
        except TemplateSyntaxError as error:
            raise RefusedError(_first_line(error.message or "it is no template"), error.lineno) from error
        except (RecursionError, MemoryError) as error:
            raise RefusedError(TOO_DEEP, 1) from error
        except ValueError as error:  # thousands of digits
            raise RefusedError("it has a number that is too large", 1) from error
        except SyntaxError as error:  # Python's, such as for an argument that is given twice
            raise RefusedError(f"it cannot be read: {_first_line(error.msg)}", 1) from error

    def run(self, values: Mapping[str, object], scope: Scope, most: int, *, is_line: bool) -> Text:
        """Return the text, cut where it gets too long or the budget is used up.

        Args:
            values: by name: JSON with visible texts, and times.
            scope: a new one for each text.
            most: how many characters are wanted.
            is_line: whether it is to be one line.

        Raises:
            RefusedError: it failed, as when it loops over pairs that are none.
        """
        parts: list[str] = []
        is_cut = False
        length = 0
        try:
            for part in self._template.root_render_func(self._template.new_context({**values, _SCOPE: scope})):
                parts.append(part)
                length += len(part)
                if length > 2 * most + MOST_TEXT:
                    break
        except SpentError:
            is_cut = True
        except Exception as error:  # whatever a template does wrong, the alert still goes out
            raise RefusedError(_first_line(str(error)) or type(error).__name__, self._line_of(error)) from error
        raw = _joined(parts)
        raw = _BLANKS.sub(" ", raw).strip(" ") if is_line else squeezed(raw)
        return bounded(_pieces(raw, visible if is_line else visible_lines), most, is_cut=is_cut)

    def _line_of(self, error: Exception) -> int:
        line, at = 1, error.__traceback__
        while at is not None:
            if at.tb_frame.f_code.co_filename == _COMPILED:
                line = self._template.get_corresponding_lineno(at.tb_lineno)
            at = at.tb_next
        return line


def _joined(parts: list[str]) -> str:
    """Put parts together, without the blank that a template has beside a value where both sides are of full width.

    Written is a blank as it has to be beside `alice`; beside `アカウント` it would be one too many.
    """
    made: list[str] = []
    end = ""
    for part in parts:
        if len(part) > 1 and part[0] == " " and _is_full(end[-1:]) and _is_full(part[1]):
            part = part[1:]  # noqa: PLW2901 - it is what is put on
        elif end[-1:] == " " and _is_full(end[-2:-1]) and _is_full(part[:1]):
            made[-1] = made[-1][:-1]
        made.append(part)
        end = (end + part)[-2:]
    return "".join(made)


def _is_full(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"


def _first_line(message: str) -> str:
    return visible_lines(message).partition("\n")[0][:300].rstrip(".")


def _pieces(raw: str, seen: Callable[[str], str]) -> Text:
    """Split a text where moments stand; whatever else of the mark is in it is none."""
    found: list[str | Moment] = []
    for number, piece in enumerate(_MOMENT.split(raw)):
        if number % 2 == 1:
            found.append(Moment(datetime.fromtimestamp(int(piece), UTC)))
        elif text := seen(piece):
            found.append(text)
    return tuple(found)


def bounded(text: Text, most: int, *, is_cut: bool = False) -> Text:
    """Return the beginning of a text that is too long, or that was cut already, with an ellipsis."""
    kept: list[str | Moment] = []
    left = most - is_cut
    for piece in text:
        size = _LONGEST_MOMENT if isinstance(piece, Moment) else len(piece)
        if size > left:
            return (*kept, clip(piece, left) if isinstance(piece, str) and left > 0 else ELLIPSIS)
        kept.append(piece)
        left -= size
    return _ended(kept) if is_cut else tuple(kept)


def _ended(text: Sequence[str | Moment]) -> Text:
    """Put an ellipsis at the end of a text."""
    *others, last = text or [""]
    return (*others, last + ELLIPSIS) if isinstance(last, str) else (*text, ELLIPSIS)


def _metered(work: Callable[..., object]) -> Callable[..., object]:
    """Return a filter for Jinja2 that pays for being called, and whose text is no longer than any of an event."""

    def metered(context: Context, value: object, *args: object, **options: object) -> object:
        scope = _scope_of(context)
        scope.spend(1)
        made = work(scope, value, *args, **options)
        if not isinstance(made, str):
            return made
        scope.spend(len(made) // 100)
        return clip(made, MOST_TEXT)

    return pass_context(metered)


@pass_context
def _shown(context: Context, value: object) -> str:
    """Return what a value prints, without the mark unless it is a moment."""
    scope = _scope_of(context)
    if isinstance(value, Time) and value.is_readers:
        scope.spend(1)
        return f"{_MARK}{int(value.at.timestamp())}{_MARK}"
    return clip(scope.plain(value), MOST_TEXT).replace(_MARK, "")


@pass_context
def _looped(context: Context, value: object) -> Iterator[object]:
    return _scope_of(context).items(value)


@pass_context
def _compared(context: Context, value: object, *told: object) -> bool:
    """Compare as a template writes it, `a < b <= c`; what cannot be compared is not so."""
    scope = _scope_of(context)
    for sign, other in zip(told[::2], told[1::2], strict=True):
        scope.spend(1)
        if not _is_so(value, str(sign), other):
            return False
        value = other
    return True


def _is_so(value: Any, sign: str, other: Any) -> bool:
    match sign:
        case "eq":
            return bool(value == other)
        case "ne":
            return bool(value != other)
        case "in":
            return _is_in(value, other)
        case "notin":
            return not _is_in(value, other)
        case _:
            are_numbers = all(isinstance(one, int | float) for one in (value, other))
            are_texts = isinstance(value, str) and isinstance(other, str)
            return bool(_ORDERS[sign](value, other)) if are_numbers or are_texts else False


_ORDERS: Final = {"lt": operator.lt, "lteq": operator.le, "gt": operator.gt, "gteq": operator.ge}


def _is_in(value: object, whole: object) -> bool:
    if isinstance(whole, str):
        return isinstance(value, str) and value in whole
    return isinstance(whole, list | dict) and value in list(cast("list[object]", whole))


def _scope_of(context: Context) -> Scope:
    return cast("Scope", context[_SCOPE])


_OF_LOOPS: Final = frozenset({"first", "last", "index", "index0", "length"})


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox with members in place of attributes."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> Any:
        if isinstance(obj, LoopContext):
            return getattr(obj, argument) if isinstance(argument, str) and argument in _OF_LOOPS else Missing()
        if isinstance(obj, dict) and isinstance(argument, str):
            return cast("dict[str, Any]", obj).get(argument, Missing())
        if isinstance(obj, list) and isinstance(argument, int):
            return _nth(cast("list[Any]", obj), argument)  # type: ignore[redundant-cast]  # for pyright
        return Missing()

    def call(self, *_args: Any, **_options: Any) -> NoReturn:
        raise TypeError("a template calls nothing")


def _nth(items: list[Any], index: int) -> Any:
    return items[index] if -len(items) <= index < len(items) else Missing()


def _environment() -> _Environment:
    made = _Environment(
        autoescape=False,
        finalize=_shown,
        loader=None,
        optimized=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=Missing,
    )
    reach = cast("Any", made)  # its stubs know no filters and tests but Jinja2's own
    reach.globals = {}
    reach.filters = {name: _metered(work) for name, work in FILTERS.items()}
    reach.filters |= {LOOPED: _looped, COMPARED: _compared}
    reach.tests = dict(TESTS)
    return made


_ENVIRONMENT: Final = _environment()

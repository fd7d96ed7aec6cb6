"""Templates: what they can say, and what they cannot reach."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_events import call, created_key
from sekisho.alerts.message import Moment, Text
from sekisho.alerts.messages import NAMES, Template, TemplateError, Texts, Wording
from sekisho.alerts.messages.filters import FILTERS, TESTS
from sekisho.alerts.messages.sandbox import MOST_SOURCE
from sekisho.alerts.messages.scene import scene_of, values_of
from sekisho.alerts.messages.template import MOST_ADVICE, MOST_BODY, MOST_TITLE

EVENT = created_key(
    requestParameters={
        "userName": "bob",
        "tags": [{"key": "team", "value": "red"}, {"key": "env", "value": "prod"}],
        "names": ["c", "a", "b", "a"],
        "count": 3,
        "flag": True,
        "empty": "",
        "none": None,
        "at": "2026-11-20T00:00:00Z",
        "arn": "arn:aws:iam::111122223333:role/team/App",
    }
)
WORDING = Wording(timezone="Asia/Tokyo", accounts={"444455556666": "partner"}, rule="r", title="Access key made")
FIELD = "detail.requestParameters"


def text(source: str, event: dict[str, Any] | None = None) -> Text:
    return Template("t", Texts("title", source)).write(scene_of(event or EVENT, WORDING)).text


def said(source: str, event: dict[str, Any] | None = None) -> str:
    (piece,) = text(source, event) or ("",)
    assert isinstance(piece, str)
    return piece


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ who }} made a key for {{ whom }}", "alice made a key for bob"),
        ("{{ account }}/{{ account_id }}/{{ region }}", "account 111122223333/111122223333/us-east-1"),
        ("{{ event_name }} {{ event_source }}", "CreateAccessKey iam.amazonaws.com"),
        ("{{ source_ip }} {{ via }}", "203.0.113.7 command line"),
        ("{{ detail.userIdentity.type }} {{ principal.type }}", "IAMUser IAMUser"),
        ('{{ event["detail-type"] }} {{ detail["eventName"] }}', "AWS API Call via CloudTrail CreateAccessKey"),
        (f"{{{{ {FIELD}.tags[0].value }}}} {{{{ {FIELD}.tags.1.key }}}}", "red env"),
        ("{{ time }}", "2026-11-20 19:11:12 JST (10:11:12 UTC)"),
        ('{{ time | zone("UTC") }}', "2026-11-20 10:11:12 UTC"),
        (f'{{{{ {FIELD}.at | zone("Asia/Tokyo") }}}}', "2026-11-20 09:00:00 JST (00:00:00 UTC)"),
        ("{{ title }} {{ rule }} {{ language }} {{ id }}", "Access key made r en 0b1f0a3e-1111-4222-8333-444455556666"),
        ("{% if mfa %}yes{% elif mfa is none %}nobody knows{% endif %}", "nobody knows"),
        (f"{{% for tag in {FIELD}.tags %}}{{{{ loop.index }}}}={{{{ tag.key }}}};{{% endfor %}}", "1=team;2=env;"),
        (f"{{% for n in {FIELD}.names if n != 'a' %}}{{{{ n }}}}{{% else %}}none{{% endfor %}}", "cb"),
        (f"{{% for n in {FIELD}.nothing %}}{{{{ n }}}}{{% else %}}none{{% endfor %}}", "none"),
        (f"{{% for k, v in {FIELD}.tags[0] | items %}}{{{{ k }}}}:{{{{ v }}}} {{% endfor %}}", "key:team value:red"),
        (
            f"{{% set n = {FIELD}.names | unique | sort %}}{{{{ n | first }}}}{{{{ n | last }}}}{{{{ n | length }}}}",
            "ac3",
        ),
        (f"{{{{ {FIELD}.names }}}}|{{{{ {FIELD}.names | join('-') }}}}", "c, a, b, a|c-a-b-a"),
        (f"{{{{ {FIELD}.tags[0] }}}}", '{"key":"team","value":"red"}'),
        (f"{{{{ {FIELD}.tags[0] | json }}}}{{{{ who | json }}}}", '{"key":"team","value":"red"}"alice"'),
        (f"{{{{ {FIELD}.count }}}}{{{{ {FIELD}.flag }}}}{{{{ {FIELD}.none }}}}", "3true"),
        (f'{{{{ {FIELD}.empty | default("nobody") }}}}{{{{ {FIELD}.x | default("nobody") }}}}', "nobodynobody"),
        (f"{{{{ {FIELD}.arn | short }}}} {{{{ who | upper }}}} {{{{ 'ABC' | lower }}}}", "App ALICE abc"),
        ("{{ who | truncate(3) }} {{ who | replace('al', 'ma') }} {{ '  x ' | trim }}", "al… maice x"),
        ("{{ '444455556666' | account }} {{ '1' | account }}", "partner (444455556666) account 1"),
        ("{{ 'bob' in whom }} {{ whom in ['bob', 'eve'] }} {{ whom not in ['eve'] }}", "true true true"),
        (f"{{{{ 1 < {FIELD}.count <= 3 }}}} {{{{ {FIELD}.count > 3 }}}} {{{{ 'a' < 'b' }}}}", "true false true"),
        ("{{ 'x' if who == 'alice' else 'y' }}{{ 'z' if who != 'alice' }}", "x"),
        ("{# a comment #}{% raw %}{{ who }}{% endraw %}", "{{ who }}"),
        (
            "".join(f"{{{{ whom is {name} }}}}" for name in ("defined", "string", "mapping", "none", "number")),
            "truetruefalsefalsefalse",
        ),
    ],
)
def test_a_template_says(source: str, expected: str) -> None:
    assert said(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ detail.nothing }}",
        "{{ detail.nothing.at.all[3].x }}",
        "{{ detail.nothing | upper | truncate(3) }}",
        "{{ detail.nothing | join | sort | first | items }}",
        '{{ detail.nothing | zone("Asia/Tokyo") }}{{ detail.nothing | local }}',
        "{{ finding.principal }}{{ finding.anything.at.all }}",
        "{% if detail.nothing > 3 or detail.nothing < 3 or 'a' in detail.nothing %}x{% endif %}",
        "{% if detail.nothing in who or detail.userIdentity < 3 or who < 3 or 3 in 4 %}x{% endif %}",
        f"{{{{ {FIELD}.tags[99] }}}}{{{{ {FIELD}.tags['x'] }}}}{{{{ {FIELD}[{FIELD}] }}}}",
        "{% for a in who %}x{% endfor %}{% for a in 3 %}x{% endfor %}",
        "{{ who.x }}",
    ],
)
def test_what_an_event_does_not_have_prints_nothing_and_breaks_nothing(source: str) -> None:
    assert said(source) == ""


def test_the_readers_own_time_is_a_moment() -> None:
    told = text(f"at {{{{ local }}}}, since {{{{ {FIELD}.at | local }}}}")

    assert [type(piece) for piece in told] == [str, Moment, str, Moment]
    assert [str(piece.at) for piece in told if isinstance(piece, Moment)] == [
        "2026-11-20 10:11:12+00:00",
        "2026-11-20 00:00:00+00:00",
    ]
    assert said("{{ local | upper }}") == "2026-11-20 19:11:12 JST (10:11:12 UTC)"


@pytest.mark.parametrize("planted", ["\x000\x00", "\x001763633472\x00", "a\x00\x00123\x00\x00b"])
def test_nobody_can_plant_a_moment(planted: str) -> None:
    event = call("X", requestParameters={"x": planted}, userAgent=planted)
    escaped = planted.replace("\x00", r"\x00")
    sources = [
        "{{ detail.requestParameters.x }}{{ user_agent }}{{ event }}",
        f"{{{{ '{escaped}' }}}}",
        f"{{{{ who | replace('alice', '{escaped}') }}}}",
        f"{{{{ [who, whom] | join('{escaped}') }}}}",
        planted,
    ]

    told = [piece for source in sources for piece in text(source, event)]

    assert not [piece for piece in told if not isinstance(piece, str) or "\x00" in piece]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param("{{ ''.__class__.__mro__[1].__subclasses__() }}", "calls nothing", id="the classes of a text"),
        pytest.param("{{ ''.__class__ }}", "`__class__` is no member", id="the class of a text"),
        pytest.param("{{ who.__class__.__base__ }}", "`__base__` is no member", id="the class of a value"),
        pytest.param("{{ who|attr('__class__') }}", "no filter `attr`", id="attributes by a filter"),
        pytest.param("{{ self }}", "there is no `self`", id="the template itself"),
        pytest.param("{{ self._TemplateReference__context }}", "there is no `self`", id="the context"),
        pytest.param("{{ caller() }}", "calls nothing", id="the caller"),
        pytest.param("{{ caller }}", "there is no `caller`", id="the caller, not called"),
        pytest.param("{{ super() }}", "calls nothing", id="the block above"),
        pytest.param("{{ cycler.__init__.__globals__ }}", "`__globals__` is no member", id="globals of cycler"),
        pytest.param("{{ joiner }}", "there is no `joiner`", id="joiner"),
        pytest.param("{{ lipsum.__globals__ }}", "`__globals__` is no member", id="globals of lipsum"),
        pytest.param("{{ lipsum['__globals__'] }}", "there is no `lipsum`", id="globals of lipsum as a member"),
        pytest.param("{{ namespace }}", "there is no `namespace`", id="namespace"),
        pytest.param("{{ dict }}", "there is no `dict`", id="dict"),
        pytest.param("{{ range(10**9) }}", "calls nothing", id="a long range"),
        pytest.param("{% for i in range(9) %}{% endfor %}", "calls nothing", id="a loop over a range"),
        pytest.param("{{ config }}", "there is no `config`", id="the configuration of some framework"),
        pytest.param("{{ request }}", "there is no `request`", id="the request of some framework"),
        pytest.param("{{ '{0.__class__}'.format(who) }}", "calls nothing", id="format"),
        pytest.param("{{ '{x.__class__}'.format_map(detail) }}", "calls nothing", id="format_map"),
        pytest.param("{{ '{0.__class__}' | format(who) }}", "no filter `format`", id="format as a filter"),
        pytest.param("{{ '%s' % who }}", "does not calculate", id="formatting by percent"),
        pytest.param("{{ '%999999999d' % 1 }}", "does not calculate", id="wide formatting by percent"),
        pytest.param("{{ 'a' * 10**9 }}", "does not calculate", id="a long text"),
        pytest.param("{{ 9 ** 9 ** 9 }}", "does not calculate", id="a large number"),
        pytest.param("{{ 1 + 1 }}", "does not calculate", id="a sum"),
        pytest.param("{{ -who }}", "does not calculate", id="a sign"),
        pytest.param("{{ who ~ whom }}", "one after the other", id="joining texts"),
        pytest.param("{{ who[0:9] }}", "use `truncate`", id="a slice"),
        pytest.param("{{ 'x' | center(1000000000) }}", "no filter `center`", id="a wide filter"),
        pytest.param("{{ 'x' | indent(1000000000) }}", "no filter `indent`", id="a deep filter"),
        pytest.param("{{ detail | map(attribute='__class__') }}", "no filter `map`", id="map"),
        pytest.param("{{ detail | pprint }}", "no filter `pprint`", id="pprint"),
        pytest.param("{{ detail | items(1) }}", "too many positional arguments", id="an argument too many"),
        pytest.param("{{ who | truncate(*detail) }}", "one by one", id="arguments from a list"),
        pytest.param("{{ who | truncate(**detail) }}", "one by one", id="arguments from an object"),
        pytest.param("{{ who is sameas whom }}", "no test `sameas`", id="a test that we do not have"),
        pytest.param("{{ who is divisibleby(0) }}", "no test `divisibleby`", id="a test that divides"),
        pytest.param("{% include '/etc/passwd' %}", "includes no other", id="include"),
        pytest.param("{% import 'os' as os %}", "imports nothing", id="import"),
        pytest.param("{% from 'os' import system %}", "imports nothing", id="from import"),
        pytest.param("{% extends 'x' %}", "extends no other", id="extends"),
        pytest.param("{% block x %}{% endblock %}", "has no blocks", id="block"),
        pytest.param("{% macro m() %}{{ m() }}{% endmacro %}", "has no macros", id="macro"),
        pytest.param("{% call who() %}{% endcall %}", "has no macros", id="call"),
        pytest.param("{% filter upper %}x{% endfilter %}", "filter a value", id="filter over a block"),
        pytest.param("{% set x %}{{ who }}{{ who }}{% endset %}", "set a name to a value", id="a block that is kept"),
        pytest.param("{% set detail.x = 1 %}", "one name at a time", id="setting a member"),
        pytest.param("{% set ns.x = 1 %}", "one name at a time", id="setting a member of a namespace"),
        pytest.param("{% set a, b = who %}", "one name at a time", id="setting two names"),
        pytest.param("{% set _x = 1 %}", "no name to set", id="setting a name of Jinja2's"),
        pytest.param("{% set self = 1 %}", "no name to set", id="setting self"),
        pytest.param("{% with x = 1 %}{% endwith %}", "{% set name", id="with"),
        pytest.param("{% autoescape true %}x{% endautoescape %}", "texts, values, filters", id="autoescape"),
        pytest.param("{% for a in detail recursive %}{{ loop(a) }}{% endfor %}", "not recursive", id="recursion"),
        pytest.param("{% for a in detail %}{{ loop.cycle('a') }}{% endfor %}", "calls nothing", id="a call of a loop"),
        pytest.param("{% do who %}", "unknown tag 'do'", id="do"),
        pytest.param("{% debug %}", "unknown tag 'debug'", id="debug"),
        pytest.param("{% trans %}x{% endtrans %}", "unknown tag 'trans'", id="trans"),
        pytest.param("{{ {'a': 1} }}", "texts, values, filters", id="an object"),
        pytest.param("{{ loop }}", "there is no `loop`", id="a loop outside of one"),
        pytest.param("{{ " + "(" * 3000 + " }}", "too deep", id="thousands of parentheses"),
        pytest.param("{{ who" + "|upper" * 100 + " }}", "too deep", id="a hundred filters"),
        pytest.param("{{ who" + ".x" * 3000 + " }}", "too deep", id="thousands of members"),
        pytest.param("{% if who %}" * 60 + "{% endif %}" * 60, "too deep", id="many conditions in each other"),
        pytest.param("{{ " + "9" * 5000 + " }}", "number that is too large", id="a number of 5,000 digits"),
        pytest.param("x" * (MOST_SOURCE + 1), "10,001 characters", id="a long template"),
        pytest.param("{{ tiem }}", "there is no `tiem`; did you mean `time`?", id="a slip"),
        pytest.param("{{ who | uper }}", "did you mean `upper`?", id="a slip in a filter"),
        pytest.param("{{ who | replace('a') }}", "missing a required argument: 'new'", id="an argument too few"),
        pytest.param("{{ time | zone('Asia/Tokio') }}", "`Asia/Tokio` is no time zone", id="a zone that is none"),
        pytest.param("{{ time | zone(name='x') }}", "`x` is no time zone", id="a zone by its name"),
        pytest.param("{{ who", "end of", id="an expression without an end"),
        pytest.param("{% if who %}", "unexpected end", id="a condition without an end"),
        pytest.param("{{ '\\N{x}' }}", "", id="a character that is none"),
    ],
)
def test_a_template_cannot_reach(source: str, complaint: str) -> None:
    with pytest.raises(TemplateError, match=r"^template `t`, text, line 1: ") as caught:
        Template("t", Texts("title", source))

    assert complaint.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ who['__class__'] }}",
        "{{ detail['__class__']['__mro__'] }}",
        "{{ detail.items }}{{ detail.keys }}{{ detail.get }}{{ detail.pop }}",
        "{{ who.upper }}{{ who.format }}{{ who.encode }}",
        "{{ time.at }}{{ time.zone }}{{ local.at }}",
        "{{ detail.requestParameters.tags.append }}",
        "{% for a in detail.requestParameters.tags %}{{ loop }}{{ loop.cycle }}{{ loop['_iterator'] }}{% endfor %}",
        "{{ who['format'] }}{{ ('a', 'b').count }}{{ [].append }}",
        "{{ mfa.real }}{{ 3.0.real }}",
    ],
)
def test_what_looks_like_a_way_out_is_inert(source: str) -> None:
    assert said(source) == ""


def test_an_error_names_the_template_the_part_the_line_and_a_remedy() -> None:
    with pytest.raises(TemplateError) as caught:
        Template("keys", Texts("title", "text", "one\ntwo\n{{ wo }}"))

    error = caught.value
    assert str(error) == "template `keys`, advice, line 3: there is no `wo`; did you mean `who`?"
    assert (error.name, error.part, error.line) == ("keys", "advice", 3)


def test_what_fails_at_an_event_is_told_with_its_line() -> None:
    template = Template("t", Texts("title", "a\n{% for a, b in detail.requestParameters.names %}{{ a }}{% endfor %}"))

    with pytest.raises(TemplateError, match="template `t`, text, line 2: not enough values to unpack"):
        template.write(scene_of(EVENT, WORDING))


@pytest.mark.parametrize(
    "source",
    [
        "{{ detail.requestParameters.long }}" * 20,
        "{% for a in detail.requestParameters.many %}{{ detail.requestParameters.long }}{% endfor %}",
        "x" * 9_000,
        "{{ local }}" * 500,
        "{{ event | json }}" * 20,
    ],
)
def test_a_long_text_ends_early_in_an_ellipsis(source: str) -> None:
    event = call("X", requestParameters={"long": "x" * 10_000, "many": list(range(500))})
    template = Template("t", Texts(source, source, source))

    written = template.write(scene_of(event, WORDING))

    for told, most in ((written.title, MOST_TITLE), (written.text, MOST_BODY), (written.advice, MOST_ADVICE)):
        assert sum(32 if isinstance(piece, Moment) else len(piece) for piece in told) <= most + 1
        assert str(told[-1]).endswith("…")


LISTS = "detail.requestParameters"
"""Fifty lists of fifty lists."""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "".join(f"{{% for a{n} in {LISTS} %}}" for n in range(9)) + "{% endfor %}" * 9, id="loops in loops"
        ),
        pytest.param(
            f"{{% for a in {LISTS} %}}{{% if event | json | json | json | json %}}{{% endif %}}{{% endfor %}}",
            id="JSON",
        ),
        pytest.param(
            f"{{% for a in {LISTS} %}}{{% set x = {LISTS}.k1 | sort | unique | join('x') %}}{{% endfor %}}",
            id="sorting",
        ),
        pytest.param(
            "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a | replace('x', a) %}" * 200 + f"{{% for b in {LISTS} %}}"
            "{% set c = a | replace('x', a) | replace('x', a) %}{% endfor %}{{ a }}",
            id="growing",
        ),
    ],
)
def test_too_much_work_ends_early(source: str) -> None:
    event = call("X", requestParameters={f"k{n}": [["y" * 50] * 50] * 50 for n in range(50)})

    assert said(f"begun {source}", event) == "begun…"


@given(st.text(alphabet="{}%|.'\"()[]<>=!~*+-/ \n0123456789abdefhilmnorstuwxy_", max_size=60))
def test_whatever_is_written_is_a_template_or_refused(source: str) -> None:
    try:
        template = Template("t", Texts(source, f"{{{{ {source} }}}}", f"{{% if {source} %}}x{{% endif %}}"))
    except TemplateError:
        return
    template.write(scene_of(EVENT, WORDING))


def test_names_are_those_that_a_template_gets() -> None:
    assert values_of(scene_of(EVENT, WORDING)).keys() == NAMES.keys()


def test_a_blank_goes_where_both_sides_are_of_full_width() -> None:
    event = created_key("山田")

    assert said("{{ who }} が {{ whom }} の鍵を {{ 'つくる' }} と", event) == "alice が山田の鍵をつくると"
    assert said("新しい {{ 'key' }} は {{ 'a b' }} と あと", event) == "新しい key は a b と あと"


def test_filters_and_tests_are_few_and_none_is_jinjas_own() -> None:
    assert len(FILTERS) == 19
    assert len(TESTS) == 9
    assert {work.__module__ for work in FILTERS.values()} == {"sekisho.alerts.messages.filters"}

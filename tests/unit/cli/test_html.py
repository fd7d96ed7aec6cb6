import base64
import hashlib
import json
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers.credentials.repair import repair_steps
from sekisho.analyzers.observation import (
    AnalysisError,
    AtMost,
    Because,
    Blocker,
    ErrorCode,
    Fact,
    Outcome,
    Remedy,
    Severity,
    WitnessRequest,
)
from sekisho.cli.escape import plain
from sekisho.cli.render.html import AccountLine, Report, accounts_of_scans, notes_of_scan, page, render_html, view
from sekisho.cli.render.html.histogram import histogram_of
from sekisho.findings import Finding, Status, Undecided
from sekisho.resources.gaps import Gap
from unit.findings.builders import (
    ACCOUNT,
    ANALYZER,
    MONDAY,
    TUESDAY,
    analysis,
    analysis_error,
    coverage,
    credential_risk,
    external_access,
)

USER: Final = f"arn:aws:iam::{ACCOUNT}:user/people/anna"
HOSTILE: Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</script></style></title></textarea><!--",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;&#60;",
    "a\u202eb\u2066c\x00\x1b[31m\x85\u2028\n\r\ud800",
    "` onload=alert(1) `",
)
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1), st.text("<>\"'&`/= \n\x00{%}", min_size=1)).filter(
    lambda text: text not in {"AWS::IAM::User", "AWS::Account"}  # of these the page leaves the kind out
)


class Reading(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}
        self.comments: list[str] = []
        self._inside: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag if tag in {"script", "style"} else None
        if tag in {"dd", "li", "p", "td", "th"}:
            self.texts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._inside = None if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def text(self) -> str:
        """All that can be read, its spaces and line breaks as one space each."""
        return re.sub(r"[ \n]+", " ", "".join(self.texts))

    @property
    def outline(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """How often each element is there, with the names of its attributes; but for spans of code within prose."""
        return Counter((tag, tuple(attributes)) for tag, attributes in self.elements if tag != "code")


def finding(outcome: Outcome, *, resource: str = USER, resource_type: str = "AWS::IAM::User", **other: Any) -> Finding:
    (observation,) = analysis(outcome, resource=resource, resource_type=resource_type, region="global").observations
    name = other.pop("id", f"{resource}/{type(outcome).__name__}/{getattr(outcome, 'check', '')}")
    return Finding(name, ANALYZER, observation, other.pop("status", Status.ACTIVE), MONDAY, TUESDAY, TUESDAY, **other)


def read(*findings: Finding, **other: Any) -> Reading:
    return Reading("\n".join(render_html(Report("Credentials", TUESDAY, findings, **other))))


def full_of(text: str) -> Report:
    """Return a report that has a text wherever data can stand."""
    access = replace(
        external_access({"AWS": text}, condition={text: text}, action=(text,), is_public=True),
        witness=WitnessRequest({"AWS": text}, text, text, {text: (text, text)}),
        because=(Because(text, 1, text, sid=text),),
        blocked_by=(Blocker(text, text, text),),
        remedy=Remedy(text, json.dumps({text: text})),
        approximations=(text,),
        sentence=text,
        severity_rule=text,
    )
    risk = replace(credential_risk(credential=text), facts=(Fact(text, text, text),), sentence=text, severity_rule=text)
    gap = Gap(text, text, text, text, text, text)
    error = AnalysisError(ErrorCode.ACCESS_DENIED, text, (gap,), (AtMost({"AWS": text}, (text,)),))
    found = [
        finding(access, resource=text, resource_type=text, id=text),
        finding(replace(access, remedy=Remedy(text, text)), resource=f"arn:aws:s3:::{text}", id=f"{text} 2"),
        finding(risk, resource=f"arn:aws:iam::1:user/{text}", id=f"{text} 3"),
        finding(error, id=f"{text} 4", status=Status.ARCHIVED),
    ]
    odd_owner = replace(found[0], observation=replace(found[0].observation, resource_owner_account=text, region=text))
    looked_at = coverage(gap, accounts=(text, f"{text}2"))
    return Report(
        text,
        TUESDAY,
        [odd_owner, *found[1:]],
        about=text,
        accounts=[*accounts_of_scans([looked_at]), AccountLine(f"{text} 3", MONDAY, [text])],
        notes=[text],
        marks={text: "new", f"{text} 2": "back"},
        fixed=[replace(found[2], status=Status.RESOLVED, id=f"{text} 5")],
        since=MONDAY,
        key_ages=[3, None],
    )


PLAIN_OUTLINE: Final = Reading("\n".join(render_html(full_of("x")))).outline


@given(TEXTS)
def test_nothing_but_text_ever_comes_of_data(text: str) -> None:
    written = list(render_html(full_of(text)))
    seen = Reading("\n".join(written))

    assert seen.outline == PLAIN_OUTLINE
    assert seen.comments == []
    assert seen.raw == {"style": page._asset(page.STYLE), "script": page._asset(page.SCRIPT)}
    assert "".join(written).isascii()
    assert all(line.isprintable() for line in written)
    values = [value or "" for _, attributes in seen.elements for value in attributes.values()]
    assert not any(unicodedata.category(one)[0] == "C" and one != "\n" for one in "".join((*seen.texts, *values)))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_data_says_can_be_read_to_the_last_character(text: str) -> None:
    seen = Reading("\n".join(render_html(full_of(text))))

    assert re.sub(r"[ \n]+", " ", plain(text)).replace("`", "") in seen.text.replace("`", "")


def test_only_known_elements_and_attributes_are_there_and_none_loads_anything() -> None:
    for tag, attributes in read(finding(credential_risk()), key_ages=[1]).elements:
        assert tag not in {"img", "iframe", "object", "embed", "base", "video", "audio", "use", "image"}
        assert not any(name.startswith("on") or name in {"style", "srcdoc", "action"} for name in attributes)
        for name in ("href", "src"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#")), attributes
    style = page._asset(page.STYLE)
    assert "url(" not in style
    assert "@import" not in style
    for sink in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "fetch", "import(", "XMLHttp"):
        assert sink not in page._asset(page.SCRIPT)


def test_the_policy_allows_the_one_style_and_the_one_script_by_their_hashes() -> None:
    seen = read(finding(credential_risk()))
    (policy,) = (
        attributes["content"] or ""
        for tag, attributes in seen.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )

    directives = dict(one.split(" ", 1) for one in policy.split("; "))
    assert directives["default-src"] == "'none'"
    for name in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(seen.raw[name].encode()).digest()).decode()
        assert directives[f"{name}-src"] == f"'sha256-{digest}'"


def test_nothing_is_called_safe_but_what_is_ours() -> None:
    assert re.findall(r"(\S+) \| safe", page._asset(page.TEMPLATE)) == ['"\\n"', "style", "script"]


def test_a_style_and_a_script_are_ascii_so_that_what_is_written_is_what_is_hashed() -> None:
    assert page._asset(page.STYLE).isascii()
    assert page._asset(page.SCRIPT).isascii()


def test_a_credential_comes_with_its_facts_and_with_every_step_and_command_in_order() -> None:
    one = finding(credential_risk())
    seen = read(one)

    assert "Access key 1 was last used 60 days ago." in seen.text
    assert "anna" in seen.texts
    assert "lastUsed 2026-09-17T08:00:00Z credential report, access_key_1_last_used_date" in seen.text
    commands = [shlex.join(step.command) for step in repair_steps(one.observation) if step.command]
    assert [text for text in seen.texts if text.startswith("aws ")] == commands
    kinds = [step.kind.value for step in repair_steps(one.observation)]
    assert re.findall(r"(Look|Tell|Deactivate|Wait|Undo|Delete)\. ", seen.text) == kinds


def test_a_check_that_this_version_does_not_know_is_shown_without_steps() -> None:
    seen = read(finding(credential_risk("CRED-FROM-THE-FUTURE")))

    assert "CRED-FROM-THE-FUTURE" in seen.text
    assert "Repair" not in seen.text


def test_access_comes_with_its_proof_its_statement_and_its_remedy() -> None:
    access = replace(external_access(is_public=True), remedy=Remedy("remove the account", '{"Statement":[]}'))
    seen = read(finding(access, resource="arn:aws:s3:::reports", resource_type="AWS::S3::Bucket"))

    assert "This request is allowed:" in seen.text
    assert '"action": "s3:GetObject"' in seen.text
    assert "BucketPolicy ReadReports, at Statement[0].Principal" in seen.text
    assert "remove the account" in seen.text
    assert '{ "Statement": [] }' in seen.text
    assert "public" in seen.texts
    assert "Last used" not in seen.text


def test_of_access_that_is_gone_the_request_was_allowed() -> None:
    seen = read(finding(external_access(), status=Status.RESOLVED))

    assert "This request was allowed:" in seen.text
    assert "Resolved 1 " in seen.text


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        pytest.param({}, "No findings.", id="everything was read"),
        pytest.param({"notes": ["the moon"]}, "No findings in what was read.", id="a note"),
        pytest.param(
            {"accounts": [AccountLine(ACCOUNT, None, ["iam.list_users answered AccessDenied"])]},
            "No findings in what was read.",
            id="a gap",
        ),
    ],
)
def test_nothing_found_is_said_only_of_what_was_read(other: dict[str, Any], verdict: str) -> None:
    seen = read(**other)

    assert verdict in [text.strip() for text in seen.texts]
    assert ("What is missing here" in seen.text) is (verdict != "No findings.")


def test_what_could_not_be_decided_is_missing_too() -> None:
    seen = read(finding(analysis_error()))

    assert "1 finding below: it could not be decided" in seen.text
    assert "The bucket policy could not be read" in seen.text


def test_the_gaps_of_a_scan_are_told_by_account() -> None:
    gap = Gap("sqs.list_queues", "AccessDenied", "", "222233334444", "eu-west-1", resource_types=("AWS::SQS::Queue",))
    looked_at = replace(
        coverage(gap, accounts=(ACCOUNT, "222233334444"), regions=("eu-west-1",)),
        undecided=(Undecided("arn:aws:s3:::reports", "too long"),),
    )
    seen = read(accounts=accounts_of_scans([looked_at]), notes=tuple(notes_of_scan(looked_at)))

    told = "sqs.list_queues in eu-west-1 answered AccessDenied; not known now: every SQS::Queue."
    assert f"Account 222233334444 {told}" in seen.text
    assert "Only these Regions were looked at: eu-west-1." in seen.text
    assert "1 resource could be read and not decided." in seen.text
    assert "No findings in what was read." in seen.text


def test_an_account_that_could_not_be_entered_has_no_data() -> None:
    closed = Gap("sts.assume_role", "AccessDenied", "", "999988887777")

    assert [(one.account_id, one.data_at) for one in accounts_of_scans([coverage(closed)])] == [
        (ACCOUNT, MONDAY),
        ("999988887777", None),
    ]


def test_more_notes_than_anyone_reads_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MOST_LISTED", 2)

    seen = read(accounts=[AccountLine("1", None, ["one", "two", "three"]), AccountLine("2", None, ["four"])])

    assert "two" in seen.text
    assert "four" not in seen.text
    assert "and 2 more" in seen.text


def some(number: int) -> Iterator[Finding]:
    for place, severity in zip(
        range(number), [Severity.LOW, Severity.CRITICAL, Severity.MEDIUM] * number, strict=False
    ):
        arn = f"arn:aws:iam::{ACCOUNT}:user/user-{place}"
        yield finding(credential_risk(severity=severity), resource=arn)


def test_of_too_many_findings_the_worst_are_shown_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MOST_ROWS", 3)

    seen = read(*some(6))

    shown = [attributes["data-level"] for tag, attributes in seen.elements if tag == "tr" and "id" in attributes]
    assert shown == ["critical", "critical", "medium"]
    assert "the worst 3 of 6 findings. 3 are left out; --format csv has all of them." in seen.text
    assert re.search(r"Critical 2\b.*Medium 2\b.*Low 2\b", seen.text)


def test_what_is_new_and_what_is_fixed_is_told_beside_the_run_it_is_compared_with() -> None:
    new, old = some(2)
    gone = finding(credential_risk(), resource=f"arn:aws:iam::{ACCOUNT}:user/gone", status=Status.RESOLVED)

    seen = read(new, old, marks={new.id: "new"}, fixed=[gone], since=MONDAY)

    assert "New since 2026-11-16 08:00 UTC 1 finding Low user-0 " in seen.text
    assert "Fixed since 2026-11-16 08:00 UTC 1 finding Medium gone " in seen.text
    assert ("a", {"href": f"#f-{new.id}"}) in seen.elements


def test_that_nothing_changed_is_told_and_a_first_run_says_nothing_of_it() -> None:
    assert "Nothing is new." in read(since=MONDAY).text
    assert "since" not in read().text


def test_whose_it_is_is_told_where_there_are_several_accounts() -> None:
    one, other = some(2)
    elsewhere = replace(other, observation=replace(other.observation, resource_owner_account="222233334444"))

    assert "222233334444" in read(one, elsewhere).texts
    assert "Account" not in read(one, other).texts


@pytest.mark.parametrize(
    ("last_used", "facts", "told"),
    [
        (MONDAY, (), "2026-11-16"),
        (None, (Fact("lastUsed", "never", "x"),), "never"),
        (None, (Fact("lastUsed", "unknown", "x"),), "not known"),
    ],
)
def test_the_last_use_is_told_or_what_is_known_of_it(
    last_used: datetime | None, facts: tuple[Fact, ...], told: str
) -> None:
    seen = read(finding(replace(credential_risk(), last_used=last_used, facts=facts)))

    assert told in seen.texts


def test_times_are_in_utc_whatever_zone_they_came_in() -> None:
    seen = read(since=datetime.fromisoformat("2026-11-16T09:30:00+01:00"))

    assert "2026-11-16 08:30 UTC" in seen.text


def numbers(ages: Sequence[int | None]) -> list[int]:
    return [bar.number for bar in histogram_of(ages).bars]


@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (0, 0), (30, 0), (31, 1), (90, 1), (91, 2), (180, 2), (181, 3), (365, 3), (366, 4), (730, 4), (731, 5),
        (9_999, 5),
    ],
)  # fmt: skip
def test_each_age_is_in_one_bucket(age: int, bucket: int) -> None:
    assert numbers([age]) == [int(place == bucket) for place in range(6)]


@given(st.lists(st.none() | st.integers(0, 5_000)))
def test_every_key_is_counted_once_and_any_number_can_be_seen(ages: list[int | None]) -> None:
    picture = histogram_of(ages)

    assert sum(numbers(ages)) == len(ages) - ages.count(None)
    assert all((bar.height > 0) == (bar.number > 0) for bar in picture.bars)
    assert f"{len(ages):,} active" in picture.summary or picture.summary == "No access key is active."


def test_the_picture_of_the_ages_can_be_heard() -> None:
    seen = read(key_ages=[5, 100, 100, 800, None])

    told = "0-30 days: 1; 31-90 days: 0; 91-180 days: 2; 181-365 days: 0; 1-2 years: 0; over 2 years: 1"
    assert told in seen.text.replace("\u2013", "-")
    assert "5 active access keys; 3 of 90 days or more; 1 of a year or more; the oldest 800 days old" in seen.text
    assert "1 of an age that is not known" in seen.text
    (picture,) = (attributes for tag, attributes in seen.elements if tag == "svg")
    assert picture["role"] == "img"


def test_without_keys_there_is_no_picture_and_where_none_were_looked_at_no_word() -> None:
    assert "No access key is active." in read(key_ages=[]).text
    assert "access key" not in read().text


def test_a_page_is_yielded_line_by_line() -> None:
    lines = render_html(Report("x", TUESDAY, list(some(3))))

    assert next(lines) == "<!DOCTYPE html>"
    assert not any("\n" in line for line in lines)

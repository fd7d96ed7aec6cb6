import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console, RenderableType

from sekisho.analyzers.observation import Because, Blocker, Fact, Remedy, Severity, Source
from sekisho.cli.render.coverage import render_changes, render_coverage, render_gaps
from sekisho.cli.render.formats import COLUMNS, render_csv, render_json, render_jsonl
from sekisho.cli.render.page import render_analyzed_resource, render_finding, render_observation
from sekisho.cli.render.table import render_findings
from sekisho.findings import AnalyzedResource, Coverage, Finding, Status, Undecided, finding_document
from sekisho.resources.gaps import Gap, account_gaps
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount
from unit.findings.builders import (
    ANALYZER,
    BUCKET,
    MONDAY,
    analysis,
    analysis_error,
    coverage,
    credential_risk,
    external_access,
    rescan,
)

KEY = "arn:aws:kms:us-west-2:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::444455556666:role/deploy/Pipeline"
DENIED = Gap("kms.get_key_policy", "AccessDeniedException", "not authorized", "222233334444", "us-west-2", KEY)
STEERING = "\x1b[31m[red]\u202e\n=1"


def drawn(*parts: RenderableType, width: int = 100, colour: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def found() -> tuple[Finding, ...]:
    secret = replace(
        external_access({"Federated": "cognito-identity.amazonaws.com"}, severity=Severity.INFORMATIONAL),
        because=(Because("ResourcePolicy", 2, "Statement[2].Principal", line=14),),
        blocked_by=(Blocker("KeyPolicy", KEY, "the key admits only its own account"),),
        approximations=("the tag was not modelled",),
        remedy=Remedy("name the identity pool", '{"Version":"2012-10-17"}'),
        sentence="Anyone with an identity of any Cognito identity pool can `s3:GetObject` on the secret `db-AbCdEf`.",
    )
    return rescan(
        (),
        analysis(
            external_access({"AWS": ROLE}, condition={"aws:SourceVpce": "vpce-1a2b"}),
            external_access(
                {"AWS": "*"},
                is_public=True,
                severity=Severity.CRITICAL,
                action=("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"),
            ),
        ),
        analysis(
            secret,
            resource="arn:aws:secretsmanager:us-west-2:111122223333:secret:db-AbCdEf",
            resource_type="AWS::SecretsManager::Secret",
        ),
        analysis(analysis_error(DENIED), resource=KEY, resource_type="AWS::KMS::Key", account="222233334444"),
        now=MONDAY,
    ).new


def snapshot(name: str) -> str:
    return (Path(__file__).parent / "snapshots" / f"{name}.txt").read_text(encoding="utf-8")


def test_the_table_at_width_100() -> None:
    assert drawn(render_findings(found(), width=100)) + "\n" == snapshot("table-100")


def test_the_table_at_width_60() -> None:
    assert drawn(render_findings(found(), width=60), width=60) + "\n" == snapshot("table-60")


def test_the_page_of_a_finding() -> None:
    (finding,) = (one for one in found() if one.observation.resource_type == "AWS::SecretsManager::Secret")

    assert drawn(render_finding(finding)) + "\n" == snapshot("page")


def test_the_page_of_what_is_gone_tells_it_as_that() -> None:
    access = replace(external_access(), sentence="They can read it.")
    (finding,) = rescan((), analysis(access)).new

    assert "In short      They can read it." in drawn(render_finding(finding))
    assert "It was so     They can read it." in drawn(render_finding(replace(finding, status=Status.RESOLVED)))


def test_the_page_of_a_finding_without_a_sentence_leaves_it_out() -> None:
    (finding,) = rescan((), analysis(external_access())).new

    assert "In short" not in drawn(render_finding(finding))


def test_the_page_of_a_failure_to_decide_names_the_call() -> None:
    (finding,) = (one for one in found() if one.observation.resource == KEY)

    page = drawn(render_finding(finding))

    assert "not decided: it may be open" in page
    assert "the bucket policy could not be read" in page
    assert "kms.get_key_policy: AccessDeniedException not authorized" in page


@pytest.mark.parametrize("width", [20, 40, 79, 80, 100, 200])
def test_long_values_fold_and_nothing_is_cut(width: int) -> None:
    name = "".join(chr(ord("a") + number % 26) for number in range(300))
    (finding,) = rescan((), analysis(external_access({"Federated": name}), resource=f"arn:aws:s3:::{name}")).new

    table = drawn(render_findings((finding,), width=width), width=width)

    letters = "".join(table.split())
    assert f"arn:aws:s3:::{name}" in letters
    assert all(len(line) <= width for line in table.splitlines())
    assert "…" not in table


def test_a_resolved_finding_says_so_and_a_new_one_too() -> None:
    (finding,) = rescan((), analysis(external_access())).new

    assert "new" in drawn(render_findings((finding,), width=100, marks={finding.id: "new"}))
    assert "resolved" in drawn(render_findings((replace(finding, status=Status.RESOLVED),), width=100))


def test_no_findings_are_told_as_such() -> None:
    assert drawn(render_findings((), width=100)) == "No findings."


def hostile() -> tuple[Finding, ...]:
    access = replace(
        external_access({"AWS": STEERING}, condition={STEERING: STEERING}, action=(STEERING,)),
        because=(Because(STEERING, 0, STEERING, sid=STEERING),),
        blocked_by=(Blocker(STEERING, STEERING, STEERING),),
        remedy=Remedy(STEERING, STEERING),
        approximations=(STEERING,),
        severity_rule=STEERING,
        sentence=STEERING,
        sources=(Source(STEERING, STEERING, STEERING),),
    )
    error = replace(analysis_error(replace(DENIED, code=STEERING, message=STEERING)), reason=STEERING)
    risk = replace(credential_risk(credential=STEERING), sentence=STEERING, facts=(Fact(STEERING, STEERING, STEERING),))
    return rescan(
        (),
        *(
            analysis(outcome, resource=STEERING + name, resource_type=STEERING, account=STEERING, region=STEERING)
            for name, outcome in (("a", access), ("b", error), ("c", risk))
        ),
    ).new


def test_nothing_from_a_policy_or_from_aws_steers_the_terminal() -> None:
    findings = hostile()
    gap = replace(DENIED, code=STEERING, call=STEERING, account=STEERING, region=STEERING, resource=STEERING)
    looked_at = replace(coverage(gap), undecided=(Undecided(STEERING, STEERING),))
    seen = AnalyzedResource(ANALYZER, STEERING, STEERING, STEERING, STEERING, MONDAY, (STEERING,))
    parts = [
        render_findings(findings, width=100),
        *(render_finding(one) for one in findings),
        *(render_observation(one.observation) for one in findings),
        render_analyzed_resource(seen),
        render_gaps(looked_at),
    ]

    shown = drawn(*parts) + "".join([*render_json(findings), *render_jsonl(findings), *render_csv(findings)])

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[red]" in drawn(*parts)


def test_json_is_one_array_and_json_lines_are_its_members() -> None:
    findings = found()
    documents = [finding_document(one) for one in findings]

    assert json.loads("\n".join(render_json(findings))) == documents
    assert [json.loads(line) for line in render_jsonl(findings)] == documents
    assert json.loads("".join(render_json(()))) == []
    assert list(render_jsonl(())) == []


def records(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("\n".join(render_csv(findings)))))


def test_csv_has_a_column_for_every_member() -> None:
    members = {member for one in (*found(), *hostile()) for member in finding_document(one)}

    assert members == set(COLUMNS)
    assert [one["resource"] for one in records(found())] == [one.observation.resource for one in found()]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_makes_no_spreadsheet_compute(start: str) -> None:
    (finding,) = rescan((), analysis(external_access(), resource=f"{start}cmd|' /C calc'!A0")).new

    (record,) = records((finding,))

    assert record["resource"].startswith(("'", "\\"))


def test_equal_failures_share_a_row_and_say_what_is_unknown() -> None:
    listing = Gap("s3.list_buckets", "AccessDenied", "", "111122223333", resource_types=("AWS::S3::Bucket",))
    other = replace(DENIED, resource=KEY + "2")

    table = drawn(render_gaps(coverage(DENIED, other, listing)), width=200)

    assert f"{KEY} and 1 more" in table
    assert "every S3::Bucket" in table
    assert len(table.splitlines()) == 3


@pytest.mark.parametrize(
    ("call", "unknown"),
    [
        ("organizations.list_policies", "whether control policies apply"),
        ("organizations.describe_policy", "whether control policies apply"),
        ("organizations.list_targets_for_policy", "whether control policies apply"),
        ("organizations.describe_organization", "which organization the account belongs to"),
    ],
)
def test_a_call_that_hides_no_resource_says_what_is_unknown(call: str, unknown: str) -> None:
    account = RawAccount("111122223333", (ApiCall(call, {}, error=ApiError("Timeout")),))

    table = drawn(render_gaps(coverage(*account_gaps(account))), width=200)

    assert table.splitlines()[-1].endswith(unknown)


@pytest.mark.parametrize(
    ("looked_at", "left_alone", "line"),
    [
        pytest.param(
            coverage(), 0, "Looked at 1 resource in 1 account, every enabled Region; no call failed.", id="everything"
        ),
        pytest.param(
            replace(coverage(DENIED, regions=("a", "b"), resources=1200), undecided=(Undecided(BUCKET, "x"),)),
            3,
            "Looked at 1,200 resources in 1 account, 2 Regions; 1 call failed; 1 resource not decided; "
            "3 findings not looked at and left as before.",
            id="not everything",
        ),
    ],
)
def test_one_line_says_how_far_a_scan_looked(looked_at: Coverage, left_alone: int, line: str) -> None:
    assert render_coverage(looked_at, left_alone=left_alone) == line


def test_one_line_says_what_a_scan_changed() -> None:
    before = rescan((), analysis(external_access()))

    assert render_changes(before) == "Findings: 1 new."
    assert render_changes(rescan(before.new, analysis())) == "Findings: 1 resolved."
    assert render_changes(rescan(())) == "Findings: none."


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" in drawn(render_findings(found(), width=100), colour=True)
    assert "\x1b[" not in drawn(render_findings(found(), width=100))


def test_a_resource_without_findings_says_why() -> None:
    note = "the AWS managed key's policy admits only its own account"
    seen = AnalyzedResource(ANALYZER, BUCKET, "AWS::S3::Bucket", "111122223333", "us-west-2", MONDAY, (note,))

    page = drawn(render_analyzed_resource(seen))

    assert f"Nobody outside gets in: {BUCKET}" in page
    assert note in page
    assert "2026-11-16T08:00:00.000Z" in page

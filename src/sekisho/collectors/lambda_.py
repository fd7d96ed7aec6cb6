"""AWS Lambda functions and layer versions: their policies, and the function URLs that let callers in.

A function's environment variables come with the listing and are dropped with everything else that is not kept.
"""

from functools import partial

from sekisho.collectors.collector import Account, Collector, Found, Read
from sekisho.resources.snapshot import RawResource


def _find_functions(aws: Account, region: str) -> Found:
    listed = aws.list("lambda.list_functions", region)
    return Found(tuple(partial(_function, aws, region, one["FunctionArn"]) for one in listed.items), listed.failed)


def _function(aws: Account, region: str, arn: str) -> RawResource:
    calls = (
        aws.call("lambda.get_policy", region, FunctionName=arn),
        aws.call("lambda.get_function_url_config", region, FunctionName=arn),
    )
    return RawResource("AWS::Lambda::Function", arn, aws.account_id, region, calls)


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
    },
    find=_find_functions,
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
)

"""Conditions that keep nobody out, and why: what a finding's sentence says of them.

A condition of an Allow that a request meets either narrows who gets in, which the region and the callers' names tell,
or it does not, for one of the reasons here. A key that no table has is said to be not known.

Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, the keys of each service.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sekisho.analyzers.keys import SHOWN_KEYS
from sekisho.policy import Condition
from sekisho.policy.operators import Family, Quantifier


@dataclass(frozen=True, slots=True)
class Laxity:
    """Why conditions do not narrow, as the rest of a sentence that begins with one key, or with several."""

    one: str
    several: str


CALLER_SAYS = Laxity("is whatever the caller says it is", "are whatever the caller says they are")
OWN_ACCOUNT = Laxity("is decided by the caller's own account", "are decided by the caller's own account")
ANY_CALLER = Laxity("can be met by any caller", "can be met by any caller")
HOW = Laxity("is about how the call is made, not who makes it", "are about how the call is made, not who makes it")
ANY_SERVICE_CALL = Laxity("is met by calling through an AWS service", "are met by calling through an AWS service")
A_MATTER_OF_TIME = Laxity("is a matter of time, not of who calls", "are matters of time, not of who calls")
OF_THE_RESOURCE = Laxity("is about the resource, not the caller", "are about the resource, not the caller")
AUDIENCE = Laxity("names the audience, not the user", "name the audience, not the user")
ALWAYS_SO = Laxity("always holds here", "always hold here")
IN_THE_REQUEST = Laxity("is compared with what the request itself brings", "are compared with what the request brings")
NO_ACCOUNT = Laxity("is `anonymous` for whoever signs nothing", "are `anonymous` for whoever signs nothing")
MET_WHEN_ABSENT = Laxity("is also met where the key is absent", "are also met where the keys are absent")
RULES_OUT = Laxity("rules out nothing but the listed values", "rule out nothing but the listed values")
PRESENCE = Laxity("only asks whether the key is there", "only ask whether the keys are there")
ANYTHING = Laxity("is met by any value", "are met by any value")
ANYBODYS_TOKEN = Laxity("can match anybody's token", "can match anybody's token")
UNKNOWN = Laxity("is not known to keep anybody out", "are not known to keep anybody out")

_REASONS: Mapping[Laxity, str] = {
    CALLER_SAYS: """
        aws:referer aws:useragent aws:requesttag/ aws:tagkeys
        s3:prefix s3:delimiter s3:max-keys s3:versionid s3:x-amz- s3:requestobjecttag/ s3:requestobjecttagkeys
        s3:if- s3:object-lock- s3:objectcreationoperation s3:locationconstraint
        kms:encryptioncontext: kms:encryptioncontextkeys kms:encryptionalgorithm kms:signingalgorithm
        kms:macalgorithm kms:messagetype kms:keyagreementalgorithm kms:datakeypairspec kms:requestalias
        kms:grantoperations kms:granteeprincipal kms:granteeserviceprincipal kms:retiringprincipal
        kms:retiringserviceprincipal kms:grantconstraint kms:reencryptonsamekey
        secretsmanager:versionid secretsmanager:versionstage secretsmanager:recoverywindowindays
        secretsmanager:forcedeletewithoutrecovery secretsmanager:description
        sns:endpoint sns:protocol
        s3express:sessionmode s3express:x-amz- s3express:permissions
        dynamodb:attributes dynamodb:enclosingoperation dynamodb:firstpartitionkeyvalues
        dynamodb:secondpartitionkeyvalues dynamodb:thirdpartitionkeyvalues dynamodb:fourthpartitionkeyvalues
        dynamodb:fulltablescan dynamodb:leadingkeys dynamodb:returnconsumedcapacity dynamodb:returnvalues
        dynamodb:select elasticfilesystem:accesspointarn elasticfilesystem:createaction
        sts:rolesessionname sts:sourceidentity sts:transitivetagkeys sts:durationseconds
    """,
    OWN_ACCOUNT: """
        aws:principaltag/ aws:username aws:userid aws:principaltype aws:multifactorauthpresent aws:multifactorauthage
        aws:tokenissuetime aws:sourceidentity aws:federatedprovider aws:assumedroot aws:chatbotsourcearn
        aws:ec2instancesourceprivateipv4 aws:vpcsourceip ec2:roledelivery ec2:sourceinstancearn
        lambda:sourcefunctionarn
    """,
    ANY_CALLER: "aws:securetransport aws:requestedregion aws:principalisawsservice",
    HOW: """
        lambda:functionurlauthtype lambda:invokedviafunctionurl s3:authtype s3:signatureversion s3:signatureage
        s3:tlsversion s3express:authtype s3express:signatureversion s3express:signatureage s3express:tlsversion
    """,
    ANY_SERVICE_CALL: """
        aws:calledvia aws:calledviafirst aws:calledvialast aws:viaawsservice kms:viaservice kms:grantisforawsresource
    """,
    A_MATTER_OF_TIME: "aws:currenttime aws:epochtime",
    OF_THE_RESOURCE: """
        aws:resourcetag/ aws:resourceaccount aws:resourceorgid aws:resourceorgpaths iam:resourcetag/
        s3:existingobjecttag/ s3:buckettag/ s3:accesspointtag/ s3:accesspointnetworkorigin s3:resourceaccount
        kms:resourcealiases kms:keyspec kms:keyusage kms:keyorigin kms:multiregion kms:multiregionkeytype
        kms:customermasterkeyspec kms:customermasterkeyusage kms:primaryregion
        secretsmanager:resourcetag/ secretsmanager:resource/ secretsmanager:secretid secretsmanager:name
        secretsmanager:secretprimaryregion
        ecr:resourcetag/ elasticfilesystem:encrypted s3express:buckettag/ s3express:accesspointtag/
        s3express:accesspointnetworkorigin s3express:resourceaccount s3express:locationname
    """,
    AUDIENCE: "saml:aud saml:iss accounts.google.com:oaud",
}
"""To each reason the keys, in lower case; one that ends in a mark stands for all that begin with it."""

_WHOLE = {key: reason for reason, keys in _REASONS.items() for key in keys.split() if key[-1] not in "/:-"}
_BEGINNINGS = tuple((key, reason) for reason, keys in _REASONS.items() for key in keys.split() if key[-1] in "/:-")

ANYBODYS: Mapping[str, str] = {
    "aws:principalarn": "principals of any account",
    "aws:principalaccount": "any account",
    "aws:principalorgid": "any organization",
    "aws:principalorgpaths": "any organization",
    "aws:userid": "principals of any account",
    "aws:sourceip": "every address",
    "aws:sourcevpc": "anyone's VPC",
    "aws:sourcevpce": "anyone's VPC endpoint",
    "aws:sourcevpcarn": "anyone's VPC",
    "aws:vpceaccount": "any account",
    "aws:vpceorgid": "any organization",
    "aws:vpceorgpaths": "any organization",
    "aws:sourcearn": "anyone's resources",
    "aws:sourceaccount": "any account",
    "aws:sourceowner": "any account",
    "aws:sourceorgid": "any organization",
    "aws:sourceorgpaths": "any organization",
    "aws:ec2instancesourcevpc": "anyone's VPC",
    "kms:calleraccount": "any account",
    "cognito-identity.amazonaws.com:aud": "anyone's identity pool",
    "accounts.google.com:aud": "anyone's application",
    "graph.facebook.com:app_id": "anyone's application",
    "www.amazon.com:app_id": "anyone's application",
    "s3:dataaccesspointaccount": "any account",
    "s3:dataaccesspointarn": "anyone's access points",
    "s3express:dataaccesspointaccount": "any account",
    "s3express:dataaccesspointarn": "anyone's access points",
    "s3express:sessionmode": "any session",
    "elasticfilesystem:accessedviamounttarget": "any call that is no mount",
}
"""What a value of each shown key can match that does not narrow."""

_ANYBODYS = {key: Laxity(f"can match {whose}", f"can match {whose}") for key, whose in ANYBODYS.items()}

EXTERNAL_ID = "sts:externalid"


def is_claim(key: str) -> bool:
    """Say whether a key is what an identity provider says of a user: the provider vouches for it, not the caller.

    Args:
        key: in lower case.
    """
    provider = key.partition(":")[0]
    told_elsewhere = key.endswith(":aud") or key in SHOWN_KEYS or key in _WHOLE
    return ("." in provider or provider == "saml") and not told_elsewhere


def laxity_of(condition: Condition, *, given: Mapping[str, tuple[str, ...]]) -> Laxity:
    """Say why a condition that a request from outside meets keeps nobody out.

    Args:
        condition: of a statement that lets the request in; one that narrows is not asked about here.
        given: condition keys, in lower case, that are known on this way.
    """
    key = condition.key.lower()
    if condition.operator.base.family is Family.NULL:
        return PRESENCE
    if key in given:
        return ALWAYS_SO
    known = _WHOLE.get(key) or next((reason for start, reason in _BEGINNINGS if key.startswith(start)), None)
    if known is not None and known is not OWN_ACCOUNT:
        return known
    operator = condition.operator
    if operator.if_exists or operator.quantifier is Quantifier.ALL:
        return MET_WHEN_ABSENT
    if operator.base.negated:
        return RULES_OUT
    if key in SHOWN_KEYS:
        if any("${" in value for value in condition.values):
            return IN_THE_REQUEST
        return NO_ACCOUNT if condition.values == ("anonymous",) else _ANYBODYS[key]
    if known is not None:
        return known
    if "*" in condition.values and operator.base.takes_wildcards:
        return ANYTHING
    return AUDIENCE if key.endswith(":aud") else ANYBODYS_TOKEN if is_claim(key) else UNKNOWN

"""Accounts that AWS itself operates: what they are given is a service's access, which is not reported.

AWS publishes no full list of the accounts its analyzer leaves out. These are the ones that AWS's own guides tell
customers to name in their policies. To have one reported, take it out here; to trust another, name it a partner.
"""

_LOG_DELIVERY_OF_ELASTIC_LOAD_BALANCING = """
    127311923021 033677994240 027434742980 797873946194 098369216593 754344448648 589379963580 718504428378
    383597477331 600734575887 114774131450 783225319266 582318560864 985666609251 054676820928 156460612806
    652711504416 635631232127 009996457667 897822967062 076674570225 507241528517 048591011584 190560391635
    638102146993 037604701340
"""
"""Source: Elastic Load Balancing User Guide, "Access logs for your Application Load Balancer", bucket policy."""

_CLOUDFRONT = "cloudfront"
"""Origin access identities. Source: Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin"."""

AWS_OPERATED_ACCOUNTS = frozenset({*_LOG_DELIVERY_OF_ELASTIC_LOAD_BALANCING.split(), _CLOUDFRONT})

AWS_OPERATED_CANONICAL_IDS = frozenset({"6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"})
"""Canonical user ids: Amazon EC2's, to which the canned ACL `aws-exec-read` gives READ.

Source: Amazon S3 User Guide, "Canned ACL"; the id stands in awslabs/aws-cloudformation-iam-policy-validator.
"""

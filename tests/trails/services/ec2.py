"""Amazon EC2, Auto Scaling and Elastic Load Balancing.

Source: Amazon EC2 API Reference, "Log Amazon EC2 API calls using AWS CloudTrail"; for what RunInstances needs, Amazon
EC2 User Guide, "Example policies to control access the Amazon EC2 API".
"""

from typing import Any, Final

from trails.rows import Row, Service, Shorthand

EC2: Final = "arn:{p}:ec2:{r}:{a}"
ARNS: Final = {
    "instance": f"{EC2}:instance/{{instance}}",
    "volume": f"{EC2}:volume/{{volume}}",
    "subnet": f"{EC2}:subnet/{{subnet}}",
    "vpc": f"{EC2}:vpc/{{vpc}}",
    "group": f"{EC2}:security-group/{{security_group}}",
    "interface": f"{EC2}:network-interface/{{interface}}",
    "image": "arn:{p}:ec2:{r}::image/{image}",
    "snapshot": "arn:{p}:ec2:{r}::snapshot/{snapshot}",
    "route-table": f"{EC2}:route-table/{{route_table}}",
    "gateway": f"{EC2}:internet-gateway/{{gateway}}",
    "address": f"{EC2}:elastic-ip/{{allocation}}",
    "key-pair": f"{EC2}:key-pair/{{key_pair}}",
    "template": f"{EC2}:launch-template/{{launch_template}}",
    "nat": f"{EC2}:natgateway/{{nat_gateway}}",
    "endpoint": f"{EC2}:vpc-endpoint/{{endpoint}}",
    "new-instance": f"{EC2}:instance/*",
    "new-volume": f"{EC2}:volume/*",
    "new-interface": f"{EC2}:network-interface/*",
    "new-snapshot": "arn:{p}:ec2:{r}::snapshot/*",
    "new-image": "arn:{p}:ec2:{r}::image/*",
    "new-group": f"{EC2}:security-group/*",
    "new-subnet": f"{EC2}:subnet/*",
    "new-vpc": f"{EC2}:vpc/*",
    "new-route-table": f"{EC2}:route-table/*",
    "new-gateway": f"{EC2}:internet-gateway/*",
    "new-address": f"{EC2}:elastic-ip/*",
    "new-nat": f"{EC2}:natgateway/*",
    "new-flow-log": f"{EC2}:vpc-flow-log/*",
    "new-template": f"{EC2}:launch-template/*",
    "asg": "arn:{p}:autoscaling:{r}:{a}:autoScalingGroup:*:autoScalingGroupName/{asg}",
}
call: Final = Shorthand("ec2", ARNS)

ANSWER: Final = {"requestId": "{fresh_uuid}", "_return": True}


def listed(name: str, wrapper: str, member: str, placeholder: str) -> Row:
    """Return the row of a Describe call, which has no resource level, with ids in a wrapped list."""
    return call(name, {wrapper: {"items": [{member: placeholder}]}, "filterSet": {}}, "*")


def wrapped(name: str, *needs: str, response: dict[str, Any] | None = None, **members: Any) -> Row:
    """Return the row of a newer call, whose parameters are in `<Operation>Request` with capitals."""
    return call(name, {f"{name}Request": members}, *needs, response=response)


def changed(name: str, need: str, parameters: dict[str, Any]) -> Row:
    """Return the row of a change of something that is there."""
    return call(name, parameters, need, response=ANSWER)


LAUNCH: Final[dict[str, Any]] = {
    "instancesSet": {"items": [{"imageId": "{image}", "minCount": 1, "maxCount": 1}]},
    "instanceType": "t3.large",
    "blockDeviceMapping": {"items": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 40, "volumeType": "gp3"}}]},
    "monitoring": {"enabled": False},
    "disableApiTermination": False,
    "subnetId": "{subnet}",
    "groupSet": {"items": [{"groupId": "{security_group}"}]},
    "ebsOptimized": False,
}
LAUNCHED: Final = {
    "requestId": "{fresh_uuid}",
    "reservationId": "r-{fresh_hex17}",
    "ownerId": "{a}",
    "instancesSet": {
        "items": [
            {
                "instanceId": "i-{fresh_hex17}",
                "imageId": "{image}",
                "instanceState": {"code": 0, "name": "pending"},
                "subnetId": "{subnet}",
                "networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-{fresh_hex17}"}]},
            }
        ]
    },
}
LAUNCH_NEEDS: Final = tuple(
    f"RunInstances {one}" for one in ("new-instance", "new-volume", "new-interface", "image", "subnet", "group")
)
TAGGED: Final = {"items": [{"resourceType": "instance", "tags": [{"key": "Name", "value": "worker"}]}]}
PROFILE: Final = {"iamInstanceProfile": {"name": "{ec2_role}"}}
PROFILE_ARN: Final = "arn:{p}:iam::{me}:instance-profile/{ec2_role}"

INSTANCES: Final = (
    call("RunInstances", LAUNCH, *LAUNCH_NEEDS, response=LAUNCHED),
    call(
        "RunInstances",
        LAUNCH | PROFILE | {"tagSpecificationSet": TAGGED, "userData": "<sensitiveDataRemoved>"},
        *LAUNCH_NEEDS,
        "CreateTags new-instance",
        passes=["ec2.amazonaws.com ec2_role"],
        response=LAUNCHED,
    ),
    call(
        "RunInstances",
        LAUNCH
        | {
            "iamInstanceProfile": {"arn": PROFILE_ARN},
            "userData": "{secret}",
            "instancesSet": {"items": [{"imageId": "{image}", "minCount": 1, "maxCount": 2, "keyName": "{key_pair}"}]},
        },
        *LAUNCH_NEEDS,
        "RunInstances key-pair",
        passes=["ec2.amazonaws.com ec2_role"],
        response=LAUNCHED,
    ),
    *(
        call(
            name,
            {"instancesSet": {"items": [{"instanceId": "{instance}"}]}, **more},
            "instance",
            response={"instancesSet": {"items": [{"instanceId": "{instance}", "currentState": {"name": state}}]}},
        )
        for name, more, state in (
            ("StartInstances", {}, "pending"),
            ("StopInstances", {"force": False}, "stopping"),
            ("RebootInstances", {}, "running"),
            ("TerminateInstances", {}, "shutting-down"),
            ("MonitorInstances", {}, "running"),
        )
    ),
    changed(
        "ModifyInstanceAttribute", "instance", {"instanceId": "{instance}", "instanceType": {"value": "t3.xlarge"}}
    ),
    call("DescribeInstanceAttribute", {"instanceId": "{instance}", "attribute": "userData"}, "instance"),
    call("GetConsoleOutput", {"instanceId": "{instance}"}, "instance"),
    call("GetPasswordData", {"instanceId": "{instance}"}, "instance"),
    call(
        "AssociateIamInstanceProfile",
        {
            "AssociateIamInstanceProfileRequest": {
                "IamInstanceProfile": {"Name": "{ec2_role}"},
                "InstanceId": "{instance}",
            }
        },
        "instance",
        passes=["ec2.amazonaws.com ec2_role"],
        response={"AssociateIamInstanceProfileResponse": {"requestId": "{fresh_uuid}"}},
    ),
    listed("DescribeInstances", "instancesSet", "instanceId", "{instance}"),
    call("DescribeInstances", {"instancesSet": {}, "filterSet": {}, "maxResults": 1000}, "*"),
    call("DescribeInstanceStatus", {"instancesSet": {}, "filterSet": {}, "includeAllInstances": False}, "*"),
    wrapped("DescribeInstanceTypes", "*", InstanceType={"tag": 1, "content": "t3.large"}),
    wrapped("DescribeIamInstanceProfileAssociations", "*", AssociationId={"tag": 1, "content": "iip-1"}),
    call("DescribeTags", {"filterSet": {"items": [{"name": "resource-id"}]}}, "*"),
    call("DescribeRegions", {"regionSet": {}, "allRegions": True}, "*"),
    call("DescribeAvailabilityZones", {"availabilityZoneSet": {}, "availabilityZoneIdSet": {}}, "*"),
    call("DescribeAccountAttributes", {"accountAttributeNameSet": {}, "filterSet": {}}, "*"),
    call("DescribeKeyPairs", {"keySet": {}, "includePublicKey": False}, "*"),
    call(
        "CreateTags",
        {
            "resourcesSet": {"items": [{"resourceId": "{instance}"}]},
            "tagSet": {"items": [{"key": "Name", "value": "web"}]},
        },
        "instance",
        response=ANSWER,
    ),
    call(
        "DeleteTags",
        {"resourcesSet": {"items": [{"resourceId": "{volume}"}]}, "tagSet": {"items": [{"key": "Name"}]}},
        "volume",
        response=ANSWER,
    ),
    changed("CreateKeyPair", "key-pair", {"keyName": "{key_pair}", "keyType": "ed25519"}),
    changed("DeleteKeyPair", "key-pair", {"keyName": "{key_pair}"}),
    wrapped(
        "CreateLaunchTemplate",
        "new-template",
        LaunchTemplateName="{asg}",
        LaunchTemplateData={"InstanceType": "t3.micro", "ImageId": "{image}"},
    ),
    wrapped("CreateLaunchTemplateVersion", "template", LaunchTemplateId="{launch_template}", LaunchTemplateData={}),
    wrapped("DescribeLaunchTemplates", "*", LaunchTemplateId={"tag": 1, "content": "{launch_template}"}),
)

RUNS_ON_EDGE: Final = call(
    "RunInstances",
    LAUNCH | {"iamInstanceProfile": {"name": "edge-profile"}},
    *LAUNCH_NEEDS,
    passes=["ec2.amazonaws.com arn:{p}:iam::{me}:role/edge-instances"],
    response=LAUNCHED,
)
"""Runs an instance with a profile whose name says nothing of its role."""

STORAGE: Final = (
    listed("DescribeVolumes", "volumeSet", "volumeId", "{volume}"),
    listed("DescribeSnapshots", "snapshotSet", "snapshotId", "{snapshot}"),
    listed("DescribeImages", "imagesSet", "imageId", "{image}"),
    call(
        "CreateVolume",
        {"size": "100", "zone": "{r}a", "volumeType": "gp3", "encrypted": True},
        "new-volume",
        response={"volumeId": "vol-{fresh_hex17}", "status": "creating", "size": "100"},
    ),
    changed("DeleteVolume", "volume", {"volumeId": "{volume}"}),
    call(
        "AttachVolume",
        {"volumeId": "{volume}", "instanceId": "{instance}", "device": "/dev/sdf", "deleteOnTermination": False},
        "volume",
        "instance",
        response={"volumeId": "{volume}", "instanceId": "{instance}", "status": "attaching"},
    ),
    call(
        "DetachVolume",
        {"volumeId": "{volume}", "instanceId": "{instance}", "force": False},
        "volume",
        "instance",
        response={"volumeId": "{volume}", "status": "detaching"},
    ),
    call(
        "CreateSnapshot",
        {"volumeId": "{volume}", "description": "nightly"},
        "volume",
        "new-snapshot",
        response={"snapshotId": "snap-{fresh_hex17}", "volumeId": "{volume}", "status": "pending"},
    ),
    changed("DeleteSnapshot", "snapshot", {"snapshotId": "{snapshot}"}),
    changed(
        "ModifySnapshotAttribute",
        "snapshot",
        {
            "snapshotId": "{snapshot}",
            "createVolumePermission": {"add": {"items": [{"userId": "{other}"}]}},
            "attributeType": "CREATE_VOLUME_PERMISSION",
        },
    ),
    call("DescribeSnapshotAttribute", {"snapshotId": "{snapshot}", "attributeType": "PRODUCT_CODES"}, "snapshot"),
    call(
        "CreateImage",
        {"instanceId": "{instance}", "name": "golden-{fresh_hex8}", "noReboot": True},
        "instance",
        "new-image",
        "new-snapshot",
        response={"imageId": "ami-{fresh_hex17}"},
    ),
    changed("DeregisterImage", "image", {"imageId": "{image}"}),
)

NETWORK: Final = (
    listed("DescribeVpcs", "vpcSet", "vpcId", "{vpc}"),
    listed("DescribeSubnets", "subnetSet", "subnetId", "{subnet}"),
    listed("DescribeSecurityGroups", "securityGroupIdSet", "groupId", "{security_group}"),
    listed("DescribeRouteTables", "routeTableIdSet", "routeTableId", "{route_table}"),
    listed("DescribeNetworkInterfaces", "networkInterfaceIdSet", "networkInterfaceId", "{interface}"),
    listed("DescribeInternetGateways", "internetGatewayIdSet", "internetGatewayId", "{gateway}"),
    listed("DescribeAddresses", "allocationIdsSet", "allocationId", "{allocation}"),
    wrapped("DescribeNatGateways", "*", NatGatewayId={"tag": 1, "content": "{nat_gateway}"}),
    wrapped("DescribeVpcEndpoints", "*", VpcEndpointId={"tag": 1, "content": "{endpoint}"}),
    wrapped("DescribeFlowLogs", "*", MaxResults=100),
    call("CreateVpc", {"cidrBlock": "10.0.0.0/16"}, "new-vpc", response={"vpc": {"vpcId": "vpc-{fresh_hex17}"}}),
    call(
        "CreateSubnet",
        {"vpcId": "{vpc}", "cidrBlock": "10.0.1.0/24", "availabilityZone": "{r}a"},
        "vpc",
        "new-subnet",
        response={"subnet": {"subnetId": "subnet-{fresh_hex17}"}},
    ),
    call(
        "CreateSecurityGroup",
        {"groupName": "web", "groupDescription": "web", "vpcId": "{vpc}"},
        "new-group",
        "vpc",
        response=ANSWER | {"groupId": "sg-{fresh_hex17}"},
    ),
    changed("DeleteSecurityGroup", "group", {"groupId": "{security_group}"}),
    *(
        changed(
            name,
            "group",
            {
                "groupId": "{security_group}",
                "ipPermissions": {
                    "items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": {"items": []}}]
                },
            },
        )
        for name in (
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
        )
    ),
    call(
        "CreateNetworkInterface",
        {"subnetId": "{subnet}", "groupSet": {"items": [{"groupId": "{security_group}"}]}, "description": "eni"},
        "new-interface",
        "subnet",
        "group",
        response={"networkInterface": {"networkInterfaceId": "eni-{fresh_hex17}"}},
    ),
    changed("DeleteNetworkInterface", "interface", {"networkInterfaceId": "{interface}"}),
    call(
        "CreateRouteTable",
        {"vpcId": "{vpc}"},
        "vpc",
        "new-route-table",
        response={"routeTable": {"routeTableId": "rtb-{fresh_hex17}"}},
    ),
    changed(
        "CreateRoute",
        "route-table",
        {"routeTableId": "{route_table}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "{gateway}"},
    ),
    changed("DeleteRoute", "route-table", {"routeTableId": "{route_table}", "destinationCidrBlock": "0.0.0.0/0"}),
    call(
        "CreateInternetGateway",
        {},
        "new-gateway",
        response={"internetGateway": {"internetGatewayId": "igw-{fresh_hex17}"}},
    ),
    call(
        "AttachInternetGateway",
        {"internetGatewayId": "{gateway}", "vpcId": "{vpc}"},
        "gateway",
        "vpc",
        response=ANSWER,
    ),
    call(
        "AllocateAddress",
        {"domain": "vpc"},
        "new-address",
        response={"publicIp": "203.0.113.7", "allocationId": "eipalloc-{fresh_hex17}", "domain": "vpc"},
    ),
    changed("ReleaseAddress", "address", {"allocationId": "{allocation}"}),
    wrapped(
        "CreateNatGateway",
        "new-nat",
        "subnet",
        "address",
        SubnetId="{subnet}",
        AllocationId="{allocation}",
        ClientToken="{fresh_uuid}",
        response={"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-{fresh_hex17}"}}},
    ),
    wrapped("DeleteNatGateway", "nat", NatGatewayId="{nat_gateway}"),
    call(
        "CreateFlowLogs",
        {
            "CreateFlowLogsRequest": {
                "ResourceType": "VPC",
                "ResourceId": {"tag": 1, "content": "{vpc}"},
                "TrafficType": "ALL",
                "LogGroupName": "{log_group}",
                "DeliverLogsPermissionArn": "arn:{p}:iam::{me}:role/{flow_role}",
            }
        },
        "vpc",
        "new-flow-log",
        passes=["vpc-flow-logs.amazonaws.com flow_role"],
        response={"CreateFlowLogsResponse": {"flowLogIdSet": {"item": "fl-{fresh_hex17}"}}},
    ),
    wrapped("DeleteVpcEndpoints", "endpoint", VpcEndpointId={"tag": 1, "content": "{endpoint}"}),
)

scale: Final = Shorthand("autoscaling", ARNS)
AUTO_SCALING: Final = (
    scale("DescribeAutoScalingGroups", {"autoScalingGroupNames": ["{asg}"]}, "*"),
    scale("DescribeScalingActivities", {"autoScalingGroupName": "{asg}", "maxRecords": 10}, "*"),
    scale("DescribeLaunchConfigurations", None, "*"),
    scale("SetDesiredCapacity", {"autoScalingGroupName": "{asg}", "desiredCapacity": 3}, "asg"),
    scale("UpdateAutoScalingGroup", {"autoScalingGroupName": "{asg}", "minSize": 1, "maxSize": 4}, "asg"),
    scale("DeleteAutoScalingGroup", {"autoScalingGroupName": "{asg}", "forceDelete": True}, "asg"),
    scale("SuspendProcesses", {"autoScalingGroupName": "{asg}", "scalingProcesses": ["Launch"]}, "asg"),
    # A role of Auto Scaling's own is named, which is a service-linked one; the launch template is not a role.
    scale("StartInstanceRefresh", {"autoScalingGroupName": "{asg}", "strategy": "Rolling"}, "asg"),
)

LB: Final = "arn:{p}:elasticloadbalancing:{r}:{a}"
BALANCERS: Final = {
    "balancer": f"{LB}:loadbalancer/app/{{balancer}}/{{balancer_id}}",
    "target-group": f"{LB}:targetgroup/{{target_group}}/{{target_group_id}}",
    "listener": f"{LB}:listener/app/{{balancer}}/{{balancer_id}}/{{listener_id}}",
    "rule": f"{LB}:listener-rule/app/{{balancer}}/{{balancer_id}}/{{listener_id}}/{{rule_id}}",
}
balance: Final = Shorthand("elasticloadbalancing", BALANCERS)
ELB: Final = (
    balance("DescribeLoadBalancers", {"names": ["{balancer}"], "pageSize": 400}, "*"),
    balance("DescribeTargetGroups", {"pageSize": 400}, "*"),
    balance("DescribeTargetHealth", {"targetGroupArn": BALANCERS["target-group"]}, "*"),
    balance("DescribeListeners", {"loadBalancerArn": BALANCERS["balancer"]}, "*"),
    balance("DescribeRules", {"listenerArn": BALANCERS["listener"]}, "*"),
    balance(
        "RegisterTargets",
        {"targetGroupArn": BALANCERS["target-group"], "targets": [{"id": "{instance}"}]},
        "target-group",
    ),
    balance(
        "DeregisterTargets",
        {"targetGroupArn": BALANCERS["target-group"], "targets": [{"id": "{instance}"}]},
        "target-group",
    ),
    balance(
        "ModifyTargetGroup", {"targetGroupArn": BALANCERS["target-group"], "healthCheckPath": "/ok"}, "target-group"
    ),
    balance(
        "CreateTargetGroup",
        {"name": "{target_group}", "protocol": "HTTP", "port": 80, "vpcId": "{vpc}"},
        f"{LB}:targetgroup/{{target_group}}/*",
        response={"targetGroups": [{"targetGroupArn": BALANCERS["target-group"], "port": 80}]},
    ),
    balance("DeleteTargetGroup", {"targetGroupArn": BALANCERS["target-group"]}, "target-group"),
    balance("DeleteLoadBalancer", {"loadBalancerArn": BALANCERS["balancer"]}, "balancer"),
    balance("ModifyRule", {"ruleArn": BALANCERS["rule"], "conditions": [{"field": "path-pattern"}]}, "rule"),
    balance("DeleteListener", {"listenerArn": BALANCERS["listener"]}, "listener"),
)

SERVICES: Final = (
    Service(
        "ec2",
        "ec2.amazonaws.com",
        'Amazon EC2 API Reference, "Log Amazon EC2 API calls using AWS CloudTrail"',
        INSTANCES + STORAGE + NETWORK,
        denied="Client.UnauthorizedOperation",
        missing="Client.IncorrectState",
        throttled="Client.RequestLimitExceeded",
        version="1.10",
    ),
    Service(
        "autoscaling",
        "autoscaling.amazonaws.com",
        'Amazon EC2 Auto Scaling User Guide, "Log Amazon EC2 Auto Scaling API calls with AWS CloudTrail"',
        AUTO_SCALING,
        denied="AccessDenied",
        missing="ResourceContentionFault",
        throttled="Throttling",
        version="1.08",
    ),
    Service(
        "elasticloadbalancing",
        "elasticloadbalancing.amazonaws.com",
        'Elastic Load Balancing, "Log API calls for Elastic Load Balancing using CloudTrail"',
        ELB,
        denied="AccessDenied",
        missing="TargetGroupNotFoundException",
        throttled="Throttling",
        version="1.08",
    ),
)

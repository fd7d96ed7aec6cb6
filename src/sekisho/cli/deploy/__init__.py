"""What has to be deployed so that events come in: printed, for others to deploy."""

from sekisho.cli.deploy.cloudformation import render_cloudformation
from sekisho.cli.deploy.stack import DeployError, Stack
from sekisho.cli.deploy.terraform import render_terraform

__all__ = ["DeployError", "Stack", "render_cloudformation", "render_terraform"]

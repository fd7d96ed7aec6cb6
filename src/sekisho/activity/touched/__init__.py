"""Which resources a call touched, for one of the actions that it needed.

What the record has comes first: ARNs of the right type in `resources` and in the parameters, then ARN templates filled
with parameters by the generated table and its exceptions. An ARN always fits a template of a resource type of the
action, as the catalogue has it. This package widens nothing but what a call makes or a record cannot tell.
"""

from sekisho.activity.touched.resources import READS, Resources, resources_of

__all__ = ["READS", "Resources", "resources_of"]

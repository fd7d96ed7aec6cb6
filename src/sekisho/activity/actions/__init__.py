"""From a call to the IAM actions that authorise it.

What a call is named is rarely in doubt; which actions it needed is: S3 and API Gateway name them otherwise, some calls
need several, some none. The tables are data with their sources; what needs parameters is a rule of its own. Resources
are named here only where a rule is about them, and passed roles are elsewhere.
"""

from sekisho.activity.actions.mapping import READS, actions_of, consult
from sekisho.activity.actions.needed import Answer, NeededAction, NoneNeeded, Unmapped
from sekisho.activity.actions.sources import prefix_of

__all__ = ["READS", "Answer", "NeededAction", "NoneNeeded", "Unmapped", "actions_of", "consult", "prefix_of"]

"""Questions worth asking of a snapshot, and their answers as values.

This layer knows what a finding says and what counts as public. It knows no store, no clock and no AWS API: a snapshot
goes in, observations come out, one analysis for every resource.
"""

from typing import TYPE_CHECKING

from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.analyzers.external import analyze_external_access, analyze_policy_document, analyze_resource
    from sekisho.analyzers.observation import Observation, ResourceAnalysis

__all__ = [
    "Observation",
    "ResourceAnalysis",
    "analyze_external_access",
    "analyze_policy_document",
    "analyze_resource",
]

__getattr__ = names_of(
    __name__,
    {
        "external": ("analyze_external_access", "analyze_policy_document", "analyze_resource"),
        "observation": ("Observation", "ResourceAnalysis"),
    },
)

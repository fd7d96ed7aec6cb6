"""Trails of CloudTrail with known truth: made up, but with every shape that records come in.

Written from AWS's documentation of each service's records, and without looking into the reader of trails, so that the
two are two accounts of the same.
"""

from trails.making import Trail, make_trail, write_trail
from trails.secrets import PLANTED
from trails.truth import Truth

__all__ = ["PLANTED", "Trail", "Truth", "make_trail", "write_trail"]

"""A small organization that does not exist, recorded as AWS would describe it, for the demo and for first steps.

`README.md` beside this file tells its story and lists the findings to expect.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable


def sample_recording() -> Traversable:
    """Return the recording; `importlib.resources.as_file` gives it a path wherever the package is kept."""
    return files(__name__) / "organization.jsonl"

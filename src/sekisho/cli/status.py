"""What the program's exit status says."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """The answers that a script can tell apart. With several to give, the first of 1 and 3 that applies is given.

    `INTERRUPTED` and `OUTPUT_CLOSED` follow the shell: 128 and the number of the signal.
    """

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    GAPS = 3
    FAILED = 4
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141

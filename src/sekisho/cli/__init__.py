"""The `sekisho` program: decode the command line, call, render, and answer with an exit status.

This layer holds no rules. It knows neither how accounts are read nor how findings are decided or stored.
"""

from sekisho.cli.program import main

__all__ = ["main"]

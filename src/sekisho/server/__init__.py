"""One process that answers the API, scans by the clock and when CloudTrail tells of a change, and sends events.

It knows the API, the readers and the stores by what they promise, and decides nothing about findings. Concurrency ends
here: scans follow one another in one thread, jobs of the clock have threads of their own, requests have theirs.
"""

from sekisho.server.connection import BoundedConnection
from sekisho.server.errors import ForeignAnalyzerError, ListenError, PlainTextError, ServerError
from sekisho.server.intake import cause_in, request_rescans
from sekisho.server.listening import Listen, open_socket, url_of
from sekisho.server.logs import log_to
from sekisho.server.metrics import Metrics
from sekisho.server.named import Named, resources_named_by
from sekisho.server.rescans import Judgement, Outcome, Readers, Rescanner
from sekisho.server.run import Duties, Parts, run
from sekisho.server.start import Home, find_home
from sekisho.server.waiting import When, Wish

__all__ = [
    "BoundedConnection",
    "Duties",
    "ForeignAnalyzerError",
    "Home",
    "Judgement",
    "Listen",
    "ListenError",
    "Metrics",
    "Named",
    "Outcome",
    "Parts",
    "PlainTextError",
    "Readers",
    "Rescanner",
    "ServerError",
    "When",
    "Wish",
    "cause_in",
    "find_home",
    "log_to",
    "open_socket",
    "request_rescans",
    "resources_named_by",
    "run",
    "url_of",
]

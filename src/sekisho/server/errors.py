"""What keeps a server from serving; messages are one line, for the person at the terminal."""


class ServerError(Exception):
    """There is no server, or it leaves something undone."""


class ListenError(ServerError):
    """The server cannot listen where it was told to."""


class PlainTextError(ServerError):
    """Others than this machine could read along; the server listens there only when it is told that this is meant."""


class ForeignAnalyzerError(ServerError):
    """An analyzer is of another zone of trust than the one that is read."""

    def __init__(self, arn: str, *, account: str) -> None:
        super().__init__(f"`{arn[:200]}` is not rescanned: what is read here is the zone of account {account}")
        self.arn = arn
        self.account = account


class ProcessDiedError(ServerError):
    """A process ended without a result: somebody killed it, or the system did for want of memory."""


class FaultError(ServerError):
    """What a process did raised what nobody expects; the message is the traceback."""

"""What every way of reading has in common."""

from typing import Protocol

from sekisho.resources.snapshot import RawAccount, RawResource, Snapshot


class Progress(Protocol):
    """Whoever wants to know how far a reading is, for instance a bar on a terminal.

    The number of steps grows while reading: how many keys there are is known once they are listed. A reading calls
    both methods from one thread, and when it returns it has advanced as often as it said to expect.
    """

    def expect(self, steps: int) -> None:
        """Further steps have become known."""
        ...

    def advance(self, step: str) -> None:
        """One step is done; `step` says in a few words what it was."""
        ...


class NoProgress:
    """Tells nobody."""

    def expect(self, steps: int) -> None:
        """Further steps have become known."""

    def advance(self, step: str) -> None:
        """One step is done."""


NO_PROGRESS = NoProgress()


class SnapshotReader(Protocol):
    """A source of snapshots: AWS itself or a recording of it."""

    def read(self, progress: Progress = ...) -> Snapshot:
        """Read everything, once.

        Returns:
            A snapshot whose resources and accounts are sorted, so that the same answers give an equal snapshot. A call
            that failed is in it, with its error.

        Raises:
            CollectError: there is nothing to read, or no right to begin.
        """
        ...


def place(resource: RawResource) -> tuple[str, str, str, str]:
    """Return what the resources of a snapshot are sorted by."""
    return resource.owner_account, resource.region, resource.resource_type, resource.arn


def account_id(account: RawAccount) -> str:
    """Return what the accounts of a snapshot are sorted by."""
    return account.account_id

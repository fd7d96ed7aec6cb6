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

    def read_resource(self, arn: str, *, owner_account: str | None = None) -> Snapshot:
        """Read one resource as `read` would, and nothing else.

        Args:
            arn: of one of the types that are read; of a function without a qualifier.
            owner_account: whose it is, where its ARN does not say: a bucket's. None is the reader's own account.

        Returns:
            A snapshot of the zone of trust that `read` gives, with this resource, or with none when AWS says that there
            is none. A call that failed is in it: with the resource where it describes that, else with its account; and
            then it is not known whether the resource exists. Where there is none, what holds for all resources of its
            type is with the account.

        Raises:
            UnsupportedArnError: the text is no ARN of a resource that is read.
            OutOfReachError: the resource is in an account, a partition or a Region that is not read.
            CollectError: there is nothing to read, or no right to begin.
        """
        ...


class CredentialsReader(Protocol):
    """A source of what there is to know of credentials: AWS itself or a recording of it."""

    def read(self, progress: Progress = ...) -> Snapshot:
        """Read the accounts, once.

        Returns:
            A snapshot whose accounts carry the calls about their credentials; one that failed is in it, with its error.

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

"""Which public keys there are to check CloudTrail's digests with."""

from collections.abc import Sequence
from pathlib import Path

from sekisho.collectors.options import LiveOptions
from sekisho.collectors.trails import KeyFiles, LiveKeys, LogFiles, NoKeys, PublicKeys, S3Files, VerifiedFiles


def verified(places: Sequence[LogFiles], files: Sequence[Path], profile: str | None) -> list[VerifiedFiles]:
    """Return places of which only what digests vouch for is read.

    Args:
        places: where log files and digests are.
        files: what `aws cloudtrail list-public-keys` printed; without any, CloudTrail is asked.
        profile: whose credentials ask it. For a folder nobody is asked without one.

    Raises:
        CollectError: one of the files has no public keys.
    """
    given = KeyFiles.read(files) if files else None
    return [VerifiedFiles.of(place, given or _keys(place, profile)) for place in places]


def _keys(place: LogFiles, profile: str | None) -> PublicKeys:
    if isinstance(place, S3Files) or profile:
        return LiveKeys(LiveOptions(profile=profile))
    return NoKeys()

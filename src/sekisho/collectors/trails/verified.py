"""Log files of which CloudTrail's digests vouch for each that is read."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from sekisho.activity.record import inflate
from sekisho.collectors.errors import CollectError, shown
from sekisho.collectors.trails.digests import (
    DigestFile,
    Word,
    check_digests,
    named_digest,
    read_digest,
    tail_of,
    words_on_files,
)
from sekisho.collectors.trails.files import LocalFiles, LogFile, LogFiles, RemoteFiles, SignedFiles
from sekisho.collectors.trails.layout import DIGESTS, Question, place_of
from sekisho.collectors.trails.public_keys import KeysByFingerprint, PublicKeys
from sekisho.collectors.trails.s3 import S3Files

YOUNG: Final = timedelta(hours=3)
"""How old a log file is at most that has no digest yet: those come each hour, and somewhat later."""

_DAY: Final = timedelta(days=1)
_AROUND: Final = timedelta(hours=2)
"""How long before and after a digest its key is asked for."""

_DELIVERED: Final = re.compile(r"_(\d{8}T\d{4})Z_[^/]*$")
_BELOW_ACCOUNT: Final = re.compile(
    r"(?P<account>(?:.*/)?AWSLogs/(?:o-[a-z0-9]+/)?\d{12}/)CloudTrail(?:/(?P<region>[a-z0-9-]+)?.*)?", re.DOTALL
)


@dataclass(slots=True)
class Integrity:
    """What was found out about log files.

    Attributes:
        place: where they are.
        digests: how many digests were read.
        signed: how many of them CloudTrail has signed, as far as that could be checked.
        agreed: how many log files digests vouch for; their content is checked when they are read.
        faults: digests that do not count, each with the reason.
        unsigned: digests whose signature could not be checked, by the reason.
        missing_digests: what other digests name as the one before them.
        missing_files: log files that a digest names and that are not there.
        gaps: times of which no digest tells, a sentence each.
        without: accounts and Regions with log files and no digest, a sentence each.
        young: how many log files were left out, as their digest is yet to come.
    """

    place: str
    digests: int = 0
    signed: int = 0
    agreed: int = 0
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    unsigned: Counter[str] = field(default_factory=Counter[str])
    missing_digests: Sequence[str] = ()
    missing_files: Sequence[str] = ()
    gaps: Sequence[str] = ()
    without: Sequence[str] = ()
    young: int = 0

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is missing, and everything was checked and is right."""
        return not (
            self.faults or self.unsigned or self.missing_digests or self.missing_files or self.gaps or self.without
        )


_Keys = Mapping[str, KeysByFingerprint | None]


class VerifiedFiles:
    """A place of which only what a digest vouches for is read.

    What is kept of it is kept apart, by its own name, and a file has another version as soon as its digest says
    something else: what was read unchecked never counts as checked.

    Attributes:
        integrity: what was found out; it is there after `list`, and stays in the process that listed.
    """

    def __init__(self, place: SignedFiles, keys: PublicKeys | None = None, now: datetime | None = None) -> None:
        """Take a place.

        Args:
            place: where log files and digests are.
            keys: where public keys come from; only who lists needs them.
            now: the time.
        """
        self._place = place
        self._keys = keys
        self._now = now or datetime.now(UTC)
        self.integrity = Integrity(place.name)

    @classmethod
    def of(cls, place: LogFiles, keys: PublicKeys) -> "VerifiedFiles":
        """Return a place with the digests beside it."""
        assert isinstance(place, LocalFiles | S3Files)  # noqa: S101 - there are no others
        return _VerifiedRemoteFiles(place, keys) if isinstance(place, RemoteFiles) else VerifiedFiles(place, keys)

    def __reduce__(self) -> tuple[object, ...]:
        """Go to other processes without what only the one that lists needs."""
        return type(self), (self._place,)

    @property
    def name(self) -> str:
        """What it is called, and kept as."""
        return f"{self._place.name} (verified)"

    def list(self, question: Question) -> Iterator[LogFile]:
        """Check the digests, and yield log files with their hashes, or with what stands against reading them.

        Raises:
            CollectError: there are no digests, or something may not be read.
        """
        listed = {self._place.where(file.key): file for file in self._place.list(question)}
        wanted = self._question_of_digests(question, listed)
        digests = list(self._digests(wanted))
        if listed and not digests:
            raise CollectError(
                f"`{shown(self._place.name)}` has no digest files of these days beside its log files; let the trail "
                "validate its log files (`aws cloudtrail update-trail --enable-log-file-validation`), or leave "
                "--verify-integrity out"
            )
        keys, why = self._public_keys(digests)
        links = check_digests(digests, keys)
        words = words_on_files(digests)
        found = {key: _judged(file, words.get(tail_of(key))) for key, file in listed.items()}
        young = {key for key in found if tail_of(key) not in words and self._is_young(key)}
        self.integrity = Integrity(
            self._place.name,
            digests=len(digests),
            signed=sum(file.is_signed for file in digests),
            agreed=sum(not file.doubt for file in found.values()),
            faults={file.key: file.problem for file in digests if file.problem},
            unsigned=Counter(
                why.get(file.chain.region, _NO_METADATA) for file in digests if not file.problem and not file.is_signed
            ),
            missing_digests=sorted(key for key in links.missing if wanted.may_be_in(key)),
            missing_files=sorted(
                word.key
                for word in words.values()
                if not word.doubt and word.key not in listed and question.may_be_in(word.key) and self._has(word.key)
            ),
            gaps=sorted(links.gaps),
            without=sorted(_without_digests(listed, digests)),
            young=len(young),
        )
        yield from (file for key, file in found.items() if key not in young)

    def read(self, file: LogFile) -> bytes:
        """Return the content of a file that a digest vouches for, inflated.

        Raises:
            CollectError: none does, or it says something else.
            NotARecordFileError: it is damaged.
        """
        if file.doubt:
            raise CollectError(file.doubt)
        content = inflate(self._place.read(file))
        if sha256(content).hexdigest() != file.sha256:
            raise CollectError("it was changed after its delivery: its SHA-256 is not the one in its digest")
        return content

    def _digests(self, wanted: Question) -> Iterator[DigestFile]:
        place = self._place_of_digests()

        def read(file: LogFile) -> DigestFile | None:
            digest = named_digest(place.where(file.key))
            if digest is not None:
                digest.is_copy = isinstance(place, LocalFiles)
                try:
                    read_digest(digest, *place.read_signed(file))
                except CollectError as error:
                    digest.problem = str(error)
            return digest

        with ThreadPoolExecutor(place.at_once if isinstance(place, RemoteFiles) else 1) as pool:
            yield from filter(None, pool.map(read, place.list(wanted)))

    def _place_of_digests(self) -> SignedFiles:
        """Return where digests are: in the place, or where it is a part of an account's log files, beside it."""
        below = _BELOW_ACCOUNT.fullmatch(self._root)
        if below is None:
            return self._place
        if isinstance(self._place, S3Files):
            return replace(self._place, prefix=below["account"])
        return LocalFiles(Path(below["account"]))

    def _question_of_digests(self, question: Question, listed: Iterable[str]) -> Question:
        """Return which digests are needed: a log file is in one of its own day or the next."""
        below = _BELOW_ACCOUNT.fullmatch(self._root)
        days = [place.day for place in map(place_of, listed) if place]
        start, end, regions = question.start, question.end, question.regions
        if below and below["region"]:
            regions = frozenset({below["region"]})
            if days:
                start, end = min(days), max(days) - question.late
        return replace(question, kind=DIGESTS, regions=regions, start=start, end=end and end + _DAY)

    @property
    def _root(self) -> str:
        """The prefix of the place, or its whole path."""
        if isinstance(self._place, S3Files):
            return self._place.prefix
        return self._place.path.absolute().as_posix() if isinstance(self._place, LocalFiles) else ""

    def _has(self, key: str) -> bool:
        return key.startswith(self._root)

    def _is_young(self, key: str) -> bool:
        found = _DELIVERED.search(key)
        return found is not None and self._now - _moment(found[1]) < YOUNG

    def _public_keys(self, digests: Sequence[DigestFile]) -> tuple[_Keys, Mapping[str, str]]:
        """Return the public keys of each Region, and why those of others are not known."""
        assert self._keys is not None  # noqa: S101 - who lists has said where keys come from
        keys: dict[str, KeysByFingerprint | None] = {}
        why: dict[str, str] = {}
        files: dict[str, list[DigestFile]] = defaultdict(list)
        for file in digests:
            files[file.chain.region].append(file)
        for region, some in files.items():
            signed = [file.written or file.end for file in some]
            try:
                keys[region] = self._keys.of(region, min(signed) - _AROUND, max(signed) + _AROUND)
            except CollectError as error:
                keys[region] = None
                why[region] = str(error)
        return keys, why


class _VerifiedRemoteFiles(VerifiedFiles):
    """Such a place whose answers take their time; see `RemoteFiles`."""

    @property
    def at_once(self) -> int:
        """How many files are best asked for at once."""
        return self._place.at_once if isinstance(self._place, RemoteFiles) else 1


_NO_METADATA: Final = (
    "no digest after it has its signature, and no answer of `aws s3api head-object` lies beside it as "
    "`FILE.head-object.json`"
)


def _judged(file: LogFile, word: Word | None) -> LogFile:
    """Return a file with what digests say of it, and with another version as soon as that is something else."""
    if word is None:
        return replace(file, version=f"{file.version}-unnamed", doubt="no digest names it")
    if word.doubt:
        return replace(file, version=f"{file.version}-doubted", doubt=word.doubt)
    return replace(file, version=f"{file.version}-{word.sha256}", sha256=word.sha256)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC)


def _without_digests(listed: Iterable[str], digests: Iterable[DigestFile]) -> Iterator[str]:
    """Yield the accounts and Regions of which there are log files and no digest."""
    have = {(digest.chain.account, digest.chain.region) for digest in digests}
    numbers = Counter((place.account, place.region) for place in map(place_of, listed) if place)
    for (account, region), number in numbers.items():
        if (account, region) not in have:
            yield f"{account} {region}: {number:,} log {'file' if number == 1 else 'files'} and no digest"

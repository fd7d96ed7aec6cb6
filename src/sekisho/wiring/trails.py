"""The trails that a server may read, and the jobs on them. What carries them out is imported where it is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sekisho.activity import ActivityError
from sekisho.collectors import CollectError, DeniedError, LiveOptions, MissingError
from sekisho.collectors.trails import LocalFiles, LogFiles, S3Files, files_of_trail, is_trail
from sekisho.findings import GeneratedPolicies, JobError, JobErrorCode, PolicyGeneration

Places = Mapping[str, LogFiles | None]
"""To the ARN of each trail that may be read, where its files are; None where CloudTrail is asked."""


def trail_places(settings: Iterable[str], options: LiveOptions) -> Places:
    """Return the trails that `--trail` names: `ARN=PLACE`, or the ARN alone.

    Raises:
        CollectError: one is neither, or a trail is named twice.
    """
    places: dict[str, LogFiles | None] = {}
    for text in settings:
        arn, is_placed, place = text.partition("=")
        if not is_trail(arn) or (is_placed and not place):
            raise CollectError(
                f"`{text[:200]}` names no trail; write "
                "`arn:aws:cloudtrail:eu-west-1:111122223333:trail/main=s3://trail-logs/AWSLogs/`, or its ARN alone"
            )
        if arn in places:
            raise CollectError(f"the trail `{arn}` is named twice")
        places[arn] = _files(place, options) if is_placed else None
    return places


def _files(place: str, options: LiveOptions) -> LogFiles:
    if S3Files.is_address(place):
        return S3Files.at(place, options)
    return LocalFiles(Path(place).expanduser().resolve())


@dataclass(frozen=True, slots=True)
class GenerateFromTrails:
    """Carries out jobs; it is sent to another process.

    Attributes:
        places: the trails that may be read.
        options: with whose credentials CloudTrail is asked where a trail delivers.
        reference: the folder of AWS's Service Reference; None for the user's cache folder, where it may be.
    """

    places: Places
    options: LiveOptions
    reference: Path | None = None

    def __call__(self, job: PolicyGeneration) -> GeneratedPolicies | JobError:
        """Read what is not kept yet, and return the policies or why there are none."""
        from sekisho.wiring.generations import generate  # noqa: PLC0415 - DuckDB, which the server does not need

        try:
            places = {scope.arn: self._place(scope.arn) for scope in job.trails}
            return generate(job, places, self.reference)
        except DeniedError as error:
            return JobError(JobErrorCode.AUTHORIZATION_ERROR, str(error))
        except MissingError as error:
            return JobError(JobErrorCode.RESOURCE_NOT_FOUND_ERROR, str(error))
        except (CollectError, ActivityError, OSError) as error:
            return JobError(JobErrorCode.SERVICE_ERROR, str(error))

    def _place(self, arn: str) -> LogFiles:
        if arn not in self.places:  # the server was started anew without it
            raise MissingError(f"the trail `{arn}` is not one that this server reads; start it with `--trail {arn}`")
        return self.places[arn] or files_of_trail(arn, self.options)


def generate_from_trails(
    settings: Iterable[str], options: LiveOptions, reference: Path | None = None
) -> GenerateFromTrails:
    """Return what carries out jobs on the trails that `--trail` names.

    Raises:
        CollectError: a setting names none.
    """
    return GenerateFromTrails(trail_places(settings, options), options, reference)

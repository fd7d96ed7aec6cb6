"""AWS's Service Reference as a file: fetched when somebody asks for it, used wherever it is there."""

from datetime import datetime
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from sekisho.activity.actions import consult
from sekisho.activity.actions.reference import ServiceReference, format_reference, parse_reference
from sekisho.activity.errors import ServiceReferenceError
from sekisho.collectors.reader import Progress

FILE_NAME: Final = "service-reference.json"


def reference_folder() -> Path:
    """Return where it is kept unless it is said otherwise: in the user's cache folder."""
    return user_cache_path("sekisho")


def update_reference(folder: Path, url: str | None, now: datetime, progress: Progress | None = None) -> Path:
    """Fetch it, and keep it in place of the one that was there.

    Args:
        folder: is made where it is not there.
        url: a mirror; None for AWS itself.
        now: UTC.
        progress: hears how far it is.

    Returns:
        the file.

    Raises:
        CollectError: it cannot be had; what was there stays.
    """
    from sekisho.collectors.service_reference import AWS, fetch_reference  # noqa: PLC0415 - botocore, for this alone

    reference = fetch_reference(url or AWS, now, progress)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE_NAME
    unfinished = file.with_suffix(".unfinished")
    try:
        unfinished.write_bytes(format_reference(reference))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file


def find_reference(folder: Path | None) -> Path | None:
    """Return the file that is kept; None where there is none in the user's cache folder.

    Args:
        folder: where it has to be; None for the user's cache folder, where it may be.

    Raises:
        ServiceReferenceError: it is not in the folder that was named.
    """
    file = (folder or reference_folder()) / FILE_NAME
    if file.is_file():
        return file
    if folder is not None:
        raise ServiceReferenceError(
            f"{folder} has no Service Reference; `sekisho service-reference update --service-reference {folder}`"
            " fetches it"
        )
    return None


def read_reference(file: Path) -> ServiceReference:
    """Return a reference that is kept.

    Raises:
        ServiceReferenceError: the file is not what was written.
    """
    try:
        return parse_reference(file.read_bytes())
    except ServiceReferenceError as error:
        raise ServiceReferenceError(
            f"{file}: {error}; delete it, or fetch it again: `sekisho service-reference update`"
        ) from error


def use_reference(file: Path | None) -> ServiceReference | None:
    """Have calls mapped with a reference that is kept, in this process from now on; None for without.

    Raises:
        ServiceReferenceError: the file is not what was written.
    """
    reference = None if file is None else read_reference(file)
    consult(reference)
    return reference

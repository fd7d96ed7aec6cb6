"""Which tags there were: out of the tagging calls that are kept, and of files that AWS's own commands write."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sekisho.activity import TagFileError
from sekisho.activity.tag_changes import HAS_TAGS, listed_tags, tag_changes_of
from sekisho.activity.usage import call_of
from sekisho.analyzers.least_privilege import TagHistory
from sekisho.storage.usage import UsageStore


def tag_history(store: UsageStore, files: Iterable[Path] = ()) -> TagHistory:
    """Return which tags resources and principals had.

    Args:
        store: has the calls that tagged and made them.
        files: lists of tags; see `read_tags`.

    Raises:
        TagFileError: a file has no tags.
    """
    history = TagHistory()
    for file in files:
        for arn, tags in read_tags(file):
            history.add_listed(arn, tags)
    for use in store.succeeded("%", HAS_TAGS):
        for change in tag_changes_of(call_of(use.usage)):
            if change.is_of_session:
                for key in change.tags:
                    history.vary(change.arn, key)
            else:
                history.add_change(change.arn, change.tags, use.first, use.last)
    return history


def read_tags(file: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield ARNs with their tags, of a file that `listed_tags` can read.

    Raises:
        TagFileError: the file cannot be read, or has nothing of the kind.
    """
    try:
        document = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise TagFileError(f"`{file}` cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TagFileError(f"`{file}` is not JSON") from error
    found = list(listed_tags(document))
    if not found:
        raise TagFileError(
            f"`{file}` has no tags of anything that it names; it can be what `aws resourcegroupstaggingapi"
            " get-resources`, `aws iam get-account-authorization-details`, `aws iam get-role` or `aws iam get-user`"
            " prints"
        )
    yield from found

"""What can go wrong with findings; messages are one line, for the person at the terminal."""

from collections.abc import Sequence


class FindingsError(Exception):
    """A question about findings that has no answer."""


class UnknownFindingError(FindingsError):
    """No finding has this id."""

    def __init__(self, prefix: str) -> None:
        super().__init__(f"no finding has an id that begins with `{prefix}`; `sekisho findings list` shows the ids")
        self.prefix = prefix


class AmbiguousFindingError(FindingsError):
    """Several findings have ids that begin like this."""

    def __init__(self, prefix: str, candidates: Sequence[str]) -> None:
        shown = ", ".join(f"`{one}`" for one in candidates)
        super().__init__(f"more than one finding has an id that begins with `{prefix}`: {shown}; type more of it")
        self.prefix = prefix
        self.candidates = tuple(candidates)


class UnknownResourceError(FindingsError):
    """No scan has looked at this resource."""

    def __init__(self, resource: str) -> None:
        super().__init__(f"no scan has looked at `{resource}`; scan its account first, or check the ARN")
        self.resource = resource


class DuplicateFindingError(FindingsError):
    """Two observations that differ claim to be the same finding: the analyzer is wrong."""

    def __init__(self, resource: str, identity: str) -> None:
        super().__init__(f"two different observations on `{resource}` have the id {identity}; please report this")
        self.resource = resource
        self.identity = identity


class CriteriaError(FindingsError):
    """Criteria ask for something that findings have not got."""


class AnalyzerError(FindingsError):
    """An analyzer cannot be kept as it is."""


class UnknownAnalyzerError(FindingsError):
    """The store has no analyzer with this ARN."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"there is no analyzer `{arn[:200]}`; a scan makes one")
        self.arn = arn


class AnalyzerExistsError(FindingsError):
    """The store has an analyzer with this ARN already."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"there is an analyzer `{arn[:200]}` already")
        self.arn = arn


class TooManyAnalyzersError(FindingsError):
    """The store has as many analyzers as it keeps."""


class ArchiveRuleError(FindingsError):
    """An archive rule cannot be kept as it is."""


class UnknownArchiveRuleError(FindingsError):
    """The analyzer has no rule of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no archive rule `{name}`; `sekisho rules list` shows the names")
        self.name = name


class ArchiveRuleExistsError(FindingsError):
    """The analyzer has a rule of this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is an archive rule `{name}` already; delete it first, or choose another name")
        self.name = name


class TooManyArchiveRulesError(FindingsError):
    """The analyzer has as many archive rules as it keeps."""


class StoreError(FindingsError):
    """The store cannot be used; the message says what to do about it."""

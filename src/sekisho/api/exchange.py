"""One HTTP request and its answer, as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came over the wire.

    Attributes:
        raw_path: before any decoding, so that `%2F` is not a `/`.
        query: what follows the question mark, before any decoding.
        headers: in order, repeats kept, names in lower case, values as Latin-1 text.
        client: the address at the other end.
    """

    method: str
    raw_path: bytes
    query: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    client: str = ""

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return all values of a header, named in lower case."""
        return tuple(value for each, value in self.headers if each == name)

    def query_pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the names and values of the query, decoded, in order.

        A `+` is a plus: in a signed query a space is written `%20`.

        Source: IAM User Guide, "Create a signed AWS API request", step 1.
        """
        for pair in self.query.split(b"&"):
            if pair:
                name, _, value = pair.partition(b"=")
                yield unquote_to_bytes(name), unquote_to_bytes(value)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, not yet sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

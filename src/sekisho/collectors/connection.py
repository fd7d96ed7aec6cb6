"""A session with one AWS account: makes read calls, keeps what is needed, and turns every failure into a value."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, RefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectTimeoutError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    UnknownRegionError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from botocore.handlers import json_decode_policies
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError

from sekisho.collectors.collector import Pages, Read, Reads
from sekisho.collectors.errors import CollectError
from sekisho.collectors.options import LiveOptions
from sekisho.resources.json_values import is_list
from sekisho.resources.snapshot import ApiCall, ApiError, Json
from sekisho.resources.zone import HOME_REGIONS

_MISREAD = (ResponseParserError, AttributeError, LookupError, TypeError, ValueError)
"""What botocore's parsers raise on an answer of another shape than the service describes."""

RAISED: Final = (ClientError, BotoCoreError, *_MISREAD)
"""What botocore raises when a call fails. Nothing of ours may run where these are caught, or our faults become gaps."""

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")


class Connection:
    """An account that answers over HTTP; the `Account` of the collectors. Safe to share between threads."""

    def __init__(
        self, session: botocore.session.Session, options: LiveOptions, reads: Reads, *, account_id: str, home: str
    ) -> None:
        self.account_id = account_id
        self.home = home
        self.partition = session.get_partition_for_region(home)
        self._session = session
        self._options = options
        self._reads = reads
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self._creating = threading.Lock()

    def wants(self, region: str) -> bool:
        """Say whether resources of that Region are to be read."""
        return self._options.regions is None or region in self._options.regions

    def call(self, name: str, region: str, **params: Json) -> ApiCall:
        """Make one call. A call that is not among `reads` is a mistake of ours, and raises `KeyError`."""
        read = self._reads[name]
        service, _, method = name.partition(".")
        make = getattr(self._client(service, region), method)
        kept = _kept(_ask(make, **params), read)
        if isinstance(kept, ApiError):
            return ApiCall(name, params, error=kept)
        return ApiCall(name, params, response=kept)

    def list(self, name: str, region: str, **params: Json) -> Pages:
        """Make a call page by page. When a page fails, what came before it is kept beside the error."""
        read = self._reads[name]
        service, _, method = name.partition(".")
        client = self._client(service, region)
        joined: dict[str, Json] = {read.items: []}
        error: ApiError | None = None
        for page in _pages(client, method, params, read):
            kept = _kept(page, read)
            if isinstance(kept, ApiError):
                error = kept
                break
            _join(joined, kept)
        listed = (ApiCall(name, params, response=joined),) if any(joined.values()) or error is None else ()
        return Pages(listed + ((ApiCall(name, params, error=error),) if error else ()), tuple(joined[read.items]))

    def enter(self, account_id: str, session_policy: str, reads: Reads) -> "Connection | ApiCall":
        """Return a connection to another account, or the failed call when its role does not let us in.

        Args:
            account_id: another account of the organization.
            session_policy: what the session may do at most, whatever the role may.
            reads: the calls that the new connection may make.
        """
        role = f"arn:{self.partition}:iam::{account_id}:role/{self._options.role_name}"
        params = {"RoleArn": role, "RoleSessionName": "sekisho"}
        client: Any = self._client("sts", self.home)

        granted = _ask(client.assume_role, **params, Policy=session_policy)
        kept = _kept(granted, self._reads["sts.assume_role"])
        if isinstance(kept, ApiError):
            return ApiCall("sts.assume_role", params, error=kept)

        def renew() -> dict[str, str]:
            return _session_keys(client.assume_role(**params, Policy=session_policy))

        credentials = RefreshableCredentials.create_from_metadata(_session_keys(kept), renew, "sts-assume-role")
        session = _new_session(self._options)
        session.register_component("credential_provider", CredentialResolver([_Granted(credentials)]))
        return Connection(session, self._options, reads, account_id=account_id, home=self.home)

    def _client(self, service: str, region: str) -> BaseClient:
        """Return the one client of a service and Region; botocore lets threads share it, but not make it."""
        with self._creating:
            if (service, region) not in self._clients:
                self._clients[service, region] = _create_client(self._session, service, region, self._options)
            return self._clients[service, region]


def connect(options: LiveOptions, reads: Reads) -> Connection:
    """Sign in with the operator's credentials and learn whose they are.

    Raises:
        CollectError: there are no usable credentials, or no AWS to show them to.
    """
    try:
        session = _new_session(options)
        start = options.regions[0] if options.regions else session.get_config_variable("region") or "us-east-1"
        partition = session.get_partition_for_region(start)
    except BotoCoreError as error:
        raise no_start(error, options) from error
    if partition not in HOME_REGIONS:
        raise CollectError(f"`{start}` is in the partition {partition}; Sekisho reads {', '.join(HOME_REGIONS)}")
    home = HOME_REGIONS[partition]
    client: Any = _create_client(session, "sts", home, options)
    try:
        identity: Mapping[str, Json] = client.get_caller_identity()
    except RAISED as error:
        raise no_start(error, options) from error
    kept = _kept(identity, reads["sts.get_caller_identity"])
    if isinstance(kept, ApiError):
        raise no_start(ResponseParserError(kept.message), options)
    return Connection(session, options, reads, account_id=kept["Account"], home=home)


def api_error(error: Exception) -> ApiError:
    """Name a failure: AWS's own code, or one of ours, or what botocore calls it when it never asked AWS."""
    match error:
        case ClientError():
            told = error.response.get("Error", {})
            return ApiError(told.get("Code") or "InvalidResponse", told.get("Message", ""))
        case ConnectTimeoutError() | ReadTimeoutError():
            return ApiError("Timeout", str(error))
        case NoConnectionError() | HTTPClientError():
            return ApiError("ConnectionError", str(error))
        case BotoCoreError():
            return ApiError(type(error).__name__, str(error))
        case _:
            return ApiError("InvalidResponse", str(error))


def open_client(service: str, options: LiveOptions) -> BaseClient:
    """Return a client of a service, with the operator's credentials; AWS is not asked whose they are.

    Raises:
        CollectError: there is no such profile or Region, or the endpoint is no URL.
    """
    try:
        session = _new_session(options)
        region = options.regions[0] if options.regions else session.get_config_variable("region") or "us-east-1"
        return _create_client(session, service, region, options)
    except BotoCoreError as error:
        raise no_start(error, options) from error


def _new_session(options: LiveOptions) -> botocore.session.Session:
    session = botocore.session.Session(profile=options.profile)
    session.register_component("data_loader", _service_descriptions(session.get_config_variable("data_path")))
    return session


@cache
def _service_descriptions(search_path: str | None) -> Loader:
    """Return botocore's reader of service descriptions. They are large: sessions had better share one."""
    return create_loader(search_path)


class _Granted(CredentialProvider):
    """Hands out the credentials of an assumed role, and asks no other place for any."""

    METHOD = "sts-assume-role"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def _session_keys(answer: Mapping[str, Json]) -> dict[str, str]:
    """Return the credentials in an answer of STS as botocore takes them."""
    granted = answer["Credentials"]
    return {
        "access_key": granted["AccessKeyId"],
        "secret_key": granted["SecretAccessKey"],
        "token": granted["SessionToken"],
        "expiry_time": str(granted["Expiration"]),
    }


def _ask(make: Callable[..., Any], *args: object, **params: Json) -> Any:
    """Make one request through botocore, and return its answer, or as an `ApiError` what it raised."""
    try:
        return make(*args, **params)
    except RAISED as error:
        return api_error(error)


def _kept(answer: Mapping[str, Json] | ApiError, read: Read) -> Mapping[str, Json] | ApiError:
    """Return what is kept of an answer. One that lacks what it needs is an error too."""
    if isinstance(answer, ApiError):
        return answer
    if lacking := read.lacks(answer):
        return ApiError("InvalidResponse", f"the answer lacks {', '.join(lacking)}")
    return read.reduce(answer)


def _join(joined: dict[str, Json], page: Mapping[str, Json]) -> None:
    """Add a page to those before it: lists grow longer, of anything else the last word counts."""
    for member, value in page.items():
        if is_list(value):
            joined.setdefault(member, []).extend(value)
        else:
            joined[member] = value


def _pages(client: Any, method: str, params: Mapping[str, Json], read: Read) -> Iterator[Mapping[str, Json] | ApiError]:
    """Ask for page after page; an error is the last one."""
    if client.can_paginate(method):
        paging = {} if read.page_size is None else {"PageSize": read.page_size}
        pages = iter(client.get_paginator(method).paginate(**params, PaginationConfig=paging))
        while (page := _ask(next, pages, None)) is not None:
            yield page
        return
    token: tuple[str, str] | None = None
    while True:
        page = _ask(getattr(client, method), **params, **dict([token] if token else ()))
        yield page
        following = None if isinstance(page, ApiError) else _following(page)
        if following is None:
            return
        if token == following:
            yield ApiError("InvalidResponse", "the same page was named twice in a row")
            return
        token = following


def _following(page: Mapping[str, Json]) -> tuple[str, str] | None:
    """Return what names the next page, and its name; IAM has another word for it than most services."""
    return next(((name, page[name]) for name in ("NextToken", "Marker") if page.get(name)), None)


def _create_client(session: botocore.session.Session, service: str, region: str, options: LiveOptions) -> BaseClient:
    config = Config(
        retries={"mode": "adaptive", "total_max_attempts": options.attempts},
        connect_timeout=options.connect_timeout.total_seconds(),
        read_timeout=options.read_timeout.total_seconds(),
        max_pool_connections=options.workers,
        user_agent_extra="sekisho",
    )
    try:
        client = session.create_client(service, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
        raise no_start(error, options) from error
    if not (urlsplit(client.meta.endpoint_url).hostname or "").endswith(_AWS_DOMAINS):
        # Another endpoint than AWS's has one host name: neither a bucket nor an account can be part of it.
        if service == "s3":
            config = config.merge(Config(s3={"addressing_style": "path"}))
            client = session.create_client(service, region_name=region, config=config)
        client.meta.events.register("before-sign.s3-control", _leave_account_out_of_host)
    client.meta.events.register("before-parse", _refuse_pages)
    client.meta.events.unregister("after-call.iam", json_decode_policies)  # a policy is to stay its author's text
    return client


def _leave_account_out_of_host(request: Any, **_: Any) -> None:
    url = urlsplit(str(request.url))
    account, _dot, host = url.netloc.partition(".")
    if len(account) == 12 and account.isdigit():  # noqa: PLR2004 - as long as account ids are
        request.url = url._replace(netloc=host).geturl()


def _refuse_pages(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise on a successful answer that is not JSON and should be, or is a web page; botocore finds them empty."""
    if response_dict["status_code"] >= 300:  # noqa: PLR2004 - HTTP's first non-success
        return
    body: object = response_dict["body"]
    if not isinstance(body, bytes):  # a stream, whose content is looked at by whoever reads it
        return
    if body.lstrip()[:9].lower().startswith((b"<html", b"<!doctype")):
        raise ResponseParserError("a web page instead of an answer")
    if "json" in operation_model.service_model.metadata["protocol"]:
        try:
            json.loads(body)
        except ValueError as error:
            raise ResponseParserError(f"not JSON: {error}") from error


def no_start(error: Exception, options: LiveOptions) -> CollectError:
    """Say why AWS cannot be spoken with, and what to do about it."""
    return CollectError(" ".join(_why_no_start(error, options).split()))


def _why_no_start(error: Exception, options: LiveOptions) -> str:
    match error:
        case NoCredentialsError():
            return "no AWS credentials found; set AWS_PROFILE, name a profile with `--profile`, or run `aws configure`"
        case PartialCredentialsError():
            return f"the AWS credentials are incomplete: {error}"
        case ProfileNotFound():
            return (
                f"there is no profile `{options.profile or error.kwargs.get('profile')}` in the AWS configuration; "
                "`aws configure list-profiles` lists those there are"
            )
        case ConfigParseError():
            return f"the AWS configuration cannot be read: {error}"
        case UnknownRegionError():
            return f"no Region is known by that name: {error}; check `--region` and AWS_REGION"
        case ClientError():
            told = api_error(error)
            return f"AWS does not accept the credentials: {told.code}: {told.message}; renew them"
        case BotoCoreError() if not isinstance(error, NoConnectionError | HTTPClientError):
            return f"cannot sign in to AWS: {error}; sign in again, for instance with `aws sso login`"
        case _:
            return f"no usable answer from AWS: {error}; check the network, the proxy and AWS_ENDPOINT_URL"

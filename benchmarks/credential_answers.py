"""What an account's IAM answers, out of its credential report: to whoever asks, and whatever they ask.

Both tools are served by the suite's own scripted IAM. In the account there is nothing but users: no role, no group, no
policy; all that a credential check may want to know is told consistently with the report, and what is behind it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from credential_accounts import Account, Row, is_yes, moment, users_of
from surfaces.fake_iam import COMPLETE, NO_ENTITY, OWNER, Answer, Refusal

PAGE: Final = 100
"""How many items a page has. Source: IAM API reference, `MaxItems` of ListUsers."""

NOTHING: Final[Mapping[str, Mapping[str, Any]]] = {
    "ListRoles": {"Roles": []},
    "ListGroups": {"Groups": []},
    "ListPolicies": {"Policies": []},
    "ListEntitiesForPolicy": {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []},
    "ListSAMLProviders": {"SAMLProviderList": []},
    "ListServerCertificates": {"ServerCertificateMetadataList": []},
    "ListAttachedUserPolicies": {"AttachedPolicies": []},
    "ListUserPolicies": {"PolicyNames": []},
    "ListUserTags": {"Tags": []},
    "ListServiceSpecificCredentials": {"ServiceSpecificCredentials": []},
}
"""What there is none of."""

OUTSIDE: Final = Refusal("AWSOrganizationsNotInUseException", 400)


class Script(dict[str, list[Answer]]):
    """What is answered, by operation; what nobody has thought of is refused."""

    def __missing__(self, operation: str) -> list[Answer]:
        return [Refusal()]


class Organization(dict[str, Mapping[str, Any] | Refusal]):
    """The same of AWS Organizations."""

    def __missing__(self, operation: str) -> Refusal:
        return Refusal("AccessDeniedException", 400)


def script_of(account: Account) -> Script:
    """Return what the IAM of an account answers."""
    told: dict[str, Answer] = {
        **NOTHING,
        **_of_account(account),
        **_Users(account).answers,
        **dict.fromkeys(account.refused, Refusal()),
    }
    return Script({operation: [answer] for operation, answer in told.items()})


def organization_of(account: Account) -> Organization:
    """Return what AWS Organizations answers."""
    if account.features is None:
        return Organization(DescribeOrganization=OUTSIDE)
    master = "210987654321" if account.is_member else OWNER
    described = {
        "Id": "o-example",
        "Arn": f"arn:aws:organizations::{master}:organization/o-example",
        "MasterAccountId": master,
    }
    return Organization(
        DescribeOrganization={"Organization": described},
        ListPolicies={"Policies": []},
        ListDelegatedAdministrators={"DelegatedAdministrators": []},
    )


def _of_account(account: Account) -> Mapping[str, Answer]:
    policy = {name: value for name, value in (account.password_policy or {}).items() if value is not None}
    features = {"OrganizationId": "o-example", "EnabledFeatures": list(account.features or ())}
    report = {"Content": account.report.encode(), "ReportFormat": "text/csv", "GeneratedTime": _text(account.now)}
    return {
        "GenerateCredentialReport": COMPLETE,
        "GetCredentialReport": report,
        "GetAccountSummary": {"SummaryMap": _summary(account)},
        "GetAccountPasswordPolicy": {"PasswordPolicy": policy} if policy else NO_ENTITY,
        "ListOrganizationsFeatures": Refusal("OrganizationNotFoundException", 404)
        if account.features is None
        else features,
    }


def _summary(account: Account) -> Mapping[str, int]:
    root = account.root or {}
    has_key = any(is_yes(root.get(f"access_key_{n}_active", "")) or _rotated(root, str(n)) for n in (1, 2))
    password = is_yes(root.get("password_enabled", "true")) if account.root_password is None else account.root_password
    is_told = account.root_password is not None or root.get("password_enabled") != "not_supported"
    return {
        "Users": len(users_of(account.rows)),
        "AccountMFAEnabled": int(is_yes(root.get("mfa_active", "true"))),
        "AccountAccessKeysPresent": int(has_key),
        **({"AccountPasswordPresent": int(password)} if is_told else {}),
    }


def _rotated(row: Row, number: str) -> datetime | None:
    return moment(row.get(f"access_key_{number}_last_rotated", ""))


class _Users:
    """What is answered of users, one by one and in pages."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._rows = users_of(account.rows)
        self._names = list(self._rows)
        self._places = {name: place for place, name in enumerate(self._names)}
        self._users = [self._user(row) for row in self._rows.values()]
        self._devices = list(self._virtual_devices())

    @property
    def answers(self) -> Mapping[str, Answer]:
        """By operation."""
        return {
            "ListUsers": lambda params: _page(self._users, "Users", params),
            "ListVirtualMFADevices": lambda params: _page(self._devices, "VirtualMFADevices", params),
            "GetAccountAuthorizationDetails": lambda params: {
                "GroupDetailList": [],
                "RoleDetailList": [],
                "Policies": [],
                **_page(self._users, "UserDetailList", params),
            },
            "GetLoginProfile": self._of_user(self._login_profile),
            "ListAccessKeys": self._of_user(self._access_keys),
            "ListMFADevices": self._of_user(self._mfa_devices),
            "GetAccessKeyLastUsed": self._last_use,
            "GenerateServiceLastAccessedDetails": self._job,
            "GetServiceLastAccessedDetails": self._services,
        }

    def _of_user(self, told: Callable[[Row], Mapping[str, Any] | Refusal]) -> Answer:
        def answer(params: Mapping[str, str]) -> Mapping[str, Any] | Refusal:
            row = self._rows.get(params["UserName"])
            return NO_ENTITY if row is None else told(row)

        return answer

    def _ago(self, days: float) -> str:
        return _text(self._account.now - timedelta(days=days))

    def _user(self, row: Row) -> Mapping[str, Any]:
        """Return a user of ListUsers, who has no `PasswordLastUsed` when there was no use."""
        signed_in = self._account.live_of(row["user"]).signed_in
        used = row["password_last_used"] if signed_in is None else self._ago(signed_in)
        return {
            "Path": "/",
            "UserName": row["user"],
            "UserId": f"AIDA{self._places[row['user']]:017}",
            "Arn": row["arn"],
            "CreateDate": row["user_creation_time"],
            **({"PasswordLastUsed": used} if moment(used) else {}),
        }

    def _login_profile(self, row: Row) -> Mapping[str, Any] | Refusal:
        if not is_yes(row["password_enabled"]):
            return NO_ENTITY
        changed = moment(row["password_last_changed"]) or self._account.now
        return {"LoginProfile": {"UserName": row["user"], "CreateDate": _text(changed), "PasswordResetRequired": False}}

    def _access_keys(self, row: Row) -> Mapping[str, Any]:
        live = self._account.live_of(row["user"])
        keys = [
            {
                "UserName": row["user"],
                "AccessKeyId": f"AKIA{self._places[row['user']]:011}{number}",
                "Status": live.status.get(number, "Active" if active else "Inactive"),
                "CreateDate": self._ago(live.made[number])
                if number in live.made
                else _text(rotated or self._account.now - timedelta(days=30)),
            }
            for number in ("1", "2")
            for active in [is_yes(row[f"access_key_{number}_active"])]
            for rotated in [_rotated(row, number)]
            if active or rotated
        ]
        return {"AccessKeyMetadata": keys, "IsTruncated": False}

    def _last_use(self, params: Mapping[str, str]) -> Mapping[str, Any]:
        key = params["AccessKeyId"]
        row = self._rows[self._names[int(key[4:-1])]]
        used, region, service = (
            row[f"access_key_{key[-1]}_last_used_{name}"] for name in ("date", "region", "service")
        )
        if not moment(used):
            return {"UserName": row["user"], "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
        told = {"LastUsedDate": used, "ServiceName": service, "Region": region}
        return {"UserName": row["user"], "AccessKeyLastUsed": told}

    def _mfa_devices(self, row: Row) -> Mapping[str, Any]:
        return {"MFADevices": list(self._devices_of(row)), "IsTruncated": False}

    def _devices_of(self, row: Row) -> Iterator[Mapping[str, Any]]:
        name, there = row["user"], self._account.live_of(row["user"]).devices
        for number in range(int(is_yes(row["mfa_active"])) if there is None else there):
            serial = f"arn:aws:iam::{OWNER}:mfa/{name}{number or ''}"
            yield {"UserName": name, "SerialNumber": serial, "EnableDate": row["user_creation_time"]}

    def _virtual_devices(self) -> Iterator[Mapping[str, Any]]:
        root = self._account.root
        if root is not None and is_yes(root["mfa_active"]) and self._account.root_device == "virtual":
            owner = {"Path": "/", "UserId": OWNER, "Arn": root["arn"], "CreateDate": root["user_creation_time"]}
            serial = f"arn:aws:iam::{OWNER}:mfa/root-account-mfa-device"
            yield {"SerialNumber": serial, "EnableDate": root["user_creation_time"], "User": owner}
        for name, row in self._rows.items():
            for device in self._devices_of(row):
                user = self._users[self._places[name]]
                yield {"SerialNumber": device["SerialNumber"], "EnableDate": device["EnableDate"], "User": user}

    def _job(self, params: Mapping[str, str]) -> Mapping[str, Any]:
        return {"JobId": f"{self._places[params['Arn'].partition(':user/')[2]]:036}"}

    def _services(self, params: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the services that a user may call; those that were tried have a date."""
        row = self._rows[self._names[int(params["JobId"])]]
        tried, allowed = services_of(self._account, row)
        dated = [{**_service(name), "LastAuthenticated": date} for name, date in tried.items()]
        times = dict.fromkeys(("JobCreationDate", "JobCompletionDate"), _text(self._account.now))
        return {
            "JobStatus": "COMPLETED",
            **times,
            "ServicesLastAccessed": [*dated, *map(_service, allowed)],
            "IsTruncated": False,
        }


def services_of(account: Account, row: Row) -> tuple[Mapping[str, str], Sequence[str]]:
    """Return the services that a user tried, with the date, and those that were never tried."""
    tried = {
        row[f"access_key_{n}_last_used_service"]: row[f"access_key_{n}_last_used_date"]
        for n in (1, 2)
        if moment(row[f"access_key_{n}_last_used_date"])
    }
    return tried, [name for name in account.live_of(row["user"]).allowed if name not in tried]


def _service(name: str) -> Mapping[str, Any]:
    return {"ServiceName": name, "ServiceNamespace": name, "TotalAuthenticatedEntities": 0}


def _page(items: Sequence[Mapping[str, Any]], name: str, params: Mapping[str, str]) -> Mapping[str, Any]:
    start = int(params.get("Marker", "0"))
    following = start + PAGE
    more = {"IsTruncated": True, "Marker": str(following)} if following < len(items) else {"IsTruncated": False}
    return {name: list(items[start:following]), **more}


def _text(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"

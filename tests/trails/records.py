"""The records of a call, as the trails of the accounts have them.

Source: AWS CloudTrail User Guide, "CloudTrail record contents".
"""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final

import msgspec

from trails.actors import CONSOLE, Actor
from trails.calls import CallKind
from trails.nobody import Nobody
from trails.outcomes import Outcome, errors
from trails.principals import Session
from trails.truth import Tally
from trails.world import FRESH, PARTITIONS, Values, new_uuid

SPECIAL: Final = frozenset("*?$")
"""What is a wildcard or begins a variable in a policy."""
SECOND_HALF: Final = "second half"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record, and whose trail has it.

    Attributes:
        account: whose trail it is.
        region: of the event.
        record: the JSON text.
    """

    account: str
    region: str
    record: bytes


class Recorder:
    """Makes the records of calls, and notes the truth of them."""

    def __init__(self, rng: Random, tally: Tally) -> None:
        self._rng = rng
        self._tally = tally
        self._encode = msgspec.json.Encoder().encode

    def nobody(self, event: Nobody, account: str, region: str, moment: datetime) -> Recorded:
        """Return the record of an event that counts for no principal."""
        partition = PARTITIONS[account]
        values = {
            "a": account,
            "r": region,
            "p": partition.name,
            "dns": partition.dns,
            "t": _time(moment),
            "event": new_uuid(self._rng),
        }
        values |= {name: FRESH[name](self._rng) for name in sorted(event.record.placeholders & FRESH.keys())}
        self._tally.nobody[event.kind] += 1
        return Recorded(account, region, self._encode(event.record.fill(values)))

    def call(self, actor: Actor, kind: CallKind, moment: datetime, *, succeeds: bool = False) -> list[Recorded]:
        """Return the record of a call, and that of the other account where it tells of the call too.

        With `succeeds` it goes well whatever the habits of the principal.
        """
        rng = self._rng
        region = actor.region(rng, kind)
        values = actor.values(rng, kind, region, moment)
        outcome, refused = (Outcome.SUCCEEDED, "") if succeeds else actor.outcome(rng, kind, moment)
        session = actor.sessions.at(moment)
        self._note(actor.principal.arn, kind, values, outcome, refused)
        record = self._record(actor, kind, values, session, moment)
        record |= errors(rng, outcome, kind, caller=session.arn, refused=refused, values=values)
        if outcome is Outcome.SUCCEEDED:
            record["responseElements"] = kind.response.fill(values)
        elif outcome is Outcome.DENIED and rng.random() < 0.2:
            record["requestParameters"] = None
        if not kind.row.abroad or outcome is not Outcome.SUCCEEDED:
            return [Recorded(actor.principal.account, region, self._encode(record))]
        return self._both_halves(actor, kind, session, record)

    def _note(self, arn: str, kind: CallKind, values: Values, outcome: Outcome, refused: str) -> None:
        if outcome is Outcome.DENIED:
            self._tally.denied[arn].add(refused)
        elif outcome.counts:
            told = _as_policies_write(values)
            self._tally.add_use(arn, kind.needs(told), kind.passes(told))

    def _record(
        self, actor: Actor, kind: CallKind, values: Values, session: Session, moment: datetime
    ) -> dict[str, Any]:
        row, service = kind.row, kind.service
        record: dict[str, Any] = {
            "eventVersion": service.version,
            "userIdentity": {**session.identity, "invokedBy": row.via} if row.via else session.identity,
            "eventTime": _time(moment),
            "eventSource": service.source,
            "eventName": row.name,
            "awsRegion": values["r"],
            "sourceIPAddress": row.via or session.address,
            "userAgent": row.via or (CONSOLE if session.from_console else actor.agent),
            "requestParameters": kind.parameters.fill(values),
            "responseElements": None,
            "requestID": new_uuid(self._rng),
            "eventID": new_uuid(self._rng),
            "readOnly": row.reads,
            "eventType": "AwsApiCall",
            "managementEvent": not row.data,
            "recipientAccountId": actor.principal.account,
            "eventCategory": "Data" if row.data else "Management",
        }
        if row.touched:
            record["resources"] = kind.resources.fill(values)
        if row.additional:
            record["additionalEventData"] = kind.additional.fill(values)
        if session.from_console:
            record["sessionCredentialFromConsole"] = "true"
        if not row.via:
            record["tlsDetails"] = {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": f"{service.source.partition('.')[0]}.{values['r']}.{values['dns']}",
            }
        return record

    def _both_halves(self, actor: Actor, kind: CallKind, session: Session, record: dict[str, Any]) -> list[Recorded]:
        """Return the caller's record and the owner's, which has another id and is told little of the caller."""
        region = record["awsRegion"]
        record["sharedEventID"] = new_uuid(self._rng)
        mine = Recorded(actor.principal.account, region, self._encode(record))
        owner = actor.owner(kind)
        stranger = {"type": "AWSAccount", "principalId": session.name, "accountId": actor.principal.account}
        record |= {
            "userIdentity": stranger,
            "eventID": new_uuid(self._rng),
            "recipientAccountId": owner,
            "responseElements": None,
        }
        self._tally.nobody[SECOND_HALF] += 1
        return [mine, Recorded(owner, region, self._encode(record))]


def _as_policies_write(values: Values) -> Values:
    """Return the values with `${*}` and the like for characters that mean something in a policy."""
    key = values.get("key", "")
    if SPECIAL.isdisjoint(key):
        return values
    return values | {"key": "".join(f"${{{one}}}" if one in SPECIAL else one for one in key)}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

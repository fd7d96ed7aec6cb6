"""Policy generations in the background, one after the other, each in a process of its own."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sekisho.findings import (
    GeneratedPolicies,
    JobError,
    JobErrorCode,
    PolicyGeneration,
    PolicyGenerationStore,
    StoreError,
)
from sekisho.server.apart import Apart
from sekisho.server.errors import FaultError, ProcessDiedError

logger = logging.getLogger("sekisho.server.generations")

Generate = Callable[[PolicyGeneration], GeneratedPolicies | JobError]
"""Carries out a job. It is sent to another process, and may be ended and begun again at any time."""

LOOKED_FOR_EVERY: Final = timedelta(seconds=1)
"""How often jobs are looked for: whichever server of a store took the request, and after whichever restart."""

HELD_EVERY: Final = timedelta(seconds=2)
"""How often a job is held on to, and with it, how soon it is noticed that it was cancelled."""

HELD_FOR: Final = timedelta(seconds=20)
"""How long the job of a server that was killed is nobody else's."""

MOST_TRIES: Final = 3
"""How often a job is begun whose process dies."""

_DIED: Final = JobError(
    JobErrorCode.SERVICE_ERROR, f"the process that generates was killed {MOST_TRIES} times; is there enough memory?"
)
_FAULT: Final = JobError(JobErrorCode.SERVICE_ERROR, "an internal error occurred; the log has it under the job id")


class _LeftError(Exception):
    """The job has ended meanwhile, is another server's, or the server stops."""


class PolicyGenerator:
    """Carries out jobs, from `start` to `stop`, as they are found in the store."""

    def __init__(self, store: PolicyGenerationStore, generate: Generate, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._generate = generate
        self._clock = clock
        self._name = str(uuid4())
        self._told: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="generations", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether jobs are carried out."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: timedelta) -> bool:
        """Begin nothing more, and leave the job under way for the next start; return whether that was soon enough."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(patience.total_seconds())
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._stopping.is_set():
            job = self._take()
            if job is None:
                self._stopping.wait(LOOKED_FOR_EVERY.total_seconds())
            else:
                self._attempt(job)

    def _take(self) -> PolicyGeneration | None:
        now = self._clock()
        try:
            job = self._store.take(self._name, now=now, until=now + HELD_FOR)
        except Exception as error:  # noqa: BLE001 - nothing may end the thread; it is told once, until it is another
            if repr(error) != self._told:
                logger.log(logging.ERROR, "no jobs can be looked for", extra={"fields": {"error": str(error)}})
            self._told = repr(error)
            return None
        self._told = None
        return job

    def _attempt(self, job: PolicyGeneration) -> None:
        """Carry out a job. Nothing that goes wrong with it may end the thread."""
        started = time.monotonic()
        try:
            ending = self._ending(job)
            if self._store.finish(job.id, ending, at=self._clock()):
                _tell(job, ending, seconds=round(time.monotonic() - started, 1))
        except _LeftError:
            self._let_go(job)
        except StoreError as error:  # whoever finds the job then does it again, from what is kept
            logger.warning("a job could not be ended", extra={"fields": {**_fields(job), "error": str(error)}})
        except Exception:
            logger.exception("a job could not be carried out", extra={"fields": _fields(job)})

    def _ending(self, job: PolicyGeneration) -> GeneratedPolicies | JobError:
        for _ in range(MOST_TRIES):
            self._hold(job)
            under_way = Apart(self._generate, job)
            try:
                while not under_way.is_done(HELD_EVERY):
                    self._hold(job)
                return under_way.result()
            except ProcessDiedError:
                logger.warning("the process that generates was killed", extra={"fields": _fields(job)})
            except FaultError as error:
                fields = {**_fields(job), "error": str(error)}
                logger.log(logging.ERROR, "policy generation failed", extra={"fields": fields})
                return _FAULT
            finally:
                under_way.end()
        return _DIED

    def _hold(self, job: PolicyGeneration) -> None:
        """Go on, unless there is a reason not to."""
        if self._stopping.is_set():
            raise _LeftError
        try:
            is_ours = self._store.hold(job.id, self._name, until=self._clock() + HELD_FOR)
        except StoreError:
            return  # it is ours for a while, and the store may be back by then
        if not is_ours:
            raise _LeftError

    def _let_go(self, job: PolicyGeneration) -> None:
        try:
            self._store.let_go(job.id, self._name)
        except StoreError as error:
            logger.warning("a job is left later", extra={"fields": {**_fields(job), "error": str(error)}})


def _fields(job: PolicyGeneration) -> dict[str, object]:
    return {"job": job.id, "principal": job.principal_arn}


def _tell(job: PolicyGeneration, ending: GeneratedPolicies | JobError, *, seconds: float) -> None:
    match ending:
        case GeneratedPolicies(policies=policies, is_complete=is_complete):
            told: dict[str, object] = {"policies": len(policies), "isComplete": is_complete, "seconds": seconds}
            logger.info("policy generated", extra={"fields": {**_fields(job), **told}})
        case JobError(code=code, message=message):
            told = {"code": code.value, "error": message, "seconds": seconds}
            logger.warning("no policy generated", extra={"fields": {**_fields(job), **told}})

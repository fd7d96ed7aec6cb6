"""From a queue to a webhook: how long after an event is put on a queue a message is there.

`sekisho serve` reads the queue of an AWS stand-in and posts to a webhook, as it does for people. Beside it, in the same
run, a bare loop: receive from the queue, post what came. What a message takes longer is ours: to keep the event, put it
to the rules, word it, gather what comes together (half a second by default), keep and send the message.

Run: make alerts
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from rich.console import Console
from rich.table import Table

from fakes.receiver import Receiver, running_receiver
from surfaces.aws import ENVIRONMENT, OWNER, client, running_moto
from surfaces.serving import Program
from unit.alerts.records import envelope

SETTINGS = """
[[alerts.target]]
name = "webhook"
type = "webhook"
url = "{url}"
allow-private = true

[alerts.shipped.access-key-created]
rate = "none"
{wait}
"""


def main() -> None:
    options = _options()
    table = Table(title=f"from the queue to the webhook, {options.events} events one by one")
    for column in ("way", "median, ms", "p95, ms", "of the bare loop"):
        table.add_column(column, justify="right" if column != "way" else "left")
    with running_moto() as endpoint:
        bare = _measure(options.events, lambda url, receiver: _bare(endpoint, url, receiver), endpoint)
        _row(table, "receive and post, nothing else", bare, bare)
        for name, wait in (("sekisho serve, nothing waits", 'wait = "0s"'), ("sekisho serve as it comes", "")):
            took = _measure(options.events, lambda url, one, wait=wait: _served(endpoint, url, one, wait), endpoint)  # type: ignore[misc]
            _row(table, name, took, bare)
    Console().print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=40)
    return parser.parse_args()


def _row(table: Table, name: str, took: Sequence[float], bare: Sequence[float]) -> None:
    median, p95 = statistics.median(took), sorted(took)[int(0.95 * (len(took) - 1))]
    ratio = median / statistics.median(bare)
    table.add_row(name, f"{median * 1000:,.0f}", f"{p95 * 1000:,.0f}", f"{ratio:.1f} x")


def _measure(events: int, begin: Callable[[str, Receiver], Callable[[], None]], endpoint: str) -> list[float]:
    """Put one event after the other on a queue of its own, each when the one before has arrived."""
    queues: Any = client(endpoint, "sqs")
    url = queues.create_queue(QueueName=f"events-{time.monotonic_ns()}")["QueueUrl"]
    with running_receiver() as receiver:
        end = begin(url, receiver)
        took: list[float] = []
        for number in range(events + 3):
            body = json.dumps(envelope(event_id=f"event-{time.monotonic_ns()}", recipientAccountId=OWNER))
            started = time.perf_counter()
            queues.send_message(QueueUrl=url, MessageBody=body)
            receiver.wait_for(number + 1, seconds=60)
            took.append(time.perf_counter() - started)
        end()
    return took[3:]


def _bare(endpoint: str, url: str, receiver: Receiver) -> Callable[[], None]:
    queues: Any = client(endpoint, "sqs")
    stopping = threading.Event()

    def work() -> None:
        while not stopping.is_set():
            for one in queues.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
                request = Request(receiver.url(), one["Body"].encode(), method="POST")  # noqa: S310 - our own
                urlopen(request).close()  # noqa: S310 - as above
                queues.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])

    thread = threading.Thread(target=work)
    thread.start()

    def end() -> None:
        stopping.set()
        thread.join()

    return end


def _served(endpoint: str, url: str, receiver: Receiver, wait: str) -> Callable[[], None]:
    folder = tempfile.TemporaryDirectory()
    (Path(folder.name) / "sekisho.toml").write_text(SETTINGS.format(url=receiver.url(), wait=wait), "utf-8")
    environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint, "SEKISHO_REGION": "us-east-1"}
    serving = Program(Path(folder.name), environment).serving("--events-from", url)
    serving.__enter__()

    def end() -> None:
        serving.__exit__(None, None, None)
        folder.cleanup()

    return end


if __name__ == "__main__":
    main()

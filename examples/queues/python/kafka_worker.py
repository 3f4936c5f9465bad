"""Kafka, the worker: ``python kafka_worker.py``. It has no secret, and checks no signature.

Kafka delivers again what was not committed: after a kill, or when a partition goes to another worker. ``once`` runs the
handlers of each event once. In the environment: KAFKA, REDIS_URL and LEDGER_URL.
"""

from __future__ import annotations

import os
import time

import redis
from confluent_kafka import Consumer, KafkaException, Message, Producer
from ledger import book
from tink_webhooks import Dispatcher, Event, WebhookError
from tink_webhooks.idempotency import RedisStore, once

#: How long a claim holds, in seconds, if its process dies.
LEASE = 10
#: Kafka has no retries of its own. Seconds until a message that failed is tried again: longer than the lease.
AGAIN = 15
#: How often. Together less than max.poll.interval.ms, after which the partitions go to another worker.
TRIES = 10

KAFKA = os.environ.get("KAFKA", "127.0.0.1:9092")

consumer = Consumer(
    {
        "bootstrap.servers": KAFKA,
        "group.id": "ledger",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6_000,
        "max.poll.interval.ms": 300_000,
    }
)
dead = Producer({"bootstrap.servers": KAFKA, "acks": "all"})
work = Dispatcher()
store = RedisStore(redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"), socket_timeout=5))


def process(message: Message) -> None:
    """Runs the handlers of an event; what fails each time goes to a topic of its own, and holds up nothing else."""
    text = message.value() or b""
    for left in reversed(range(TRIES)):
        try:
            work.dispatch(Event.deserialize(text.decode()))
        except (WebhookError, UnicodeDecodeError) as error:
            print(f"offset {message.offset()}, {left} tries left: {error}", flush=True)
            if left:
                time.sleep(AGAIN)
        else:
            return
    dead.produce("tink.dead", text, key=message.key())
    if dead.flush(30):
        raise RuntimeError("the message was not written to tink.dead")


work.on("*")(once(store, "ledger", lease=LEASE)(book))

if __name__ == "__main__":
    consumer.subscribe(["tink"])
    while True:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        process(message)
        consumer.commit(message, asynchronous=False)

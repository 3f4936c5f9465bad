"""Kafka, the receiver: it verifies a delivery, writes the event to a topic, and answers.

In the environment: TINK_WEBHOOK_SECRET and KAFKA (host:port, ...). ``pip install tink-webhooks confluent-kafka
gunicorn``, then ``gunicorn kafka_web:app``. The worker is kafka_worker.py.
"""

from __future__ import annotations

import os

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.wsgi import WebhookApp

producer = Producer(
    {
        "bootstrap.servers": os.environ.get("KAFKA", "127.0.0.1:9092"),
        "acks": "all",
        "enable.idempotence": True,
        "message.timeout.ms": 5_000,
    }
)
hooks = WebhookHandler(schemes=["v1"])


@hooks.on("*")
def pass_on(event: Event) -> None:
    """If the brokers do not confirm it the answer is 500, and Tink delivers again."""
    ended: list[KafkaError | None] = []

    def written(error: KafkaError | None, _message: Message) -> None:
        ended.append(error)

    # One partition for each user: what Tink delivers in order stays in order.
    producer.produce("tink", event.serialize(), key=event.user_id, on_delivery=written)
    producer.flush(10)
    if ended != [None]:
        raise KafkaException(ended[0] if ended else KafkaError(KafkaError._TIMED_OUT))


app = WebhookApp(hooks)

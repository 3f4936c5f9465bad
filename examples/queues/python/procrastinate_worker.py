"""procrastinate on PostgreSQL, the worker: ``procrastinate --app=procrastinate_worker.jobs worker``.

It has no secret, and checks no signature. A copy of an event is another job; ``once`` runs its handler once. In the
environment: DATABASE_URL and LEDGER_URL.
"""

from __future__ import annotations

import os

from ledger import book
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from tink_webhooks import Dispatcher, Event
from tink_webhooks.idempotency import PostgresStore, create_tables, once

#: How long a claim holds, in seconds, if its process dies.
LEASE = 10
#: Seconds until a job that failed runs again: longer than the lease.
AGAIN = 15
#: Seconds without a sign of life after which a worker's jobs are another's.
LOST_AFTER = 30

DATABASE = os.environ.get("DATABASE_URL", "postgresql:///shop")

jobs = App(
    connector=PsycopgConnector(conninfo=DATABASE),
    worker_defaults={"update_heartbeat_interval": LOST_AFTER / 3},
)
work = Dispatcher()
store = PostgresStore(DATABASE)
create_tables(store)


@jobs.task(name="tink", retry=RetryStrategy(max_attempts=10, wait=AGAIN))
def process(text: str) -> None:
    """Runs the handlers of an event."""
    work.dispatch(Event.deserialize(text))


@jobs.periodic(cron="* * * * *")
@jobs.task(name="lost", queueing_lock="lost", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 -- procrastinate gives it
    """Gives the jobs of workers that were killed to others: procrastinate does not do so by itself."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=LOST_AFTER):
        await context.app.job_manager.retry_job(job)


work.on("*")(once(store, "ledger", lease=LEASE)(book))

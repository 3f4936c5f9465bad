// What the compiler knows of `once`, its stores and `claimIn`. A wrong use that it accepts makes its @ts-expect-error an
// error. Only type-checked, by event.test.mjs.
import Database from "better-sqlite3";
import { Cluster, Redis } from "ioredis";
import pg from "pg";
import { createClient, createCluster } from "redis";
import { Dispatcher, type EventFor, type PaymentUpdated, type RefreshFinished, type WebhookEvent } from "tink-webhooks";
import {
  type Claim,
  claimIn,
  claimInSync,
  createTables,
  MemoryStore,
  once,
  PostgresStore,
  prune,
  RedisStore,
  SQLiteStore,
  type Store,
} from "tink-webhooks/idempotency";
import { checkStore, storeTests } from "tink-webhooks/idempotency/conformance";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const hooks = new Dispatcher();
const store = new MemoryStore({ maxRecords: 10 });

// A handler under `once` knows its event.
hooks.on(
  "payment:updated",
  once(store, "book-payment", async (event) => {
    same<typeof event.data, PaymentUpdated>(true);
    // @ts-expect-error: no such field
    event.data.amont;
  }),
);
hooks.on(
  "refresh_finished",
  once(store, "look", (event) => same<typeof event.data, RefreshFinished>(true), {
    wait: 5_000,
    lease: 10_000,
    maxRun: 60_000,
    keep: 30 * 86_400_000,
    maxWaiting: 4,
    onStoreFailure: "run",
    logger: console,
  }),
);
hooks.on(
  "*",
  once(store, "log", (event) => same<typeof event, WebhookEvent>(true)),
);

hooks.on(
  ["payment:updated", "refresh:finished"],
  once(store, "both", (event) => (event.name === "payment:updated" ? event.data.currency : event.data.credentialsId)),
);

// A handler of its own stands wherever its event does, and nowhere else.
const book = (event: EventFor<"payment:updated">): string => event.data.id;
const booked = once(store, "book", book);
same<ReturnType<typeof booked>, Promise<string | undefined>>(true);
hooks.on("payment:updated", booked).on("payment:updated", once(store, "again", book));
// @ts-expect-error: another event's data
hooks.on("refresh:finished", booked);
// @ts-expect-error: another event's data
hooks.on("refresh:finished", once(store, "book", book));
// @ts-expect-error: every event is more than payments
hooks.on("*", once(store, "book", book));
// @ts-expect-error: no scope
once(store, book);
// @ts-expect-error: no handler
once(store, "book");
// @ts-expect-error: no function
once(store, "book", "book");
// @ts-expect-error: a handler takes an event
once(store, "book", (text: string) => text);
// @ts-expect-error: no such option
once(store, "book", book, { max_run: 1 });
// @ts-expect-error: no such way
once(store, "book", book, { onStoreFailure: "ignore" });
// @ts-expect-error: no store
once(new Redis(), "book", book);
// @ts-expect-error: the class
once(MemoryStore, "book", book);

// The clients that users have.
const client = createClient();
const pool = new pg.Pool();
new RedisStore(new Redis());
new RedisStore(new Cluster([]), { prefix: "app:" });
new RedisStore(client);
new RedisStore(createClient({ RESP: 3 }));
new RedisStore(createCluster({ rootNodes: [] }));
new PostgresStore(pool);
new PostgresStore("postgresql://127.0.0.1/app");
new SQLiteStore(new URL("file:///claims.db"));
// @ts-expect-error: a URL is no client
new RedisStore("redis://127.0.0.1");
// @ts-expect-error: a single client
new PostgresStore(new pg.Client());
// @ts-expect-error: no client of Redis
new RedisStore(pool);

// A store of yours, whose answers may be promises or not.
class Own implements Store {
  claim(_scope: string, _key: string, _token: string, lease: number): Claim {
    return { state: "busy", milliseconds: lease };
  }
  async commit(): Promise<boolean> {
    return true;
  }
  release(): boolean {
    return false;
  }
  extend(): boolean {
    return false;
  }
}
hooks.on("payment:updated", once(new Own(), "own", book));
export const checked: Promise<void> = checkStore(new Own());
export const names: readonly string[] = storeTests.map(({ name }) => name);

// In the user's own transaction.
export async function inOwn(event: WebhookEvent): Promise<void> {
  const connected = await pool.connect();
  same<ReturnType<typeof claimIn>, Promise<boolean>>(true);
  await claimIn(connected, event, "book");
  await claimIn(new pg.Client(), event, "book");
  const database = new Database("own.db");
  const isNew: boolean = claimInSync(database, event, "book");
  await Promise.all([createTables(pool), createTables(connected), createTables(database), prune(database)]);
  await Promise.all([createTables(new PostgresStore(pool)), prune(store), prune(new Own()), prune(pool, { keep: 1 })]);
  console.log(isNew);
  // @ts-expect-error: the transaction is on one client
  await claimIn(pool, event, "book");
  // @ts-expect-error: SQLite's calls are synchronous
  await claimIn(database, event, "book");
  // @ts-expect-error: PostgreSQL's are not
  claimInSync(connected, event, "book");
  // @ts-expect-error: no scope
  await claimIn(connected, event);
  // @ts-expect-error: no connection
  await createTables("postgresql://127.0.0.1/app");
  // @ts-expect-error: it has no tables
  await createTables(store);
}

// The key in the user's own transaction, and the tables.
import { failure } from "../errors";
import { describe } from "../frame";
import type { WebhookEvent } from "../types";
import { KEEP, keyOf, milliseconds, refuseNoScope } from "./once";
import { changed, isPool, makeTables, type PostgresPool } from "./postgres";
import { type Database, isInTransaction, isSqlite, runStatement, type SqliteDatabase } from "./sqlite-database";
import { bare, can, type Store, whole } from "./store";
import { texts } from "./texts";

/** A client of pg: what `pool.connect()` gives, or `new pg.Client(...)`. */
export interface PostgresClient {
  /** Runs a statement. */
  readonly query: (...given: never[]) => unknown;
  /** Tells a client of pg from others. */
  readonly escapeLiteral: (text: string) => string;
  /** Tells a client of pg from others. */
  readonly escapeIdentifier: (text: string) => string;
}

/** A store that has tables. */
export interface StoreWithTables {
  /** Makes them. */
  createTables(): Promise<void>;
}

/** What has tables of {@link claimIn} or {@link claimInSync}. */
export type Connection = PostgresClient | PostgresPool | SqliteDatabase;

interface Queries {
  query(given: { text: string; values?: unknown[] }): Promise<{ rows: unknown[][]; rowCount: number | null }>;
}

/**
 * Inserts the event's key in the transaction in which the handler writes, on PostgreSQL: both are committed, or neither.
 *
 * Call it first, between `BEGIN` and `COMMIT`, and go on only where it gives `true`. A copy waits until the transaction of
 * the other one has ended: committed, it gets `false`; rolled back, `true`. What the database throws (a conflict, a
 * time-out) is yours to pass on, so that Tink delivers again. The table is made by {@link createTables}.
 *
 * @param client a client of pg, in a transaction
 * @param event the event
 * @param scope names what is done once, as for {@link once}: another one for each handler
 * @returns a promise: whether to go on, as the key is new, or the event has none
 * @throws `InvalidConfigError`, `invalid_option`: it is in no transaction, so the key would be committed at once and
 *   without the handler's work; nothing was inserted
 * @throws TypeError if it is no client of pg: a pool, or another database
 */
export async function claimIn(client: PostgresClient, event: WebhookEvent, scope: string): Promise<boolean> {
  if (isSqlite(client)) {
    throw new TypeError("claimIn takes a client of pg: for SQLite it is claimInSync(database, event, scope)");
  }
  if (!isClient(client)) {
    throw unknownOne("claimIn takes a client of pg", client);
  }
  refuseNoScope(scope, 'claimIn(client, event, "book-payment")');
  const key = keyOf(event);
  if (key === undefined) {
    return true;
  }
  const queries = client as unknown as Queries;
  // The client knows only what it was told; the server knows.
  try {
    await queries.query({ text: "SAVEPOINT tink_webhooks" });
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code === "25P01") {
      throw outside("claimIn", "between BEGIN and COMMIT on one client, not on a pool");
    }
    throw error;
  }
  await queries.query({ text: "RELEASE SAVEPOINT tink_webhooks" });
  return changed(await queries.query({ text: bare(texts.postgres.effect), values: [scope, key] })) === 1;
}

/**
 * As {@link claimIn}, on SQLite: for `node:sqlite` and better-sqlite3, whose calls are synchronous.
 *
 * Call it first in a transaction that `BEGIN IMMEDIATE` began (with better-sqlite3 `database.transaction(book).immediate()`),
 * and end that before you await anything: another handler would find it open.
 *
 * @param database a `DatabaseSync` of `node:sqlite`, or a database of better-sqlite3, in a transaction
 * @param event the event
 * @param scope names what is done once, as for {@link once}: another one for each handler
 * @returns whether to go on: the key is new, or the event has none
 * @throws `InvalidConfigError`, `invalid_option`: it is in no transaction; nothing was inserted
 * @throws TypeError if it is another database
 */
export function claimInSync(database: SqliteDatabase, event: WebhookEvent, scope: string): boolean {
  if (!isSqlite(database)) {
    throw unknownOne("claimInSync takes a database of node:sqlite or better-sqlite3", database);
  }
  refuseNoScope(scope, 'claimInSync(database, event, "book-payment")');
  const key = keyOf(event);
  if (key === undefined) {
    return true;
  }
  if (!isInTransaction(database)) {
    throw outside("claimInSync", "between BEGIN IMMEDIATE and COMMIT, or in database.transaction(...)");
  }
  return runStatement(database as unknown as Database, bare(texts.sqlite.effect), { scope, key }) === 1;
}

/**
 * Makes the tables where they are not there; to be called at each start, or by a migration.
 *
 * @param target a store; or what {@link claimIn} and {@link claimInSync} take, or a pool of pg: in a transaction it makes
 *   them there, and you commit
 * @throws TypeError if it is none of these
 */
export async function createTables(target: StoreWithTables | Connection): Promise<void> {
  if (isStore(target) && can(target, "createTables")) {
    await (target as StoreWithTables).createTables();
  } else if (isSqlite(target)) {
    (target as unknown as Database).exec(bare(texts.sqlite.create_effects));
  } else if (isClient(target) || isPool(target)) {
    await makeTables(target as never);
  } else {
    throw unknownOne(
      "createTables takes a store with tables, or a client of pg, node:sqlite or better-sqlite3",
      target,
    );
  }
}

/** Options of {@link prune}. */
export interface PruneOptions {
  /** For how many milliseconds the keys of {@link claimIn} are kept; 7 days by default. */
  keep?: number | undefined;
}

/**
 * Removes what was kept long enough; to be called now and then.
 *
 * @param target a store, whose records say themselves how long they are kept; or what {@link claimIn} and
 *   {@link claimInSync} take, or a pool of pg: the keys of those are removed
 * @returns a promise: how many were removed. Redis removes its own: 0.
 * @throws TypeError if it is none of these
 */
export async function prune(target: Store | Connection, options: PruneOptions = {}): Promise<number> {
  const keep = whole(milliseconds("keep", options.keep ?? KEEP, 0));
  if (isStore(target)) {
    return can(target, "prune") ? await (target as unknown as { prune(): Promise<number> }).prune() : 0;
  }
  if (isSqlite(target)) {
    return runStatement(target as unknown as Database, bare(texts.sqlite.prune_effects), { keep });
  }
  if (isClient(target) || isPool(target)) {
    const queries = target as unknown as Queries;
    return changed(await queries.query({ text: bare(texts.postgres.prune_effects), values: [keep] }));
  }
  throw unknownOne("prune takes a store, or a client of pg, node:sqlite or better-sqlite3", target);
}

const isStore = (given: unknown): boolean => can(given, "claim", "commit", "release", "extend");

const isClient = (given: unknown): boolean => can(given, "query", "escapeLiteral", "escapeIdentifier");

function outside(name: string, where: string): Error {
  return failure(
    "invalid_option",
    `${name} needs a transaction, ${where}: else the key is committed at once, and the event is lost if the handler then ` +
      "fails",
  );
}

/** The error for what is no such connection, by the name of its class, which mostly tells the database. */
function unknownOne(takes: string, given: unknown): TypeError {
  const name = (given as { constructor?: { name?: unknown } } | null | undefined)?.constructor?.name;
  const isOne = typeof given === "object" && given !== null && typeof name === "string" && name !== "Object";
  const what = isOne ? `an object of the class ${name}` : describe(given);
  const why = isPool(given) || (isOne && /pool/i.test(name)) ? ", and a pool is no connection: take one of it" : "";
  return new TypeError(`${takes}: it was given ${what}${why}`);
}

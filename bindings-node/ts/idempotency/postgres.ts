import { describe, Held } from "../frame";
import { bare, type Claim, can, claimOf, type Store, whole } from "./store";
import { texts } from "./texts";
import { PATIENCE } from "./within";

/** A pool of pg: `new pg.Pool(...)`. */
export interface PostgresPool {
  /** Runs a statement over one of its connections. */
  readonly query: (...given: never[]) => unknown;
  /** Tells a pool from a single client. */
  readonly totalCount: number;
  /** Tells a pool from a single client. */
  readonly idleCount: number;
}

/** A client or a pool, as it is used. */
interface Queries {
  query(given: { text: string; values?: unknown[]; rowMode?: "array" }): Promise<Result>;
}

interface Result {
  readonly rows: unknown[][];
  readonly rowCount: number | null;
}

interface Pool extends Queries {
  readonly options: object;
  readonly Client: unknown;
  on(event: string, listener: (...given: unknown[]) => void): unknown;
  listeners(event: string): ((...given: unknown[]) => void)[];
  end(): Promise<void>;
}

type PoolClass = new (options: object) => Pool;

/**
 * serialization_failure and deadlock_detected, where the server's default isolation is stricter; and two sessions that
 * make the same table.
 */
const AGAIN = new Set(["40001", "40P01", "23505", "42710", "42P07"]);
const TRIES = 10;

/** Whether it is a pool of pg, and not a single client. */
export const isPool = (given: unknown): boolean =>
  can(given, "query", "connect", "end") && typeof (given as PostgresPool).totalCount === "number";

/**
 * Records in PostgreSQL 9.5 or newer, through pg (node-postgres).
 *
 * {@link createTables} makes the table. Leases are extended over a connection of the store's own, so handlers that take
 * all connections of a pool do not lose theirs.
 */
export class PostgresStore implements Store {
  readonly #pool: Pool;
  readonly #isOwn: boolean;
  #beats: Pool | undefined;

  /**
   * Makes a store.
   *
   * @param pool a pool of pg, or a connection string
   * @throws TypeError if it is neither, such as a single client
   */
  constructor(pool: PostgresPool | string) {
    const given = new Held<unknown>(pool);
    pool = undefined as never; // see Held
    this.#isOwn = typeof given.value === "string";
    if (!this.#isOwn && !isPool(given.value)) {
      const what = can(given.value, "query") ? "a single client" : describe(given.value);
      throw new TypeError(`PostgresStore takes a pool of pg or a connection string, not ${what}`);
    }
    this.#pool = this.#isOwn ? poolOf(given) : (given.value as Pool);
  }

  /** See {@link Store.claim}. */
  async claim(scope: string, key: string, token: string, lease: number): Promise<Claim> {
    for (let left = TRIES; left > 0; left -= 1) {
      if (changed(await ask(this.#pool, texts.postgres.claim, scope, key, token, whole(lease))) > 0) {
        return { state: "claimed" };
      }
      // Another one has it; where it has just gone there is no row.
      const [row] = (await ask(this.#pool, texts.postgres.answer, scope, key)).rows;
      if (row) {
        return claimOf(row[0]);
      }
    }
    throw new Error("the record comes and goes");
  }

  /** See {@link Store.commit}. */
  async commit(scope: string, key: string, token: string, keep: number): Promise<boolean> {
    return changed(await ask(this.#pool, texts.postgres.commit, scope, key, token, whole(keep))) > 0;
  }

  /** See {@link Store.release}. */
  async release(scope: string, key: string, token: string): Promise<boolean> {
    return changed(await ask(this.#pool, texts.postgres.release, scope, key, token)) > 0;
  }

  /** See {@link Store.extend}. */
  async extend(scope: string, key: string, token: string, lease: number): Promise<boolean> {
    this.#beats ??= beatsOf(this.#pool);
    return changed(await ask(this.#beats, texts.postgres.extend, scope, key, token, whole(lease))) > 0;
  }

  /** Makes the tables of this store and of `claimIn` where they are not there. */
  async createTables(): Promise<void> {
    await makeTables(this.#pool);
  }

  /** Removes records that were kept long enough, and says how many. */
  async prune(): Promise<number> {
    return changed(await ask(this.#pool, texts.postgres.prune));
  }

  /** Ends the store's own connections, and not those of a pool that it was given. */
  async close(): Promise<void> {
    const beats = this.#beats;
    this.#beats = undefined;
    await beats?.end();
    if (this.#isOwn) {
      await this.#pool.end();
    }
  }
}

/** Makes the tables where they are not there, over a pool or a client. */
export async function makeTables(where: Queries): Promise<void> {
  // Without values it may be several statements.
  await again(() => where.query({ text: bare(texts.postgres.create) }));
}

/** Runs a statement; again where it met another one. A text of `stores/` takes its values in order. */
async function ask(where: Queries, text: string, ...values: (string | number)[]): Promise<Result> {
  return await again(() => where.query({ text: bare(text), values, rowMode: "array" }));
}

async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await call();
    } catch (error) {
      if (left <= 1 || !AGAIN.has((error as { code?: string } | undefined)?.code ?? "")) {
        throw error;
      }
    }
  }
}

/** How many rows a statement has changed. */
export const changed = ({ rowCount }: Pick<Result, "rowCount">): number => rowCount ?? 0;

/** A pool of this store's own. A program whose other work is done ends all the same. */
function poolOf(connectionString: Held<unknown>): Pool {
  const { Pool } = loadPg();
  const pool = new Pool({
    connectionString: connectionString.value,
    allowExitOnIdle: true,
    connectionTimeoutMillis: PATIENCE,
  });
  pool.on("error", () => {}); // of a connection that nobody uses just now: the next one is another
  return pool;
}

/**
 * A pool of one connection, with all that the application's pool does for a new one. A question that a server which is
 * away does not answer must not hold the next ones up.
 */
function beatsOf(pool: Pool): Pool {
  const options = new Held<{ password?: unknown }>(pool.options);
  const Made = pool.constructor as PoolClass;
  const beats = new Made({
    ...options.value,
    ...("password" in options.value ? { password: options.value.password } : {}), // which pg keeps out of sight
    Client: pool.Client,
    max: 1,
    min: 0,
    allowExitOnIdle: true,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  beats.on("error", () => {}); // as above
  for (const listener of pool.listeners("connect")) {
    beats.on("connect", listener);
  }
  return beats;
}

function loadPg(): { Pool: PoolClass } {
  try {
    return require("pg");
  } catch (cause) {
    throw new Error("PostgresStore takes a connection string where the package pg is installed: npm install pg", {
      cause,
    });
  }
}

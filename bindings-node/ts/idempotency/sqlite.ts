import { fileURLToPath } from "node:url";
import { failure } from "../errors";
import { describe } from "../frame";
import { type Database, isBusy, open, Prepared, type Values } from "./sqlite-database";
import { bare, type Claim, claimOf, type Store, whole } from "./store";
import { texts } from "./texts";
import { PATIENCE, sleep } from "./within";

/** How long a claim pauses that finds the file locked, in milliseconds: from the one to the other. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [1, 50];

/** How often a claim is tried again whose record comes and goes. */
const TRIES = 10;

const statements = Object.fromEntries(Object.entries(texts.sqlite).map(([name, text]) => [name, bare(text)])) as Record<
  keyof typeof texts.sqlite,
  string
>;

/**
 * Records in a file of SQLite, for the processes of one machine: with `node:sqlite` where Node has it, else with
 * better-sqlite3.
 *
 * It must be a file of its own: in your own file a long write transaction of a handler would keep its lease from being
 * extended. It is made where it is not there, with its table.
 */
export class SQLiteStore implements Store {
  /** One handle is enough for the beats too: it is called synchronously, so that no transaction is open between calls. */
  readonly #database: Database;
  readonly #prepared = new Map<string, Prepared>();

  /**
   * Makes a store.
   *
   * @param path the file, not `:memory:`
   * @throws `InvalidConfigError`, `invalid_option` for no file, and where there is neither library
   * @throws TypeError if it is no path
   * @throws {Error} of the library, where the file cannot be made or is no database
   */
  constructor(path: string | URL) {
    const file = path instanceof URL ? fileURLToPath(path) : path;
    if (typeof file !== "string") {
      throw new TypeError(`SQLiteStore takes the path of a file, not ${describe(path)}`);
    }
    if (file === "" || /^(file:)?:memory:/.test(file)) {
      throw failure("invalid_option", "SQLiteStore needs a file: use MemoryStore for one process");
    }
    this.#database = open(file);
    try {
      this.#prepare();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #prepare(): void {
    const until = performance.now() + PATIENCE;
    for (;;) {
      try {
        // From then on `run` waits itself, without blocking the event loop.
        this.#database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = WAL");
        this.#database.exec(statements.create);
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= until) {
          throw error;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  }

  /** See {@link Store.claim}. */
  async claim(scope: string, key: string, token: string, lease: number): Promise<Claim> {
    const values = { scope, key, token, lease: whole(lease) };
    for (let left = TRIES; left > 0; left -= 1) {
      if ((await this.#change(statements.claim, values, statements.quick)) > 0) {
        return { state: "claimed" };
      }
      // Another one has it; where it has just gone there is no row.
      const answer = await this.#run(() => this.#statement(statements.answer).value(values));
      if (answer !== undefined) {
        return claimOf(answer);
      }
    }
    throw new Error("the record comes and goes");
  }

  /** See {@link Store.commit}. */
  async commit(scope: string, key: string, token: string, keep: number): Promise<boolean> {
    const values = { scope, key, token, keep: whole(keep) };
    return (await this.#change(statements.commit, values, statements.durable)) > 0;
  }

  /** See {@link Store.release}. */
  async release(scope: string, key: string, token: string): Promise<boolean> {
    return (await this.#change(statements.release, { scope, key, token })) > 0;
  }

  /** See {@link Store.extend}. */
  async extend(scope: string, key: string, token: string, lease: number): Promise<boolean> {
    return (await this.#change(statements.extend, { scope, key, token, lease: whole(lease) })) > 0;
  }

  /** Makes the table where it is not there. */
  async createTables(): Promise<void> {
    await this.#run(() => this.#database.exec(statements.create));
  }

  /** Removes records that were kept long enough, and says how many. */
  async prune(): Promise<number> {
    return await this.#change(statements.prune, {});
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  /**
   * Runs a statement, which is a transaction of its own. `before` says whether it waits for the disk; without it the last
   * one holds.
   */
  #change(text: string, values: Values, before?: string): Promise<number> {
    return this.#run(() => {
      if (before !== undefined) {
        this.#database.exec(before);
      }
      return this.#statement(text).change(values);
    });
  }

  #statement(text: string): Prepared {
    let found = this.#prepared.get(text);
    if (!found) {
      found = new Prepared(this.#database, text);
      this.#prepared.set(text, found);
    }
    return found;
  }

  /** Runs it once no other process has the lock. */
  async #run<T>(work: () => T): Promise<T> {
    const until = performance.now() + PATIENCE;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= until) {
          throw error;
        }
      }
      await sleep(pause * (0.5 + Math.random() / 2));
    }
  }
}

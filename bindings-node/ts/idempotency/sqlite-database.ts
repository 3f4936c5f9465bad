// What node:sqlite and better-sqlite3 have in common, and where they differ.
import { failure } from "../errors";
import { can } from "./store";

/** A database of better-sqlite3: `new Database(path)`. */
export interface BetterSqliteDatabase {
  /** Prepares a statement. */
  readonly prepare: (...given: never[]) => unknown;
  /** Runs statements. */
  readonly exec: (...given: never[]) => unknown;
  /** Tells better-sqlite3 from others. */
  readonly pragma: (...given: never[]) => unknown;
  /** Whether it is in a transaction. */
  readonly inTransaction: boolean;
}

/** A database of node:sqlite: `new DatabaseSync(path)`. */
export interface NodeSqliteDatabase {
  /** Prepares a statement. */
  readonly prepare: (...given: never[]) => unknown;
  /** Runs statements. */
  readonly exec: (...given: never[]) => unknown;
  /** Tells node:sqlite from others. */
  readonly applyChangeset: (...given: never[]) => unknown;
}

/** A database of either. */
export type SqliteDatabase = BetterSqliteDatabase | NodeSqliteDatabase;

/** What is used of it. */
export interface Database {
  prepare(text: string): Statement;
  exec(text: string): unknown;
  close(): void;
}

interface Statement {
  run(values: Values): { changes: number | bigint };
  get(values: Values): object | undefined;
}

/** Values by the names of their parameters. */
export type Values = Readonly<Record<string, string | number>>;

/** Whether it is a database of better-sqlite3 or of node:sqlite. */
export const isSqlite = (given: unknown): given is SqliteDatabase => isBetter(given) || isNode(given);

const isBetter = (given: unknown): given is BetterSqliteDatabase =>
  can(given, "prepare", "exec", "pragma") && typeof (given as BetterSqliteDatabase).inTransaction === "boolean";

const isNode = (given: unknown): given is NodeSqliteDatabase => can(given, "prepare", "exec", "applyChangeset");

/** Whether a transaction is open. */
export function isInTransaction(given: SqliteDatabase): boolean {
  const { inTransaction, isTransaction } = given as { inTransaction?: boolean; isTransaction?: boolean };
  const told = inTransaction ?? isTransaction; // node:sqlite has the latter from 22.16 on
  if (told !== undefined) {
    return told;
  }
  const database = given as unknown as Database;
  try {
    database.exec("BEGIN");
  } catch {
    return true;
  }
  database.exec("ROLLBACK");
  return false;
}

/** One statement of `stores/`, prepared for a database. */
export class Prepared {
  readonly #statement: Statement;
  /** Its parameters: node:sqlite refuses values of others. */
  readonly #names: readonly string[];

  constructor(database: Database, text: string) {
    this.#statement = database.prepare(text);
    this.#names = [...new Set(Array.from(text.matchAll(/:([a-z]+)/g), ([, name]) => name as string))];
  }

  /** Runs it, and says how many rows it has changed. */
  change(values: Values): number {
    return Number(this.#statement.run(this.#only(values)).changes);
  }

  /** Runs it, and gives the first column of its first row; `undefined` where there is none. */
  value(values: Values): unknown {
    return Object.values(this.#statement.get(this.#only(values)) ?? {})[0];
  }

  #only(values: Values): Values {
    const mine: Record<string, string | number> = {};
    for (const name of this.#names) {
      mine[name] = values[name] as string | number;
    }
    return mine;
  }
}

/** Runs one statement of `stores/` once, and says how many rows it has changed. */
export function runStatement(database: Database, text: string, values: Values): number {
  return new Prepared(database, text).change(values);
}

/** Whether another connection has the lock. */
export function isBusy(error: unknown): boolean {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  return typeof errcode === "number" ? (errcode & 0xff) === 5 : String(code).startsWith("SQLITE_BUSY");
}

/** Opens a file: with node:sqlite where Node has it, else with better-sqlite3. */
export function open(path: string): Database {
  const builtIn = process.getBuiltinModule?.("node:sqlite") as
    | { DatabaseSync: new (path: string) => Database }
    | undefined;
  return builtIn ? new builtIn.DatabaseSync(path) : new (loadBetter())(path);
}

function loadBetter(): new (path: string) => Database {
  try {
    return require("better-sqlite3");
  } catch (cause) {
    const text = "SQLiteStore needs Node 22.13 or newer, or the package better-sqlite3: npm install better-sqlite3";
    throw Object.assign(failure("invalid_option", text), { cause });
  }
}

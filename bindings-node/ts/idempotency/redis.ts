import { createHash } from "node:crypto";
import { describe } from "../frame";
import { type Claim, can, claimOf, type Store, whole } from "./store";
import { texts } from "./texts";
import { PATIENCE, within } from "./within";

/** A client of ioredis: `Redis` or `Cluster`. */
export interface IoredisClient {
  /** Runs a script by its hash. */
  readonly evalsha: (...given: never[]) => unknown;
  /** Tells ioredis from others. */
  readonly defineCommand: (...given: never[]) => unknown;
}

/** A client of node-redis, version 4 or newer, that is connected: of `createClient`, `createCluster` or another. */
export interface NodeRedisClient {
  /** Runs a script by its hash. */
  readonly evalSha: (...given: never[]) => unknown;
}

/** Options of {@link RedisStore}. */
export interface RedisStoreOptions {
  /** What the records' names begin with; `tink-webhooks:once:` by default. */
  prefix?: string | undefined;
}

/** Runs a script: by its hash (`sha`) or its text. */
type Run = (how: "sha" | "text", script: string, key: string, values: string[]) => Promise<unknown>;

/** A connection of this store's own, and how to end it. */
interface Own {
  readonly run: Run;
  end(): void;
}

/** What is used of a client of either kind. */
interface Client {
  evalsha?(sha: string, keys: number, ...rest: string[]): Promise<unknown>;
  evalSha?(sha: string, given: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(text: string, ...rest: unknown[]): Promise<unknown>;
  duplicate?(options: object): Client;
  on(event: string, listener: (...given: unknown[]) => void): unknown;
  connect(): Promise<unknown>;
  disconnect(): unknown;
  destroy?(): unknown;
  unref?(): unknown;
  isCluster?: boolean;
  options?: { socket?: object };
  stream?: { unref?(): unknown };
}

/** Thrown by a server that has not seen a script. It keeps it from then on. */
const isUnknownScript = (error: unknown): boolean => /^NOSCRIPT\b/.test((error as Error | undefined)?.message ?? "");

const hashes = new Map<string, string>();

/** The name by which a server knows a script. */
function hashOf(text: string): string {
  let hash = hashes.get(text);
  if (hash === undefined) {
    hash = createHash("sha1").update(text).digest("hex");
    hashes.set(text, hash);
  }
  return hash;
}

/**
 * Records in Redis 5 or newer, or Valkey.
 *
 * The server must not evict records: `maxmemory-policy noeviction`. One that forgets, in a failover, makes handlers run
 * twice. A client that blocking commands such as `BLPOP` keep waiting keeps claims waiting too: give another one.
 */
export class RedisStore implements Store {
  readonly #client: Client;
  readonly #prefix: string;
  #own: Promise<Own> | undefined;

  /**
   * Makes a store.
   *
   * @param client a client of ioredis or of node-redis. Leases are extended over a connection of the store's own, a
   *   duplicate of the client's; over the client itself if it is of a cluster, or another that has several connections.
   * @throws TypeError if it is none
   */
  constructor(client: IoredisClient | NodeRedisClient, options: RedisStoreOptions = {}) {
    // Version 3 of node-redis has `evalsha` too, which takes a callback.
    if (!can(client, "evalSha") && !can(client, "evalsha", "defineCommand", "duplicate")) {
      throw new TypeError(`RedisStore takes a client of ioredis or node-redis, not ${describe(client)}`);
    }
    const { prefix = "tink-webhooks:once:" } = options;
    if (typeof prefix !== "string") {
      throw new TypeError(`prefix must be a string, not ${describe(prefix)}`);
    }
    this.#client = client as unknown as Client;
    this.#prefix = prefix;
  }

  /** See {@link Store.claim}. */
  async claim(scope: string, key: string, token: string, lease: number): Promise<Claim> {
    return claimOf(await this.#ask(runOf(this.#client), texts.redis.claim, scope, key, token, String(whole(lease))));
  }

  /** See {@link Store.commit}. */
  async commit(scope: string, key: string, token: string, keep: number): Promise<boolean> {
    return is(await this.#ask(runOf(this.#client), texts.redis.commit, scope, key, token, String(whole(keep))));
  }

  /** See {@link Store.release}. */
  async release(scope: string, key: string, token: string): Promise<boolean> {
    return is(await this.#ask(runOf(this.#client), texts.redis.release, scope, key, token));
  }

  /** See {@link Store.extend}. */
  async extend(scope: string, key: string, token: string, lease: number): Promise<boolean> {
    this.#own ??= ownOf(this.#client);
    const own = this.#own;
    try {
      const { run } = await own;
      const extend = () => this.#ask(run, texts.redis.extend, scope, key, token, String(whole(lease)));
      return is(await within(extend, PATIENCE, false));
    } catch (error) {
      this.#drop(own); // the next one connects anew
      throw error;
    }
  }

  /** Ends the store's own connection, and not the client's. */
  close(): void {
    if (this.#own) {
      this.#drop(this.#own);
    }
  }

  #drop(own: Promise<Own>): void {
    if (this.#own === own) {
      this.#own = undefined;
      own.then(({ end }) => end()).catch(() => {});
    }
  }

  async #ask(run: Run, text: string, scope: string, key: string, ...values: string[]): Promise<unknown> {
    const record = `${this.#prefix}${scope}:${key}`;
    try {
      return await run("sha", hashOf(text), record, values);
    } catch (error) {
      if (!isUnknownScript(error)) {
        throw error;
      }
      return await run("text", text, record, values);
    }
  }
}

const is = (answer: unknown): boolean => Number(answer) === 1;

/** How scripts are run over a client. */
function runOf(client: Client): Run {
  if (client.evalSha) {
    return (how, script, key, values) => {
      const given = { keys: [key], arguments: values };
      return how === "sha"
        ? (client.evalSha as NonNullable<Client["evalSha"]>)(script, given)
        : client.eval(script, given);
    };
  }
  return (how, script, key, values) =>
    how === "sha"
      ? (client.evalsha as NonNullable<Client["evalsha"]>)(script, 1, key, ...values)
      : client.eval(script, 1, key, ...values);
}

/**
 * A connection of its own, so that nothing else's commands are before it. It keeps no program from ending, and does not
 * connect again by itself, for which a timer would.
 */
async function ownOf(client: Client): Promise<Own> {
  if (client.evalSha) {
    return client.duplicate && client.unref && client.options ? await ownOfNodeRedis(client) : sharedOf(client);
  }
  return client.isCluster ? sharedOf(client) : ownOfIoredis(client);
}

const sharedOf = (client: Client): Own => ({ run: runOf(client), end() {} });

async function ownOfNodeRedis(client: Client): Promise<Own> {
  const socket = { ...client.options?.socket, reconnectStrategy: false, connectTimeout: PATIENCE };
  const own = (client.duplicate as NonNullable<Client["duplicate"]>)({ socket });
  own.on("error", () => {}); // who asks is told
  await own.connect();
  own.unref?.();
  return { run: runOf(own), end: () => void (own.destroy ? own.destroy() : own.disconnect()) };
}

function ownOfIoredis(client: Client): Own {
  const own = (client.duplicate as NonNullable<Client["duplicate"]>)({
    lazyConnect: true,
    enableOfflineQueue: true,
    connectTimeout: PATIENCE,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    reconnectOnError: null,
    scaleReads: undefined,
  });
  own.on("error", () => {}); // who asks is told
  own.on("connect", () => own.stream?.unref?.());
  return { run: runOf(own), end: () => void own.disconnect() };
}

import { types } from "node:util";
import { failure } from "./errors";
import { describe } from "./frame";
import type { Config } from "./native";

/** One secret: the text as Tink's create-endpoint response shows it, or its bytes. It is not decoded from hex. */
export type Secret = string | Uint8Array;

/** Options of a {@link WebhookHandler}. */
export interface WebhookHandlerOptions {
  /**
   * One secret, or several (rotation, several endpoints). Left out, it is read from the environment variable
   * `TINK_WEBHOOK_SECRET`, which may hold several, separated by white space. A secret that is given but `undefined`,
   * `null` or empty is an error, and never means "skip the check".
   */
  secret?: Secret | readonly Secret[] | null | undefined;
  /** How many seconds a signature may be old or in the future; 300 by default. `null` switches the window off. */
  tolerance?: number | null | undefined;
  /**
   * The schemes to accept; both by default. If you receive Events v2 only, pass `["v1"]`: a signature of scheme `body`
   * carries no time, and can be replayed for ever.
   */
  schemes?: readonly ("v1" | "body")[] | undefined;
  /** The largest body that is accepted, in bytes; 2 MiB by default. */
  maxBodyBytes?: number | undefined;
  /** A function that gives milliseconds since the epoch, like `Date.now`; for tests. */
  clock?: (() => number) | undefined;
}

const names = new Set(["secret", "tolerance", "schemes", "maxBodyBytes", "clock"]);

/** Checks the types of the options. The core judges their values. */
export function toConfig(options: WebhookHandlerOptions): Config {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`the options must be an object such as { secret }, not ${describe(options)}`);
  }
  const unknown = Object.keys(options).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such option: ${unknown.join(", ")}; there are ${[...names].join(", ")}`);
  }
  const { tolerance, schemes, maxBodyBytes, clock } = options;
  const config: Config = { windowOff: tolerance === null };
  if (tolerance !== undefined && tolerance !== null) {
    config.tolerance = expect(tolerance, "tolerance", "number", "a number of seconds, or null");
  }
  if (maxBodyBytes !== undefined) {
    config.maxBodyBytes = expect(maxBodyBytes, "maxBodyBytes", "number", "a number of bytes");
  }
  if (clock !== undefined) {
    expect(clock, "clock", "function", "a function like Date.now");
  }
  if (schemes !== undefined) {
    if (!Array.isArray(schemes)) {
      throw new TypeError(`schemes must be an array of names, not ${describe(schemes)}`);
    }
    config.schemes = Array.from(schemes, (name: unknown) => expect(name as string, "a scheme", "string", "a name"));
  }
  if ("secret" in options) {
    Object.assign(config, toSecrets(options.secret));
  } else if (process.env.TINK_WEBHOOK_SECRET !== undefined) {
    config.environment = process.env.TINK_WEBHOOK_SECRET;
  }
  return config;
}

function toSecrets(secret: WebhookHandlerOptions["secret"]): Pick<Config, "secret" | "secrets"> {
  if (Array.isArray(secret)) {
    // Not `map`, which skips holes.
    return { secrets: Array.from(secret, (one: unknown, index) => secretBytes(one, `secret ${index}`)) };
  }
  return { secret: secretBytes(secret ?? "", "secret") };
}

/** The bytes of a secret. */
export function secretBytes(secret: unknown, name: string): Uint8Array {
  if (typeof secret === "string") {
    if (!secret.isWellFormed()) {
      throw failure("invalid_secret", "a webhook secret holds a lone surrogate, and has no bytes");
    }
    return Buffer.from(secret);
  }
  if (types.isUint8Array(secret)) {
    return secret;
  }
  throw new TypeError(`${name} must be a string or a Uint8Array, not ${describe(secret)}`);
}

function expect<T>(value: T, name: string, type: string, what: string): T {
  if (typeof value !== type) {
    throw new TypeError(`${name} must be ${what}, not ${describe(value)}`);
  }
  return value;
}

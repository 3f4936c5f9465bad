import { failure } from "./errors";
import { describe, Held } from "./frame";
import type { Config } from "./native";
import { environmentSecret, fromText, isPromise, isUint8Array } from "./runtime";

/** One secret: the text as Tink's create-endpoint response shows it, or its bytes. It is not decoded from hex. */
export type Secret = string | Uint8Array;

/** Options of a {@link WebhookHandler}. */
export interface WebhookHandlerOptions {
  /**
   * One secret, or several (rotation, several endpoints). Left out, it is read from the environment variable
   * `TINK_WEBHOOK_SECRET`, which may hold several, separated by white space. A secret that is given but `undefined`,
   * `null` or empty is an error, and never means "skip the check".
   *
   * Or a function that gives one secret or several, for programs whose modules are evaluated before there is a secret, as
   * `next build` does. It is called at the first verification, and what it gives is kept; a text that it gives is one
   * secret. When it throws or gives none, the delivery fails with `secret_not_configured`, and the next one calls it
   * again. Prefer the secret itself where you have the choice: a missing one is then found when the program starts.
   */
  secret?: Secret | readonly Secret[] | (() => Secret | readonly Secret[] | null | undefined) | null | undefined;
  /** How many seconds a signature may be old or in the future; 300 by default. `null` switches the window off. */
  tolerance?: number | null | undefined;
  /**
   * The schemes to accept; both by default. If you receive Events v2 only, pass `["v1"]`: a signature of scheme `body`
   * carries no time, and can be replayed for ever.
   */
  schemes?: readonly ("v1" | "body")[] | undefined;
  /** The largest body that is accepted, in bytes; 2 MiB by default. */
  maxBodyBytes?: number | undefined;
  /** A function that gives milliseconds since the epoch, for tests; `Date.now` by default, so that fake timers count. */
  clock?: (() => number) | undefined;
}

const names = new Set(["secret", "tolerance", "schemes", "maxBodyBytes", "clock"]);

/** Checks the types of the options, without the secret of a function. The core judges their values. */
export function toConfig(given: Held<WebhookHandlerOptions>): Config {
  if (typeof given.value !== "object" || given.value === null) {
    throw new TypeError(`the options must be an object such as { secret }, not ${describe(given.value)}`);
  }
  const unknown = Object.keys(given.value).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such option: ${unknown.join(", ")}; there are ${[...names].join(", ")}`);
  }
  const { tolerance, schemes, maxBodyBytes, clock } = given.value;
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
  if ("secret" in given.value) {
    return secretFunction(given) ? config : { ...config, ...toSecrets(new Held(given.value.secret)) };
  }
  const environment = environmentSecret();
  return environment === undefined ? config : { ...config, environment };
}

/** The function that was given as the secret, if it is one. */
export function secretFunction(given: Held<WebhookHandlerOptions>): (() => unknown) | undefined {
  return typeof given.value.secret === "function" ? given.value.secret : undefined;
}

/** A configuration with something for a secret, which shows whether the other options are usable. It verifies nothing. */
export function withoutSecret(config: Config): Config {
  const { environment: _, secrets: __, ...rest } = config;
  return { ...rest, secret: fromText("not yet there") };
}

/** A configuration with what the user's function gives as the secret. */
export function withSecretOf(config: Config, give: () => unknown): Config {
  const given = ask(give);
  try {
    return { ...config, ...toSecrets(given) };
  } catch (error) {
    throw error instanceof TypeError
      ? failure("secret_not_configured", `the function given as \`secret\` gave something else: ${error.message}`)
      : error;
  }
}

function ask(give: () => unknown): Held<unknown> {
  let given: Held<unknown>;
  try {
    given = new Held(give());
  } catch (thrown) {
    // Not with its message, which may quote what was read, as that of `JSON.parse` does.
    throw failure("secret_not_configured", "the function given as `secret` failed; its error is the cause", thrown);
  }
  if (isPromise(given.value)) {
    given.value.catch(() => {});
    throw failure(
      "secret_not_configured",
      "the function given as `secret` gave a promise: await the secret before you make the handler object",
    );
  }
  const none = given.value === undefined || given.value === null || (given.value as { length?: unknown }).length === 0;
  if (none) {
    throw failure(
      "secret_not_configured",
      "the function given as `secret` gave none; a delivery is never accepted unchecked",
    );
  }
  return given;
}

function toSecrets(given: Held<unknown>): Pick<Config, "secret" | "secrets"> {
  if (!Array.isArray(given.value)) {
    return { secret: secretBytes(new Held(given.value ?? ""), "secret") };
  }
  const secrets: Uint8Array[] = [];
  for (let index = 0; index < given.value.length; index += 1) {
    secrets.push(secretBytes(new Held<unknown>(given.value[index]), `secret ${index}`));
  }
  return { secrets };
}

/** The bytes of a secret. */
export function secretBytes(given: Held<unknown>, name: string): Uint8Array {
  if (typeof given.value === "string") {
    if (!given.value.isWellFormed()) {
      throw failure("invalid_secret", "a webhook secret holds a lone surrogate, and has no bytes");
    }
    return fromText(given.value);
  }
  if (isUint8Array(given.value)) {
    return given.value;
  }
  throw new TypeError(`${name} must be a string or a Uint8Array, not ${describe(given.value)}`);
}

function expect<T>(value: T, name: string, type: string, what: string): T {
  if (typeof value !== type) {
    throw new TypeError(`${name} must be ${what}, not ${describe(value)}`);
  }
  return value;
}

// From a request to its answer: what all web adapters share. An adapter reads the body and turns the answer into its
// framework's response.
import { failure, WebhookError } from "./errors";
import { defaultHandler, type WebhookHandler } from "./handler";
import type { HandlerError } from "./handler-error";

/** Where the adapters log: `console`, or a logger of this shape, such as those of pino and winston. */
export interface Logger {
  /** Test pings. They are not logged to `console`, only to a logger that you pass. */
  info?(message: string): void;
  /** Deliveries that were refused, with the reason. */
  warn(message: string): void;
  /** Handlers that failed, with the stack of what they threw, and mistakes in the configuration. */
  error(message: string): void;
}

/** Options that every adapter takes. */
export interface ReceiverOptions<Request> {
  /**
   * Called with the error and the framework's request for every delivery that was refused, whose body could not be
   * read, or whose handlers failed; also for the test ping, which is answered 200 and is no reason for an alert. It is
   * awaited for at most three seconds. If it fails itself, that is logged, and the answer stays as it is.
   *
   * The error is one of `handleWebhook`, or an `InvalidRequestError`: `method_not_allowed`, or `unreadable_body` for a
   * body that did not arrive whole or in time. Only what your own `clock` throws comes as it is.
   */
  onError?: ((error: Error, request: Request) => unknown) | undefined;
  /** How many milliseconds a body may take to arrive; 30,000 by default. `null` is no limit. */
  bodyTimeout?: number | null | undefined;
  /** The logger; `console` by default. Bodies and secrets are never logged. */
  logger?: Logger | undefined;
}

/** The answer: a status and a fixed text, which is `ok` or the reason, and never a handler's message. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The text with its line end, as it is sent. */
  readonly body: string;
  /** The headers that belong to it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A body as an adapter reads it: bytes or raw text. */
export type RawBody = Uint8Array | string;

/** A delivery as an adapter sees it. */
export interface Delivery<Request> {
  /** The HTTP method; anything but `POST` is answered 405. */
  readonly method: string | undefined;
  /** The value or the values of the `X-Tink-Signature` header. */
  readonly signature: string | readonly string[] | null | undefined;
  /** The framework's request, for `onError`. */
  readonly request: Request;
  /** Reads the body, and at most so many bytes. It is called before `answer` awaits anything. */
  read(limit: number): RawBody | Promise<RawBody>;
}

/** The error for a body that did not arrive whole: the client left or was too slow, or the stream failed. */
export function unreadable(message: string, cause?: unknown): Error {
  return failure("unreadable_body", message, cause);
}

/** The error for a body that another layer has read or parsed, so that its bytes are gone; `fix` is the line to add. */
export function alreadyRead(fix: string): Error {
  return failure(
    "invalid_option",
    `the body of the request was read before this receiver could, so its bytes cannot be verified: ${fix}`,
  );
}

const optionNames = new Set(["onError", "bodyTimeout", "logger"]);
const BODY_MILLISECONDS = 30_000;
const LONGEST_TIMER = 2 ** 31 - 1;
/** How long an answer waits for a hook. */
const HOOK_MILLISECONDS = 3_000;

/** Receives deliveries for one handler object: runs it, logs, and decides the answer. */
export class Receiver<Request> {
  readonly hooks: WebhookHandler;
  /** How many milliseconds a body may take to arrive; `null` is no limit. */
  readonly bodyTimeout: number | null;
  readonly #onError: ReceiverOptions<Request>["onError"];
  readonly #logger: Logger;

  /** @throws TypeError for arguments of the wrong type: a mistyped option must not become a lost delivery */
  constructor(
    hooks: WebhookHandler | undefined,
    options: ReceiverOptions<Request> = {},
    others: readonly string[] = [],
  ) {
    if (hooks !== undefined && typeof hooks?.handleWebhook !== "function") {
      throw new TypeError("hooks must be a WebhookHandler; left out, it is the default handler");
    }
    const unknown = Object.keys(options).filter((name) => !optionNames.has(name));
    if (unknown.length > 0) {
      throw new TypeError(`no such option: ${unknown.join(", ")}; there are ${[...others, ...optionNames].join(", ")}`);
    }
    const { onError, bodyTimeout = BODY_MILLISECONDS, logger = console } = options;
    if (onError !== undefined && typeof onError !== "function") {
      throw new TypeError("onError must be a function");
    }
    if (typeof logger?.warn !== "function" || typeof logger.error !== "function") {
      throw new TypeError("the logger must have the functions warn and error");
    }
    if (bodyTimeout !== null && !(typeof bodyTimeout === "number" && bodyTimeout > 0 && bodyTimeout <= LONGEST_TIMER)) {
      throw new TypeError(`bodyTimeout must be a number of milliseconds from 1 to ${LONGEST_TIMER}, or null`);
    }
    this.hooks = hooks ?? defaultHandler;
    this.bodyTimeout = bodyTimeout;
    this.#onError = onError;
    this.#logger = logger;
  }

  /** Runs the handlers of a delivery and gives the answer. The promise never rejects. */
  async answer(delivery: Delivery<Request>): Promise<Answer> {
    try {
      if (delivery.method !== "POST") {
        throw failure("method_not_allowed");
      }
      // The limit is asked for each time: the default handler may not be ready before.
      const body = await delivery.read(this.hooks.maxBodyBytes);
      await this.hooks.handleWebhook(body, delivery.signature);
      return OK;
    } catch (error) {
      return await this.#refused(toError(error), delivery.request);
    }
  }

  async #refused(error: Error, request: Request): Promise<Answer> {
    const answer = answerTo(error);
    if (answer.status !== 405) {
      // health checks and crawlers
      this.#log(answer.status, () => describe(answer, error));
    }
    if (this.#onError) {
      await this.#wait("onError", this.#onError, error, request);
    }
    return answer;
  }

  /** Calls a hook, and waits for it a little: one that never settles must not keep the answer. */
  async #wait<Given extends unknown[]>(name: string, hook: (...given: Given) => unknown, ...given: Given) {
    const called = async () => {
      try {
        await hook(...given);
      } catch (failed) {
        this.#log(500, () => `tink webhook: the ${name} hook failed\n${stack(failed)}`);
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#log(
          500,
          () => `tink webhook: the ${name} hook is not done after ${HOOK_MILLISECONDS} ms; the answer is sent`,
        );
        resolve();
      }, HOOK_MILLISECONDS);
    });
    await Promise.race([called(), late]);
    clearTimeout(timer);
  }

  #log(status: number, message: () => string): void {
    const logger = this.#logger;
    try {
      if (status >= 500) {
        logger.error(message());
      } else if (status >= 400) {
        logger.warn(message());
      } else if (logger !== console) {
        logger.info?.(message());
      }
    } catch {
      // A logger that fails must not change the answer.
    }
  }
}

function make(status: number, text: string): Answer {
  const body = `${text}\n`;
  return Object.freeze({
    status,
    body,
    headers: Object.freeze({
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": String(body.length),
      "X-Content-Type-Options": "nosniff",
      ...(status === 405 ? { Allow: "POST" } : {}),
    }),
  });
}

const OK = make(200, "ok");

function answerTo(error: Error): Answer {
  if (WebhookError.is(error)) {
    return make(error.status, error.reason);
  }
  return make(500, "internal_error"); // it was thrown by the user's clock
}

function toError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error || WebhookError.is(thrown)) {
      return thrown;
    }
  } catch {
    // A proxy or a getter of what was thrown may throw again.
  }
  return new Error("something was thrown that is no Error", { cause: thrown });
}

/** The line for the log; for failed handlers with their stacks, as these are bugs of the application. */
function describe({ status, body }: Answer, error: Error): string {
  const line = `tink webhook: ${body.trim()} (${status}): ${error.message}`;
  if (status === 500 && !WebhookError.is(error)) {
    return `${line}\n${stack(error)}`;
  }
  const { errors } = error as Partial<HandlerError>;
  return Array.isArray(errors) ? [line, ...errors.map(stack)].join("\n") : line;
}

/** Where something was thrown, and its causes. Objects that are not errors are not shown: they may hold data. */
function stack(thrown: unknown): string {
  const lines: string[] = [];
  try {
    trace(thrown, lines);
  } catch {
    lines.push("an object that cannot be looked at");
  }
  return lines.join("\ncaused by ");
}

function trace(thrown: unknown, lines: string[]): void {
  for (let error = thrown; error !== undefined && lines.length < 5; error = error.cause) {
    if (!(error instanceof Error)) {
      lines.push(typeof error === "object" ? "an object that is no Error" : String(error));
      break;
    }
    lines.push(error.stack ?? String(error));
  }
}

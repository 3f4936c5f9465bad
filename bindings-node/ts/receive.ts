// From a request to its answer: what all web adapters share. An adapter reads the body and turns the answer into its
// framework's response.
import { failure, WebhookError } from "./errors";
import { ELSEWHERE } from "./explanation";
import { Held, type Signature } from "./frame";
import { defaultHandler, type WebhookHandler } from "./handler";
import type { HandlerError } from "./handler-error";
import { native } from "./native";
import { fieldsOf, type LogFields, type Outcome, type Result, resultOf } from "./outcome";
import type { WebhookEvent } from "./types";

export type { LogFields, Outcome } from "./outcome";

/**
 * Where the adapters log: `console`, or a logger of this shape, such as winston's. It gets a text, and beside it the
 * same as an object with fields, which `console` is not given.
 */
export interface Logger {
  /** Test pings. They are not logged to `console`, only to a logger that you pass. */
  info?(message: string, fields: LogFields): void;
  /** Deliveries that were refused, with the reason. */
  warn(message: string, fields: LogFields): void;
  /** Handlers that failed, with the stack of what they threw, and mistakes in the configuration. */
  error(message: string, fields: LogFields): void;
}

/** Options that every adapter takes. */
export interface ReceiverOptions<Request> {
  /**
   * Called with the error and the framework's request for every delivery that was refused, whose body could not be
   * read, or whose handlers failed; also for the test ping, which is answered 200 and is no reason for an alert. It is
   * awaited for at most three seconds. If it fails itself, that is logged, and the answer stays as it is.
   *
   * The error is one of `handleWebhook`, or an `InvalidRequestError`: `method_not_allowed`, or `unreadable_body` for a
   * body that did not arrive whole or in time.
   */
  onError?: ((error: Error, request: Request) => unknown) | undefined;
  /**
   * Called exactly once for every delivery, whatever came of it, with the framework's request: for metrics. It is called
   * after `onError`, and treated like it: awaited for at most three seconds, together with `onError`; what it throws is
   * logged, and changes no answer.
   */
  onOutcome?: ((outcome: Outcome, request: Request) => unknown) | undefined;
  /**
   * Logs why deliveries were refused (see `explain`), while a receiver is developed: behind the answer, at most one in ten
   * seconds, of all clients together, and nothing where the environment says that it is production (`NODE_ENV` and its
   * like). `false` by default.
   */
  explainFailures?: boolean | undefined;
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
  /** The value or the values of the `X-Tink-Signature` header; a function, so that it is out of sight: see `Held`. */
  readonly signature: () => Signature;
  /** The framework's request, for the hooks. */
  readonly request: Request;
  /** When the adapter got the request, as {@link Receiver.begin} gave it; now if left out. */
  readonly began?: number | undefined;
  /** Lets work go on behind the answer, where a runtime ends what belongs to a request with it. */
  readonly waitUntil?: ((work: Promise<void>) => void) | undefined;
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

const optionNames = new Set(["onError", "onOutcome", "explainFailures", "bodyTimeout", "logger"]);
/** What there is to explain. The others say what is the matter themselves. */
const explainable = new Set(["signature_mismatch", "malformed_signature"]);
/** How long the answer gets before a search takes the thread. */
const ANSWER_MILLISECONDS = 20;
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
  readonly #onOutcome: ReceiverOptions<Request>["onOutcome"];
  readonly #explainFailures: boolean;
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
    const { onError, onOutcome, explainFailures = false, bodyTimeout = BODY_MILLISECONDS, logger = console } = options;
    for (const [name, hook] of Object.entries({ onError, onOutcome })) {
      if (hook !== undefined && typeof hook !== "function") {
        throw new TypeError(`${name} must be a function`);
      }
    }
    if (typeof explainFailures !== "boolean") {
      throw new TypeError("explainFailures must be true or false");
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
    this.#onOutcome = onOutcome;
    this.#explainFailures = explainFailures;
    this.#logger = logger;
    if (logger !== console) {
      this.hooks.warnTo?.(logger); // not there if it was made by another copy of the package
    }
  }

  /** The time for the duration of an outcome, in milliseconds. It is not asked where nobody wants to know. */
  begin(): number {
    return this.#onOutcome ? performance.now() : 0;
  }

  /** Runs the handlers of a delivery and gives the answer. The promise never rejects. */
  async answer(delivery: Delivery<Request>): Promise<Answer> {
    const began = delivery.began ?? this.begin();
    const received = Date.now();
    const kept = new Held<RawBody | undefined>(undefined);
    try {
      if (delivery.method !== "POST") {
        throw failure("method_not_allowed");
      }
      // The limit is asked for each time: the default handler may not be ready before.
      const body = new Held(await delivery.read(this.hooks.maxBodyBytes));
      kept.value = this.#explainFailures ? body.value : undefined;
      const event = await this.hooks.handleWebhook(body.value, delivery.signature());
      if (this.#onOutcome) {
        await this.#tell(resultOf(event, undefined, this.#clock(received), this.#count), began, delivery.request);
      }
      return OK;
    } catch (thrown) {
      const error = toError(thrown);
      const answer = make(error.status, error.reason);
      const result = resultOf((error as Partial<HandlerError>).event, error, this.#clock(received), this.#count);
      if (answer.status !== 405) {
        // health checks and crawlers
        this.#log(result, () => describe(answer, error));
      }
      if (kept.value !== undefined && explainable.has(error.reason)) {
        this.#explain(kept, delivery, result);
      }
      if (this.#onError || this.#onOutcome) {
        await this.#tell(result, began, delivery.request);
      }
      return answer;
    }
  }

  /** How many handlers an event runs. */
  readonly #count = (event: WebhookEvent): number =>
    // not there if it was made by another copy of the package, which knows no `once` of this one either
    this.hooks.matchingCount?.(event) ?? Number.POSITIVE_INFINITY;

  /** The time of receipt: the system's, or that of the handler object's own clock. */
  #clock(received: number): () => unknown {
    return () => {
      try {
        return this.hooks.clock ? this.hooks.clock() : received;
      } catch {
        return undefined;
      }
    };
  }

  /** Tells of an adapter that was given the objects of another framework, and rejects: it cannot answer with those. */
  async refuse(error: Error, request: Request): Promise<never> {
    const read = () => {
      throw error;
    };
    await this.answer({ method: "POST", signature: () => undefined, request, read });
    throw error;
  }

  /** Explains a refusal to the log, when the answer is sent. */
  #explain(body: Held<RawBody | undefined>, delivery: Delivery<Request>, result: Result): void {
    // Without it the message below is wanted, and costs nothing.
    if (native.mayExplain?.(performance.now() / 1_000) === false) {
      return;
    }
    const log = () => {
      try {
        const found = this.hooks.explain(body.value ?? "", delivery.signature());
        this.#log(result, () => `tink webhook: explained: ${found}`);
      } catch (error) {
        // Not that of a clock of the application, which has failed before, and was told of.
        if (WebhookError.is(error) && error.message.includes(ELSEWHERE)) {
          this.#log(result, () => `tink webhook: ${ELSEWHERE}`);
        }
      }
    };
    const done = new Promise<void>((resolve) => {
      const explain = () => {
        log();
        resolve();
      };
      setTimeout(explain, ANSWER_MILLISECONDS).unref?.();
    });
    try {
      delivery.waitUntil?.(done);
    } catch {
      // Of a request that has ended: then nothing is explained.
    }
  }

  /** Calls the hooks, and waits for them a little. The promise never rejects. */
  async #tell(result: Result, began: number, request: Request): Promise<void> {
    const duration = performance.now() - began;
    const waits: Promise<void>[] = [];
    if (this.#onError && result.error) {
      waits.push(this.#wait("onError", this.#onError, result, result.error, request));
    }
    if (this.#onOutcome) {
      waits.push(this.#wait("onOutcome", this.#onOutcome, result, Object.freeze({ ...result, duration }), request));
    }
    await Promise.all(waits);
  }

  /** Calls a hook, and waits for it a little: one that never settles must not keep the answer. */
  async #wait<Given extends unknown[]>(
    hook: NonNullable<LogFields["hook"]>,
    call: (...given: Given) => unknown,
    result: Result,
    ...given: Given
  ): Promise<void> {
    const called = async () => {
      try {
        await call(...given);
      } catch (failed) {
        this.#log(result, () => `tink webhook: the ${hook} hook failed\n${stack(failed)}`, hook);
      }
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        const text = `tink webhook: the ${hook} hook is not done after ${HOOK_MILLISECONDS} ms; the answer is sent`;
        this.#log(result, () => text, hook);
        resolve();
      }, HOOK_MILLISECONDS);
    });
    await Promise.race([called(), late]);
    clearTimeout(timer);
  }

  /** Writes a line about a delivery, or about a hook that it was told to. */
  #log(result: Result, message: () => string, hook?: LogFields["hook"]): void {
    const logger = this.#logger;
    const status = hook === undefined ? result.status : 500;
    try {
      // Every method is called as the logger's own. `console` prints what it is given, and the fields are in the text.
      const fields = hook === undefined ? fieldsOf(result) : { ...fieldsOf(result), hook };
      const given = [message(), ...(logger === console ? [] : [fields])] as [string, LogFields];
      if (status >= 500 && result.outcome !== "in_progress") {
        logger.error(...given);
      } else if (status >= 400) {
        logger.warn(...given);
      } else if (logger !== console) {
        logger.info?.(...given);
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

/** The library's error: of what the application's clock threw, it is the cause. */
function toError(thrown: unknown): WebhookError {
  try {
    if (WebhookError.is(thrown)) {
      return thrown;
    }
  } catch {
    // A proxy or a getter of what was thrown may throw again.
  }
  const message = "the clock of the handler object threw something; it is the cause of this error";
  return failure("invalid_option", message, thrown) as WebhookError;
}

/** The line for the log; for failed handlers with their stacks, as these are bugs of the application. */
function describe({ status, body }: Answer, error: Error): string {
  const line = `tink webhook: ${body.trim()} (${status}): ${error.message}`;
  if (status === 500 && error.cause !== undefined) {
    return `${line}\ncaused by ${stack(error.cause)}`;
  }
  const { errors, reason } = error as Partial<HandlerError>;
  // Nothing has failed where another copy is being handled.
  return Array.isArray(errors) && reason !== "in_progress" ? [line, ...errors.map(stack)].join("\n") : line;
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

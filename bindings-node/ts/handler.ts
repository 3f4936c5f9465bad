import { types } from "node:util";
import { failure, toError, type WebhookError } from "./errors";
import { givenEvent, readVerification, toEvent, typeNumber } from "./event";
import { type Body, describe, type Frame, fill, Given, Held, type Signature } from "./frame";
import { HandlerError } from "./handler-error";
import { type Config, type FrameCall, native, type State } from "./native";
import { secretFunction, toConfig, type WebhookHandlerOptions, withoutSecret, withSecretOf } from "./options";
import type { EventFor, EventKey, Handler, Verification, WebhookEvent } from "./types";

/** Options of {@link WebhookHandler.registerHandler} and {@link WebhookHandler.on}. */
export interface RegisterOptions {
  /** Accept also a name that looks like a typo of a known one; `false` by default. */
  allowUnknown?: boolean | undefined;
}

/** Where warnings go: the logger of an adapter. */
export interface WarningLogger {
  warn(message: string, fields: { code: string }): unknown;
}

/** What `process.emitWarning` was given. Objects that are made again and again give the same texts. */
const emitted = new Set<string>();

/** The warnings of one handler object, each once: to the first adapter's logger, else to `process.emitWarning`. */
class Warnings {
  readonly #seen = new Set<string>();
  #waiting: [string, string][] = [];
  #logger: WarningLogger | undefined;

  add(code: string, text: string): void {
    if (this.#seen.has(text)) {
      return;
    }
    this.#seen.add(text);
    this.#waiting.push([code, text]);
    if (this.#logger) {
      this.#tell();
    } else if (this.#waiting.length === 1) {
      setImmediate(() => this.#tell()); // an adapter with a logger may be made until then
    }
  }

  tellTo(logger: WarningLogger): void {
    this.#logger ??= logger;
    this.#tell();
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [code, text] of waiting) {
      const message = `tink webhook: ${text}`;
      if (this.#logger) {
        try {
          this.#logger.warn(message, { code });
        } catch {
          // A logger that fails must not stop a program.
        }
      } else if (!emitted.has(text)) {
        emitted.add(text);
        process.emitWarning(message, { type: "TinkWebhooksWarning", code });
      }
    }
  }
}

/** Names come from outside, if only in signed deliveries: the number of remembered lookups has a limit. */
const REMEMBERED_NAMES = 1_000;
const REMEMBERED_CHARACTERS = 100;

/**
 * Verifies, parses and dispatches deliveries. Make it once and keep it: it prepares its secrets when it is made.
 *
 * @example
 * ```js
 * const hooks = new WebhookHandler({ schemes: ["v1"] }); // the secret is that of TINK_WEBHOOK_SECRET
 * hooks.on("refresh:finished", async (event) => console.log(event.data.credentialsStatus));
 * await hooks.handleWebhook(body, request.headers["x-tink-signature"]);
 * ```
 */
export class WebhookHandler {
  readonly #native: State = native.create();
  #clock: (() => number) | undefined;
  readonly #warnings = new Warnings();
  /** Gives the configuration with the secret, at the first verification; until then. */
  #late: (() => Config) | undefined;
  #cap = -1;
  /** The functions by slot, which is all that the registry knows of them, and how many keys each is under. */
  readonly #slots = new Map<number, { handler: Handler; keys: number }>();
  readonly #slotOf = new Map<Handler, number>();
  #nextSlot = 0;
  /** What runs for a name, until something is registered or unregistered. */
  readonly #matches = new Map<string, readonly Handler[]>();

  /**
   * Makes a handler.
   *
   * @throws {@link InvalidConfigError} if an option is not usable, or there is no secret
   * @throws TypeError if an option has the wrong type, or there is no such option
   */
  constructor(options: WebhookHandlerOptions = {}) {
    const given = new Held(options);
    options = undefined as never; // see Held
    if (given.value !== deferred) {
      this.#configure(given);
    }
  }

  /** @internal Sets the options of the default handler; a secret that is left out is read at the first verification. */
  configure(options: WebhookHandlerOptions): void {
    const given = new Held(options);
    options = undefined as never; // see Held
    if (this.#cap >= 0 && !this.#late) {
      throw failure(
        "invalid_option",
        "the options are in use: give them once, and before the first delivery is verified",
      );
    }
    this.#configure(given, true);
  }

  #configure(given: Held<WebhookHandlerOptions>, late = false): void {
    const config = toConfig(given);
    const give = secretFunction(given);
    if (give) {
      this.#useLater(config, () => withSecretOf(config, give));
    } else if (late && !("secret" in given.value)) {
      this.#useLater(config, () => toConfig(given));
    } else {
      this.#use(config);
    }
    this.#clock = given.value.clock;
  }

  /** Checks the options, and asks for the secret at the first verification. */
  #useLater(config: Config, late: () => Config): void {
    const probe = native.create();
    if (probe.configure(withoutSecret(config)) !== 0) {
      throw this.#failure(probe);
    }
    this.#cap = probe.maxBodyBytes() ?? 0;
    this.#late = late;
  }

  #use(config: Config): void {
    if (this.#native.configure(config) !== 0) {
      throw withFunction(this.#failure());
    }
    this.#cap = this.#native.maxBodyBytes() ?? 0;
    this.#late = undefined;
    for (const warning of this.#native.warnings()) {
      this.#warnings.add("TINK_WEBHOOKS_SECRET", warning);
    }
  }

  /** @internal What is likely to be wrong with the configuration goes to this logger, of the first adapter that has one. */
  warnTo(logger: WarningLogger): void {
    this.#warnings.tellTo(logger);
  }

  /** @internal The clock that was given, for receivers. */
  get clock(): (() => number) | undefined {
    return this.#clock;
  }

  /** The largest body that is accepted, in bytes, for receivers that read it from a stream. */
  get maxBodyBytes(): number {
    if (this.#cap < 0) {
      this.#configure(new Held({}));
    }
    return this.#cap;
  }

  /**
   * Verifies a delivery, reads it, and runs the handlers registered for it, one after the other.
   *
   * @param body the raw body: the bytes that were signed, or their text
   * @param signature the value of the `X-Tink-Signature` header; `undefined` or `null` where there is none
   * @returns the event, after all handlers have run. The promise rejects with the errors below.
   * @throws {@link InvalidSignatureError} if the delivery is not shown to come from Tink, or not now
   * @throws {@link InvalidPayloadError} if it is authentic, and no event that this library can read
   * @throws {@link TestWebhookError} for the test ping, which is authentic and no event
   * @throws {@link HandlerError} if a handler failed
   * @throws TypeError if an argument has the wrong type, such as a parsed body
   */
  async handleWebhook(body: Body, signature: Signature): Promise<WebhookEvent> {
    const given = new Given(body, signature);
    body = signature = undefined as never; // see Held
    const event = this.constructEvent(given.body, given.signature);
    await this.dispatch(event);
    return event;
  }

  /**
   * Verifies a delivery and reads it, without running handlers.
   *
   * @param body the raw body: the bytes that were signed, or their text
   * @param signature the value of the `X-Tink-Signature` header; `undefined` or `null` where there is none
   * @returns the event, for {@link WebhookHandler.dispatch}
   * @throws {@link InvalidSignatureError} if the delivery is not shown to come from Tink, or not now
   * @throws {@link InvalidPayloadError} if it is authentic, and no event that this library can read
   * @throws {@link TestWebhookError} for the test ping, which is authentic and no event
   * @throws TypeError if an argument has the wrong type, such as a parsed body
   */
  constructEvent(body: Body, signature: Signature): WebhookEvent {
    const given = new Given(body, signature);
    body = signature = undefined as never; // see Held
    return toEvent(this.#call(this.#native.construct, given), given);
  }

  /**
   * Reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before, such as those of a queue.
   *
   * @param body the raw body: bytes or text
   * @returns the event; its `verification` is `undefined`
   * @throws {@link InvalidPayloadError} if it is no event that this library can read
   * @throws {@link TestWebhookError} for the test ping, which is no event
   * @throws TypeError if the body is neither bytes nor text
   */
  parseEvent(body: Body): WebhookEvent {
    const given = new Given(body, undefined);
    body = undefined as never; // see Held
    return toEvent(this.#call(this.#native.parse, given), given);
  }

  /**
   * Checks the signature only; the body need not be JSON.
   *
   * @param body the raw body: the bytes that were signed, or their text
   * @param signature the value of the `X-Tink-Signature` header; `undefined` or `null` where there is none
   * @returns what is proven
   * @throws {@link InvalidSignatureError} if the delivery is not shown to come from Tink, or not now
   * @throws {@link InvalidPayloadError} `body_too_large`, or `invalid_utf8` for text with lone surrogates
   * @throws TypeError if an argument has the wrong type, such as a parsed body
   */
  verifySignature(body: Body, signature: Signature): Verification {
    const given = new Given(body, signature);
    body = signature = undefined as never; // see Held
    const frame = this.#call(this.#native.verify, given);
    return readVerification(frame, frame.record) as Verification;
  }

  /**
   * Runs all handlers of an event that was made earlier, one after the other, and awaits each. What is registered or
   * unregistered meanwhile counts from the next dispatch on.
   *
   * @param event an event of {@link WebhookHandler.constructEvent}, {@link WebhookHandler.parseEvent} or
   *   `WebhookEvent.from`
   * @returns a promise that is settled when every handler has run
   * @throws {@link HandlerError} with the event and everything that was thrown, after all handlers ran
   * @throws TypeError for anything but an event of this library
   */
  async dispatch(event: WebhookEvent): Promise<void> {
    const given = givenEvent(event);
    let errors: unknown[] | undefined;
    for (const handler of this.#matching(given)) {
      try {
        const result: unknown = handler(given);
        if (result !== undefined && isIterator(isThenable(result) ? await result : result)) {
          throw new TypeError(
            "the handler returned an iterator, which nobody pulls, so that its code did not run: make it an ordinary " +
              "or an async function",
          );
        }
      } catch (error) {
        errors ??= [];
        errors.push(error);
      }
    }
    if (errors) {
      throw new HandlerError(given, errors);
    }
  }

  /**
   * Registers a handler. The same function registered twice for a key runs once.
   *
   * @param eventType a wire name (`refresh:finished`), a snake_case type (`refresh_finished`), `unknown` for events
   *   that this library does not know, or `*` for every event
   * @param handler your function. It is called with the event, and what it returns is awaited
   * @throws {@link InvalidConfigError} `unknown_event_type` for what is most likely a typo
   * @throws TypeError if an argument has the wrong type, or the handler is a generator function
   */
  registerHandler<const Key extends EventKey>(
    eventType: Key,
    handler: Handler<EventFor<Key>>,
    options: RegisterOptions = {},
  ): void {
    if (typeof handler !== "function") {
      throw new TypeError(`the handler must be a function, not ${describe(handler)}`);
    }
    if (types.isGeneratorFunction(handler)) {
      throw new TypeError(
        "the handler is a generator function: calling it runs nothing; take the `*` and `yield` out of it",
      );
    }
    this.#register(eventType, handler as Handler, options);
  }

  #register(eventType: string, handler: Handler, options: RegisterOptions): void {
    const slot = this.#slotOf.get(handler) ?? this.#nextSlot;
    const added = this.#native.register(key(eventType), slot, options?.allowUnknown === true);
    if (added === null) {
      throw this.#failure();
    }
    if (added) {
      const entry = this.#slots.get(slot) ?? { handler, keys: 0 };
      entry.keys += 1;
      this.#slots.set(slot, entry);
      this.#slotOf.set(handler, slot);
      this.#nextSlot = Math.max(this.#nextSlot, slot + 1);
      this.#matches.clear();
      const warning = native.keyWarning(eventType);
      if (warning !== null) {
        this.#warnings.add("TINK_WEBHOOKS_EVENT_TYPE", `${JSON.stringify(eventType)}: ${warning}`);
      }
    }
  }

  /**
   * Short for {@link WebhookHandler.registerHandler}, for one event type or several.
   *
   * @returns this object, so that calls can be chained
   * @throws {@link InvalidConfigError} `unknown_event_type` for what is most likely a typo
   * @throws TypeError if an argument has the wrong type
   */
  on<const Key extends EventKey>(
    eventTypes: Key | readonly Key[],
    handler: Handler<EventFor<Key>>,
    options: RegisterOptions = {},
  ): this {
    for (const eventType of typeof eventTypes === "string" ? [eventTypes] : eventTypes) {
      this.registerHandler(eventType, handler, options);
    }
    return this;
  }

  /**
   * Removes all handlers that are registered for an event type, in either spelling.
   *
   * @throws {@link InvalidConfigError} `unknown_event_type` for what is most likely a typo, and is registered nowhere
   * @throws TypeError if the event type is not text
   */
  unregisterHandlers(eventType: EventKey): void {
    const removed = this.#native.unregister(key(eventType));
    if (removed === null) {
      throw this.#failure();
    }
    for (const slot of removed) {
      const entry = this.#slots.get(slot);
      if (entry && --entry.keys === 0) {
        this.#slots.delete(slot);
        this.#slotOf.delete(entry.handler);
      }
    }
    this.#matches.clear();
  }

  /**
   * The handlers by what they are registered for: the snake_case type of a known event, another wire name, `unknown` or
   * `*`.
   *
   * @returns a new object, without a prototype
   */
  getHandlers(): Record<string, Handler[]> {
    const groups: Record<string, Handler[]> = Object.create(null);
    for (const name of this.#native.keys()) {
      groups[name] = this.#functions(this.#native.slots(name));
    }
    return groups;
  }

  #matching(event: WebhookEvent): readonly Handler[] {
    const { name } = event;
    let handlers = this.#matches.get(name);
    if (!handlers) {
      handlers = this.#functions(this.#native.matching(typeNumber(event), name));
      if (this.#matches.size >= REMEMBERED_NAMES) {
        this.#matches.clear();
      }
      if (name.length <= REMEMBERED_CHARACTERS) {
        this.#matches.set(name, handlers);
      }
    }
    return handlers;
  }

  #functions(slots: readonly number[]): Handler[] {
    return slots.flatMap((slot) => this.#slots.get(slot)?.handler ?? []);
  }

  /** One call of the native half: the delivery goes over in a frame, or its body beside it; the answer is in the frame. */
  #call(call: FrameCall, given: Given): Frame {
    if (this.#late) {
      this.#use(this.#late());
    }
    const now = this.#clock ? 0 : Date.now(); // not the system's clock: `Date` is what a program's tests set
    const frame = fill(given, this.maxBodyBytes, this.#clock !== undefined);
    if (this.#clock) {
      frame.askClock();
    } else {
      frame.clockSays(now);
    }
    let code = call(frame.bytes, given.outside);
    if (code === 1 && this.#clock) {
      frame.clockSays(this.#clock());
      code = call(frame.bytes, given.outside);
    }
    this.#check(code);
    return frame;
  }

  #check(code: number): void {
    if (code !== 0) {
      throw this.#failure();
    }
  }

  #failure(state = this.#native): Error {
    const fields = state.takeError();
    return fields ? toError(fields) : new Error("tink-webhooks failed without a reason; please report it");
  }
}

/** An error of the configuration; for a secret that is not there, with the way to give one later. */
function withFunction(error: Error): Error {
  if ((error as WebhookError).reason !== "secret_not_configured") {
    return error;
  }
  const way =
    "where there is none yet, as in `next build`, pass a function: { secret: () => process.env.TINK_WEBHOOK_SECRET }";
  return failure("secret_not_configured", `${error.message}; ${way}`);
}

/** Marks the default handler, whose secret is read at the first verification. */
const deferred: WebhookHandlerOptions = Object.freeze({});

/** The default handler of the module: handlers can be registered on it before the environment is loaded. */
export const defaultHandler = new WebhookHandler(deferred);

/** Whether there is something to wait for. Awaiting anything else would cost a turn of the microtask queue. */
function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (
    ((typeof result === "object" && result !== null) || typeof result === "function") &&
    typeof (result as { then?: unknown }).then === "function"
  );
}

/** Whether a handler returned an iterator: that of a generator, compiled or not, or of a helper such as `map`. */
function isIterator(result: unknown): boolean {
  const {
    next,
    [Symbol.iterator]: sync,
    [Symbol.asyncIterator]: async,
  } = (result ?? {}) as Record<symbol | string, unknown>;
  return typeof next === "function" && (typeof sync === "function" || typeof async === "function");
}

/** A key as the core takes it. Text with lone surrogates has no UTF-8, and is no event type. */
function key(eventType: unknown): string {
  if (typeof eventType !== "string") {
    throw new TypeError(`the event type must be a string, not ${describe(eventType)}`);
  }
  if (!eventType.isWellFormed()) {
    throw failure("unknown_event_type");
  }
  return eventType;
}

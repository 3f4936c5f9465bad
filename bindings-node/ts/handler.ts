import { failure, HandlerError, toError } from "./errors";
import { isEvent, readVerification, toEvent, typeNumber } from "./event";
import { type Body, describe, type Frame, fill, type Signature } from "./frame";
import { type FrameCall, native, type State } from "./native";
import { toConfig, type WebhookHandlerOptions } from "./options";
import type { EventFor, EventKey, Handler, Verification, WebhookEvent } from "./types";

/** Options of a registration. */
export interface RegisterOptions {
  /** Accept also a name that looks like a typo. */
  allowUnknown?: boolean | undefined;
}

/** Names are of signed deliveries, but still of others' making: the lookups that are remembered have a limit. */
const REMEMBERED_NAMES = 1_000;
const REMEMBERED_CHARACTERS = 100;

/** Verifies, parses and dispatches deliveries. Make it once and keep it. */
export class WebhookHandler {
  readonly #native: State = native.create();
  readonly #clock: (() => number) | undefined;
  #cap = -1;
  /** The functions by slot, which is all that the registry knows of them, and how many keys each is under. */
  readonly #slots = new Map<number, { handler: Handler; keys: number }>();
  readonly #slotOf = new Map<Handler, number>();
  #nextSlot = 0;
  /** What runs for a name, until something is registered or unregistered. */
  readonly #matches = new Map<string, readonly Handler[]>();

  /**
   * @throws {InvalidConfigError} if an option is not usable
   * @throws {TypeError} if an option has the wrong type
   */
  constructor(options: WebhookHandlerOptions = {}) {
    if (options !== deferred) {
      this.#configure(options);
    }
    this.#clock = options?.clock;
  }

  #configure(options: WebhookHandlerOptions): void {
    this.#check(this.#native.configure(toConfig(options)));
    this.#cap = this.#native.maxBodyBytes() ?? 0;
  }

  /** The cap on a body's size, for receivers that read it from a stream. */
  get maxBodyBytes(): number {
    if (this.#cap < 0) {
      this.#configure({});
    }
    return this.#cap;
  }

  /**
   * Verifies a delivery, reads it, and runs the handlers registered for it. Gives the event back.
   *
   * @throws {InvalidSignatureError | InvalidPayloadError | TestWebhookError | HandlerError}
   */
  async handleWebhook(body: Body, signature: Signature): Promise<WebhookEvent> {
    const event = this.constructEvent(body, signature);
    await this.dispatch(event);
    return event;
  }

  /**
   * The same without running handlers.
   *
   * @throws {InvalidSignatureError | InvalidPayloadError | TestWebhookError}
   */
  constructEvent(body: Body, signature: Signature): WebhookEvent {
    return toEvent(this.#call(this.#native.construct, body, signature));
  }

  /**
   * Reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before, such as those of a queue.
   *
   * @throws {InvalidPayloadError | TestWebhookError}
   */
  parseEvent(body: Body): WebhookEvent {
    return toEvent(this.#call(this.#native.parse, body, undefined));
  }

  /**
   * Checks the signature only; the body need not be JSON.
   *
   * @throws {InvalidSignatureError}
   */
  verifySignature(body: Body, signature: Signature): Verification {
    const frame = this.#call(this.#native.verify, body, signature);
    return readVerification(frame, frame.record) as Verification;
  }

  /**
   * Runs the handlers of an event made earlier, one after the other, all of them, and awaits each. What is registered
   * or unregistered meanwhile counts from the next dispatch on.
   *
   * @throws {HandlerError} with the event and everything that was thrown, after all handlers ran
   */
  async dispatch(event: WebhookEvent): Promise<void> {
    if (!isEvent(event)) {
      throw new TypeError(`dispatch takes an event of this library, not ${describe(event)}`);
    }
    let errors: unknown[] | undefined;
    for (const handler of this.#matching(event)) {
      try {
        const result = handler(event);
        if (result !== undefined) {
          await result;
        }
      } catch (error) {
        errors ??= [];
        errors.push(error);
      }
    }
    if (errors) {
      throw new HandlerError(event, errors);
    }
  }

  /**
   * Registers a handler for a snake_case type, a wire name, `unknown`, or `*` for every event. The same function
   * registered twice for a key runs once.
   *
   * @throws {InvalidConfigError} `unknown_event_type` for what is most likely a typo
   */
  registerHandler<const Key extends EventKey>(
    eventType: Key,
    handler: Handler<EventFor<Key>>,
    options: RegisterOptions = {},
  ): void {
    if (typeof handler !== "function") {
      throw new TypeError(`the handler must be a function, not ${describe(handler)}`);
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
    }
  }

  /** Short for `registerHandler`, for one type or several. Gives the object back, so that calls can be chained. */
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
   * Removes all handlers of a key.
   *
   * @throws {InvalidConfigError} `unknown_event_type` for what is most likely a typo, and is registered nowhere
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

  /** The handlers by key: the snake_case type, a wire name, `unknown` or `*`. An object without a prototype. */
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

  /** One crossing: the delivery goes over in a frame, and the answer comes back in it. */
  #call(call: FrameCall, body: Body, signature: Signature): Frame {
    const frame = fill(body, signature, this.maxBodyBytes, this.#clock !== undefined);
    if (this.#clock) {
      frame.askClock();
    }
    let code = call(frame.bytes);
    if (code === 1 && this.#clock) {
      frame.clockSays(this.#clock());
      code = call(frame.bytes);
    }
    this.#check(code);
    return frame;
  }

  #check(code: number): void {
    if (code !== 0) {
      throw this.#failure();
    }
  }

  #failure(): Error {
    const detail = this.#native.detail();
    return detail ? toError(detail) : new Error("tink-webhooks failed without a reason; please report it");
  }
}

/** Marks the default handler, whose secret is read at the first verification. */
const deferred: WebhookHandlerOptions = Object.freeze({});

/** The default handler of the module: handlers can be registered on it before the environment is loaded. */
export const defaultHandler = new WebhookHandler(deferred);

/** A key as the core takes it: text without bytes is no event type. */
function key(eventType: unknown): string {
  if (typeof eventType !== "string") {
    throw new TypeError(`the event type must be a string, not ${describe(eventType)}`);
  }
  if (!eventType.isWellFormed()) {
    throw failure("unknown_event_type");
  }
  return eventType;
}

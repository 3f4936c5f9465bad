import { failure, toError } from "./errors";
import { givenEvent, typeNumber } from "./event";
import { describe } from "./frame";
import { HandlerError } from "./handler-error";
import { isThenable, refuseIterator, refuseWhatRunsNothing } from "./handler-result";
import { native, type State } from "./native";
import { later, warn } from "./runtime";
import type { EventFor, EventKey, Handler, WebhookEvent } from "./types";

/** Options of {@link Dispatcher.registerHandler} and {@link Dispatcher.on}. */
export interface RegisterOptions {
  /** Accept also a name that looks like a typo of a known one; `false` by default. */
  allowUnknown?: boolean | undefined;
}

/** Where warnings go: the logger of an adapter. */
export interface WarningLogger {
  warn(message: string, fields: { code: string }): unknown;
}

/** What the runtime was told. Objects that are made again and again give the same texts. */
const emitted = new Set<string>();

/** The warnings of one handler object, each once: to the first adapter's logger, else to the runtime. */
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
      later(() => this.#tell()); // an adapter with a logger may be made until then
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
        warn(message, code);
      }
    }
  }
}

/** Names come from outside, if only in signed deliveries: the number of remembered lookups has a limit. */
const REMEMBERED_NAMES = 1_000;
const REMEMBERED_CHARACTERS = 100;

/**
 * Runs the handlers of events that were verified elsewhere: for workers, which take events from a queue. It has no
 * secret and verifies nothing; a {@link WebhookHandler} is one that also verifies. Make it once and keep it.
 *
 * @example
 * ```js
 * const worker = new Dispatcher();
 * worker.on("payment:updated", async (event) => console.log(event.data.status));
 * await worker.dispatch(WebhookEvent.deserialize(text)); // as it came out of the queue
 * ```
 */
export class Dispatcher {
  readonly #native: State = native.create();
  readonly #warnings = new Warnings();
  /** The functions by slot, which is all that the registry knows of them, and how many keys each is under. */
  readonly #slots = new Map<number, { handler: Handler; keys: number }>();
  readonly #slotOf = new Map<Handler, number>();
  #nextSlot = 0;
  /** What runs for a name, until something is registered or unregistered. */
  readonly #matches = new Map<string, readonly Handler[]>();

  /** @internal Tells what is likely to be wrong, once. */
  warn(code: string, text: string): void {
    this.#warnings.add(code, text);
  }

  /** @internal What is likely to be wrong with the configuration goes to this logger, of the first adapter that has one. */
  warnTo(logger: WarningLogger): void {
    this.#warnings.tellTo(logger);
  }

  /** @internal Gives back what no collector sees. The object is not used afterwards. */
  release(): void {
    this.#native.release?.();
  }

  /**
   * Runs all handlers of an event that was made earlier, one after the other, and awaits each. What is registered or
   * unregistered meanwhile counts from the next dispatch on.
   *
   * @param event an event of `constructEvent`, `parseEvent` or `WebhookEvent.deserialize`
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
        if (result !== undefined) {
          refuseIterator(isThenable(result) ? await result : result);
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
    refuseWhatRunsNothing(handler);
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
   * Short for {@link Dispatcher.registerHandler}, for one event type or several.
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

  /** @internal How many handlers an event runs. */
  matchingCount(event: WebhookEvent): number {
    return this.#matching(event).length;
  }

  #functions(slots: readonly number[]): Handler[] {
    return slots.flatMap((slot) => this.#slots.get(slot)?.handler ?? []);
  }

  #failure(): Error {
    const fields = this.#native.takeError();
    return fields ? toError(fields) : new Error("tink-webhooks failed without a reason; please report it");
  }
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

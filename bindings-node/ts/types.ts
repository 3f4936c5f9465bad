import type { EventData } from "./data";

/** `Buffer` where a program has the types of Node, else `Uint8Array`. */
export type RawBytes = typeof globalThis extends { Buffer: { allocUnsafeSlow(size: number): infer Made } }
  ? Made
  : Uint8Array;

/** What its signature proves about a delivery. */
export interface Verification {
  /** The scheme that matched. */
  readonly scheme: "v1" | "body";
  /** The verified `t`, in unix seconds; `undefined` for scheme `body`, which carries no time. */
  readonly signedAt: number | undefined;
  /** Which secret matched, counted from 0: it shows when an old one is no longer in use. */
  readonly secretIndex: number;
  /**
   * Names one signed delivery, for logs: 32 hex digits, `undefined` for scheme `body`. It is not an idempotency key, as
   * a retry may be signed anew.
   */
  readonly deliveryId: string | undefined;
}

/** The wire name of a known event, such as `refresh:finished`. */
export type EventName = keyof EventData & string;

/** `refresh:finished` becomes `refresh_finished`. */
type Snake<Name extends string> = Name extends `${infer Left}:${infer Right}`
  ? Snake<`${Left}_${Right}`>
  : Name extends `${infer Left}.${infer Right}`
    ? Snake<`${Left}_${Right}`>
    : Name extends `${infer Left}-${infer Right}`
      ? Snake<`${Left}_${Right}`>
      : Name;

/** The snake_case type of a known event, such as `refresh_finished`. */
export type EventType = Snake<EventName>;

/** The fields and functions of every event. */
export interface EventOf<Type extends string, Name extends string, Data> {
  /** The event type in snake_case, `unknown` for a name this library does not know. */
  readonly type: Type;
  /** The exact wire name, such as `refresh:finished`. */
  readonly name: Name;
  /**
   * `content` (Events v2) or `data` (community envelope), made on first access; `{}` where there is none. It is not
   * checked: the type states what Tink documents.
   */
  readonly data: Data;
  /** The payload's `context`, made on first access; `undefined` if it is not an object. */
  readonly context: Record<string, unknown> | undefined;
  /** `userId`: a non-empty string from the context, else from the data; `undefined` if there is none. */
  readonly userId: string | undefined;
  /** `externalUserId`, found the same way as `userId`. */
  readonly externalUserId: string | undefined;
  /**
   * When it happened: the payload's `timestamp`, else the verified `t`, else the time of receipt. A new `Date` each
   * time.
   */
  readonly timestamp: Date;
  /** The whole payload, made on first access. */
  readonly raw: Record<string, unknown>;
  /**
   * The bytes that were delivered: a copy, made on first access. In Node a `Buffer`, at the edge and over WebAssembly by
   * name a `Uint8Array`.
   */
  readonly rawBody: RawBytes;
  /** What the signature proves; `undefined` for an event from `parseEvent`. */
  readonly verification: Verification | undefined;
  /**
   * Names the occurrence that the event is about: 32 hex digits, the same for a copy, for a retry whatever its time of
   * signing, and under every secret, as long as Tink sends the same bytes. What an effect is done once under.
   *
   * `undefined` for events whose content names no occurrence: signals, which say "go and look" and of which two true
   * ones can have equal bytes, the events of the community envelope, names that this library does not know, and where a
   * field that names the occurrence is missing or empty (docs/events.md lists the fields). Handle those each time they
   * come. It is computed at each access.
   */
  readonly idempotencyKey: string | undefined;
  /**
   * The event as text, for a queue: `WebhookEvent.deserialize` makes the event from it again. It is the same text in
   * every language of this library, each of which reads it. It holds the payload, and is as trustworthy as the queue:
   * whoever can write to the queue can forge events.
   */
  serialize(): string;
  /**
   * A summary without the payload, so that a JSON logger cannot leak it. It is not the text of an event: a queue that
   * turns its jobs into JSON is given `event.serialize()`.
   */
  toJSON(): Pick<EventOf<Type, Name, Data>, "type" | "name" | "timestamp" | "verification">;
}

/** Stands for every name that is not a known one, as TypeScript has no type for "any other text". */
declare enum OtherName {
  Any = "any other name",
}

/**
 * An event whose name this library does not know; `data` is `unknown`.
 *
 * The second part only lets `name` be compared with any text. Its `data` is `never`, so that it adds nothing to what
 * `event.name === "refresh:finished"` tells about the data of a `WebhookEvent`.
 */
export type UnknownEvent = EventOf<"unknown", OtherName, unknown> | EventOf<"unknown", string, never>;

/** The known events by their wire names. */
type KnownEvents = { [Name in EventName]: EventOf<Snake<Name>, Name, EventData[Name]> };

/** The event of a wire name or a snake_case type: `TinkEvent<"refresh:finished">`. */
export type TinkEvent<Key extends EventName | EventType> = Extract<
  KnownEvents[EventName],
  Pick<EventOf<string, Key, unknown>, "name"> | Pick<EventOf<Key, string, unknown>, "type">
>;

/**
 * An event. `if (event.type === "refresh_finished")` and `if (event.name === "refresh:finished")` tell the compiler
 * what `event.data` holds.
 */
export type WebhookEvent = KnownEvents[EventName] | UnknownEvent;

/** What a handler can be registered for. Any other name with a `:`, `.` or `-` works too. */
export type EventKey = EventName | EventType | "*" | "unknown" | (string & {});

/** The event that a handler of this key gets. */
export type EventFor<Key extends string> = string extends Key
  ? WebhookEvent
  : Key extends EventName | EventType
    ? TinkEvent<Key>
    : Key extends "*"
      ? WebhookEvent
      : UnknownEvent;

/** Your function for events. What it returns is awaited. If it throws or rejects, the dispatch fails in the end. */
export type Handler<Event = WebhookEvent> = (event: Event) => unknown;

/// <reference types="node" preserve="true" />
import type { EventData } from "./data";

/** What is proven about a delivery. */
export interface Verification {
  /** The scheme that matched. */
  readonly scheme: "v1" | "body";
  /** The verified `t`, in unix seconds; a bare signature carries none. */
  readonly signedAt: number | undefined;
  /** Which secret matched, counted from 0: shows when an old one is no longer in use. */
  readonly secretIndex: number;
  /** The idempotency key, 32 hex digits: Tink sends no other. `undefined` for bare signatures. */
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

/** What every event has. */
export interface EventOf<Type extends string, Name extends string, Data> {
  /** The event type in snake_case, `unknown` for a name this library does not know. */
  readonly type: Type;
  /** The exact wire name, such as `refresh:finished`. */
  readonly name: Name;
  /** `content` (Events v2) or `data` (community); `{}` where there is none. Not checked: the type states what Tink documents. */
  readonly data: Data;
  /** `context`, if it is an object. */
  readonly context: Record<string, unknown> | undefined;
  /** `userId`: a non-empty string from the context, else from the data. */
  readonly userId: string | undefined;
  /** `externalUserId`, found the same way. */
  readonly externalUserId: string | undefined;
  /** When it happened: the payload's word, else the verified `t`, else the time of receipt. A new `Date` each time. */
  readonly timestamp: Date;
  /** The whole payload. */
  readonly raw: Record<string, unknown>;
  /** The bytes that were delivered; a copy that is made once. */
  readonly rawBody: Buffer;
  /** What was proven; `undefined` for an event from `parseEvent`. */
  readonly verification: Verification | undefined;
  /**
   * Text that `WebhookEvent.from` makes the event of again: the way through a queue, to be dispatched there. It holds
   * the payload, and is as trustworthy as the queue: whoever can write to it can forge events.
   */
  serialize(): string;
  /** A summary without the payload, so that a JSON logger cannot leak it. */
  toJSON(): { type: Type; name: Name; timestamp: Date; verification: Verification | undefined };
}

/** Stands for every name that is not a known one, as TypeScript cannot say "any other text". */
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
  { readonly name: Key } | { readonly type: Key }
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

/** Your function for events. What it returns is awaited; what it throws makes the dispatch fail. */
export type Handler<Event = WebhookEvent> = (event: Event) => unknown;

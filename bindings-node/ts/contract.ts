// What the native half does: the addon, and the WebAssembly module in its place.

/** The fields of an error of the core, from which `errors.ts` makes an error object. */
export interface ErrorFields {
  kind: string;
  reason: string;
  status: number;
  message: string;
  hint?: string;
  age?: number;
  tolerance?: number;
}

/** Options, their types checked. */
export interface Config {
  secret?: Uint8Array;
  secrets?: Uint8Array[];
  environment?: string;
  tolerance?: number;
  windowOff: boolean;
  schemes?: string[];
  maxBodyBytes?: number;
}

/** Indices of the numbers of a frame's request, at its beginning: `frame.ts` writes them, and both native halves read. */
export const enum Request {
  Answer = 0,
  Signature = 1,
  SignatureLength = 2,
  Body = 3,
  BodyLength = 4,
  Clock = 5,
  ClockSays = 6,
  /** Written by the addon: 1 if the delivery id is the beginning of the header's last 64 characters. */
  IdInSignature = 7,
}

/**
 * A call over a frame, and a body that is not in it. 0 is success, 1 asks for the clock, any other number has its error
 * in `takeError`.
 */
export type FrameCall = (frame: Uint8Array, outside: Uint8Array | undefined) => number;

/** The closures of one handler object. */
export interface State {
  configure(config: Config): number;
  construct: FrameCall;
  parse: FrameCall;
  verify: FrameCall;
  /** Why a delivery is refused; `null` where there is no secret. `now` is in unix seconds. Not over the smaller module. */
  explain?(body: Uint8Array, signature: Uint8Array | undefined, now: number): ExplanationFields | null;
  /** The error of the latest call that failed, once. */
  takeError(): ErrorFields | null;
  maxBodyBytes(): number | null;
  warnings(): string[];
  register(key: string, slot: number, allowUnknown: boolean): boolean | null;
  unregister(key: string): number[] | null;
  matching(type: number, name: string): number[];
  keys(): string[];
  slots(key: string): number[];
  /** Gives back what belongs to the object, where no collector does. It is not used afterwards. */
  release?(): void;
}

/** A verification as it was stored with its event. */
export interface StoredVerification {
  scheme: string;
  signedAt?: number | undefined;
  secretIndex: number;
  deliveryId?: string | undefined;
}

/** What the text of an event holds. */
export interface StoredEvent {
  body: string;
  timestamp: number;
  verification?: StoredVerification | undefined;
}

/** What was found about a delivery that does not verify. */
export interface ExplanationFields {
  causes: string[];
  proved: boolean;
  place: string;
  fix: string;
  text: string;
  secretIndex?: number;
  originalBody?: Uint8Array;
}

/** The functions of the native half. `src/lib.rs` documents them, and a type test holds these declarations to it. */
export interface Native {
  eventTypes(): string[];
  version(): string;
  create(): State;
  sign(body: Uint8Array, secret: Uint8Array, scheme: string, signedAt: number): string | ErrorFields;
  explain?(
    body: Uint8Array,
    signature: Uint8Array | null | undefined,
    secrets: Uint8Array[],
    now: number,
  ): ExplanationFields;
  mayExplain?(seconds: number): boolean;
  restore(
    frame: Uint8Array,
    timestamp: number,
    verification: StoredVerification | undefined,
    outside: Uint8Array | null | undefined,
  ): ErrorFields | null;
  serialize(body: Uint8Array, timestamp: number, verification: StoredVerification | undefined): string;
  readText(text: Uint8Array): StoredEvent | ErrorFields;
  idempotencyKey(type: number, body: Uint8Array, start: number, end: number): string | null;
  decode?(text: Uint8Array, start: number, end: number, out: Uint8Array): number;
  keyWarning(key: string): string | null;
  dispatchFailed(reasons: (string | undefined)[]): ErrorFields;
  errorOf(reason: string, message: string | undefined): ErrorFields | null;
  exampleBody(eventType: string): string | null;
}

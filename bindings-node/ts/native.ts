import { loadLibrary } from "./platform";

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

/**
 * A call over a frame, and a body that is not in it. 0 is success, 1 asks for the clock, any other number has its error
 * in `takeError`.
 */
export type FrameCall = (frame: Buffer, outside: Buffer | undefined) => number;

/** The closures of one handler object. */
export interface State {
  configure(config: Config): number;
  construct: FrameCall;
  parse: FrameCall;
  verify: FrameCall;
  /** Why a delivery is refused; `null` where there is no secret. `now` is in unix seconds. */
  explain(body: Uint8Array, signature: Uint8Array | undefined, now: number): ExplanationFields | null;
  /** The error of the latest call that failed, once. */
  takeError(): ErrorFields | null;
  maxBodyBytes(): number | null;
  warnings(): string[];
  register(key: string, slot: number, allowUnknown: boolean): boolean | null;
  unregister(key: string): number[] | null;
  matching(type: number, name: string): number[];
  keys(): string[];
  slots(key: string): number[];
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
  originalBody?: Buffer;
}

/** The functions of the native half. */
export interface Native {
  eventTypes(): string[];
  version(): string;
  create(): State;
  sign(body: Uint8Array, secret: Uint8Array, scheme: string, signedAt: number): string | ErrorFields;
  explain(body: Uint8Array, signature: Uint8Array | undefined, secrets: Uint8Array[], now: number): ExplanationFields;
  mayExplain(seconds: number): boolean;
  restore(
    frame: Buffer,
    timestamp: number,
    verification: StoredVerification | undefined,
    outside: Buffer | undefined,
  ): ErrorFields | null;
  serialize(body: Buffer, timestamp: number, verification: StoredVerification | undefined): string;
  readText(text: Buffer): StoredEvent | ErrorFields;
  idempotencyKey(type: number, body: Buffer, start: number, end: number): string | null;
  decode(text: Buffer, start: number, end: number, out: Buffer): number;
  keyWarning(key: string): string | null;
  dispatchFailed(reasons: (string | undefined)[]): ErrorFields;
  errorOf(reason: string, message: string | undefined): ErrorFields | null;
  exampleBody(eventType: string): string | null;
}

/** The native half. `src/lib.rs` documents it, and a type test holds these declarations to it. */
export const native = loadLibrary() as Native;

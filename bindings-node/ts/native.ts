import { loadLibrary } from "./platform";

/** What an error of the core says. */
export interface Detail {
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

/** A call over a frame. 0 is success, 1 asks for the clock, any other number has its reason in `detail`. */
export type FrameCall = (frame: Buffer) => number;

/** The closures of one handler object. */
export interface State {
  configure(config: Config): number;
  construct: FrameCall;
  parse: FrameCall;
  verify: FrameCall;
  detail(): Detail | null;
  maxBodyBytes(): number | null;
  register(key: string, slot: number, allowUnknown: boolean): boolean | null;
  unregister(key: string): number[] | null;
  matching(type: number, name: string): number[];
  keys(): string[];
  slots(key: string): number[];
}

/** What an earlier verification proved. */
export interface Proven {
  scheme: string;
  signedAt?: number | undefined;
  secretIndex: number;
  deliveryId?: string | undefined;
}

interface Native {
  eventTypes(): string[];
  version(): string;
  create(): State;
  sign(body: Uint8Array, secret: Uint8Array, scheme: string, signedAt: number | undefined): string | Detail;
  restore(frame: Buffer, timestamp: number, proven: Proven | undefined): Detail | null;
  handlersFailed(failed: number): Detail;
  errorOf(reason: string, message: string | undefined): Detail | null;
  exampleBody(eventType: string): string | null;
}

/** The native half; `src/lib.rs` documents it. */
export const native = loadLibrary() as Native;

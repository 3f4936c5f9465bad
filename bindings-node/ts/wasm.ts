// The native half over the WebAssembly module: the same functions as those of the addon. bindings-wasm/README.md has the
// protocol. It uses nothing of Node: it is for the edge, and for Node where the addon of the platform is missing.
import {
  type Config,
  type ErrorFields,
  type FrameCall,
  type Native,
  Request,
  type State,
  type StoredVerification,
} from "./contract";

/** The functions of the module, as the protocol has them. */
export interface Core {
  readonly memory: { readonly buffer: ArrayBuffer };
  protocol(): number;
  arena(size: number): number;
  record(): number;
  error(): number;
  create(): number;
  release(handler: number): void;
  configure(
    handler: number,
    given: number,
    secrets: number,
    tolerance: number,
    maxBodyBytes: number,
    length: number,
  ): number;
  max_body_bytes(handler: number): number;
  warnings(handler: number): number;
  verify: Deliver;
  construct: Deliver;
  parse: Deliver;
  register(handler: number, key: number, slot: number, allowUnknown: number): number;
  unregister(handler: number, key: number): number;
  matching(handler: number, type: number, name: number): number;
  keys(handler: number): number;
  slots(handler: number, key: number): number;
  sign(secret: number, scheme: number, body: number, signedAt: number): number;
  restore: OfStored;
  serialize: OfStored;
  read_text(text: number): number;
  idempotency_key(type: number, body: number, start: number, end: number): number;
  version(): void;
  event_types(): void;
  key_warning(key: number): number;
  example_body(type: number): number;
  dispatch_failed(reasons: number): number;
  fail(reason: number, message: number): number;
}
type Deliver = (handler: number, signature: number, body: number, ask: number, now: number) => number;
type OfStored = (
  deliveryId: number,
  body: number,
  timestamp: number,
  scheme: number,
  signedAt: number,
  secretIndex: number,
) => number;

/** The protocol that this file speaks. */
const PROTOCOL = 1;
/** The record, in words of eight bytes: what an answer has, and the place of the result in bytes. */
const ANSWER_WORDS = 21;
const RESULT_BYTES = 168;
const ABSENT = 0xffff_ffff;
/** The code for a broken protocol. */
const MISUSE = 2;

/** Which options were given, in bits. */
const enum Given {
  Several = 1,
  Environment = 2,
  Tolerance = 4,
  WindowOff = 8,
  Schemes = 16,
  Cap = 32,
}

const encoder = new TextEncoder();
/** A byte order mark is a character like any other: the core judges it. */
export const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The memory that is shared with the module, and the calls over it. */
export class Memory {
  readonly core: Core;
  readonly #recordAt: number;
  #arenaAt = 0;
  #arenaSize = 0;
  #bytes = new Uint8Array();
  #answer = new Float64Array();
  /** What ended the module. Its memory is then in no known state. */
  #ended: unknown;

  constructor(exported: object) {
    this.core = exported as Core;
    if (this.core.protocol() !== PROTOCOL) {
      throw new Error("tink-webhooks: the WebAssembly module is that of another version; install the package again");
    }
    this.#recordAt = this.core.record();
  }

  /** Calls the module. Nothing calls it again after a trap, nor after the host ended a call for want of stack. */
  run<T>(call: (core: Core) => T): T {
    if (this.#ended !== undefined) {
      throw this.#mistake();
    }
    try {
      return call(this.core);
    } catch (error) {
      this.#ended = error;
      throw this.#mistake();
    }
  }

  /** Whether the module can be called. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  #mistake(): Error {
    const text =
      "a mistake inside tink-webhooks ended its WebAssembly module, which is not used again; please report it";
    return new Error(text, { cause: this.#ended });
  }

  /** Looks at the memory anew where a call has made it grow. */
  #look(): void {
    if (this.#bytes.length === 0) {
      const { buffer } = this.core.memory;
      this.#bytes = new Uint8Array(buffer);
      this.#answer = new Float64Array(buffer, this.#recordAt, ANSWER_WORDS);
    }
  }

  /** The arena with room for so many bytes: the memory, in which it begins at `arenaAt`. */
  arena(size: number): Uint8Array {
    if (size > this.#arenaSize) {
      const at = this.run((core) => core.arena(size));
      if (at === 0) {
        this.#arenaSize = 0;
        throw new RangeError(`there is no memory for ${size} bytes`);
      }
      this.#arenaAt = at >>> 0;
      this.#arenaSize = size;
    }
    this.#look();
    return this.#bytes;
  }

  get arenaAt(): number {
    return this.#arenaAt;
  }

  /** Writes arguments, one behind the other. */
  place(...parts: readonly Uint8Array[]): void {
    const bytes = this.arena(parts.reduce((size, part) => size + part.length, 0));
    let next = this.#arenaAt;
    for (const part of parts) {
      bytes.set(part, next);
      next += part.length;
    }
  }

  /** The numbers of the record, and the delivery id in the last two. */
  get answer(): Float64Array {
    this.#look();
    return this.#answer;
  }

  /** The bytes of the result, until the next call. */
  get result(): Uint8Array {
    this.#look();
    const [at, size] = new Uint32Array(this.core.memory.buffer, this.#recordAt + RESULT_BYTES, 2) as unknown as [
      number,
      number,
    ];
    return this.#bytes.subarray(at, at + size);
  }

  text(): string {
    return decoder.decode(this.result);
  }

  /** The texts of the result, until the next call; `undefined` for one that is absent. */
  parts(): (Uint8Array | undefined)[] {
    const { result } = this;
    const view = new DataView(result.buffer, result.byteOffset, result.length);
    const parts: (Uint8Array | undefined)[] = [];
    for (let at = 0; at < result.length; ) {
      const size = view.getUint32(at, true);
      at += 4;
      if (size === ABSENT) {
        parts.push(undefined);
      } else {
        parts.push(result.subarray(at, at + size));
        at += size;
      }
    }
    return parts;
  }

  texts(): (string | undefined)[] {
    return this.parts().map((part) => part && decoder.decode(part));
  }

  slots(): number[] {
    const { result } = this;
    const view = new DataView(result.buffer, result.byteOffset, result.length);
    return Array.from({ length: result.length / 4 }, (_, index) => view.getUint32(index * 4, true));
  }

  /** The error of the latest call that failed, once. */
  takeError(): ErrorFields | null {
    if (this.run((core) => core.error()) === 0) {
      return null;
    }
    const [status, age, tolerance] = this.answer as unknown as [number, number, number];
    const [kind, reason, , hint, message] = this.texts() as [string, string, string, string | undefined, string];
    const fields: ErrorFields = { kind, reason, status, message };
    if (hint !== undefined) {
      fields.hint = hint;
    }
    if (!Number.isNaN(age)) {
      fields.age = age;
    }
    if (!Number.isNaN(tolerance)) {
      fields.tolerance = tolerance;
    }
    return fields;
  }

  /** The error that a call failed with. */
  failure(): ErrorFields {
    const fields = this.takeError();
    if (!fields) {
      throw new Error("tink-webhooks failed without a reason; please report it");
    }
    return fields;
  }
}

/** The text behind its length. */
export function framed(text: Uint8Array | undefined): Uint8Array[] {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, text ? text.length : ABSENT, true);
  return text ? [size, text] : [size];
}

export const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((size, part) => size + part.length, 0);

/** What a module can do besides: see `wasm-explain.ts`. */
export interface More {
  native(memory: Memory): Partial<Native>;
  state(memory: Memory, handle: number): Partial<State>;
}

/**
 * The native half over the exports of an instance of the module.
 *
 * @throws {Error} if it is the module of another version
 */
export function connect(exported: object, more?: More): Native {
  // Not named `exports`: in CommonJS that is where this file's own are.
  const memory = new Memory(exported);
  const { core } = memory;

  const free = (handle: number): void => {
    if (memory.alive) {
      memory.run(() => core.release(handle));
    }
  };
  // Runtimes without it keep what belongs to handler objects that are gone.
  const collected = typeof FinalizationRegistry === "function" ? new FinalizationRegistry<number>(free) : undefined;

  /** The frame of the latest call, whose numbers are then at hand. */
  let frameBytes: Uint8Array | undefined;
  let frameNumbers: Float64Array = new Float64Array();
  /** A part of it, where the latest signature lay. The next one most often lies there, and is as long. */
  let signaturePart: Uint8Array | undefined;

  function numbersOf(frame: Uint8Array): Float64Array {
    if (frame !== frameBytes) {
      frameBytes = frame;
      frameNumbers = new Float64Array(frame.buffer, frame.byteOffset, frame.length >>> 3);
      signaturePart = undefined;
    }
    return frameNumbers;
  }

  /** A part of a frame. Its own `subarray` takes longer where it is a Buffer. */
  const part = (frame: Uint8Array, start: number, size: number) =>
    new Uint8Array(frame.buffer, frame.byteOffset + start, size);

  function signatureOf(frame: Uint8Array, start: number, size: number): Uint8Array {
    if (signaturePart?.length !== size || signaturePart.byteOffset !== frame.byteOffset + start) {
      signaturePart = part(frame, start, size);
    }
    return signaturePart;
  }

  /** A call over a frame: its arguments go into the arena, and the answer comes back. */
  function deliver(handle: number, call: Deliver): FrameCall {
    return (frame, outside) => {
      const numbers = numbersOf(frame);
      const signature = numbers[Request.SignatureLength] as number;
      const size = outside ? outside.length : (numbers[Request.BodyLength] as number);
      const signatureBytes = signature > 0 ? signature : 0;
      const bytes = memory.arena(signatureBytes + size);
      const at = memory.arenaAt;
      if (signature > 0) {
        bytes.set(signatureOf(frame, numbers[Request.Signature] as number, signature), at);
      }
      bytes.set(outside ?? part(frame, numbers[Request.Body] as number, size), at + signatureBytes);
      const [ask, now] = [numbers[Request.Clock] as number, numbers[Request.ClockSays] as number];
      const code = memory.run(() => call(handle, signature, size, ask, now));
      if (code === 0) {
        numbers.set(memory.answer, (numbers[Request.Answer] as number) >>> 3);
      }
      return code;
    };
  }

  function create(): State {
    const handle = memory.run(() => core.create());
    const call = (work: () => number): number => memory.run(work);
    const withKey = (key: string): number => {
      const bytes = encoder.encode(key);
      memory.place(bytes);
      return bytes.length;
    };
    const state: State = {
      configure: (config) => configure(handle, config),
      construct: deliver(handle, core.construct),
      parse: deliver(handle, core.parse),
      verify: deliver(handle, core.verify),
      takeError: () => memory.takeError(),
      maxBodyBytes: () => {
        const bytes = memory.run(() => core.max_body_bytes(handle));
        return bytes < 0 ? null : bytes;
      },
      warnings: () => (call(() => core.warnings(handle)) === 0 ? (memory.texts() as string[]) : []),
      register: (key, slot, allowUnknown) => {
        const size = withKey(key);
        const code = call(() => core.register(handle, size, slot, allowUnknown ? 1 : 0));
        return code === 0 ? memory.answer[0] === 1 : null;
      },
      unregister: (key) => {
        const size = withKey(key);
        return call(() => core.unregister(handle, size)) === 0 ? memory.slots() : null;
      },
      matching: (type, name) => {
        const size = withKey(name);
        return call(() => core.matching(handle, type, size)) === 0 ? memory.slots() : [];
      },
      keys: () => (call(() => core.keys(handle)) === 0 ? (memory.texts() as string[]) : []),
      slots: (key) => {
        const size = withKey(key);
        return call(() => core.slots(handle, size)) === 0 ? memory.slots() : [];
      },
      release: () => {
        collected?.unregister(state);
        free(handle);
      },
      ...more?.state(memory, handle),
    };
    collected?.register(state, handle, state);
    return state;
  }

  function configure(handle: number, config: Config): number {
    let given = 0;
    const several = config.secrets ?? (config.secret ? [config.secret] : undefined);
    let secrets = several ?? [];
    if (config.secrets) {
      given |= Given.Several;
    }
    if (!several) {
      given |= Given.Environment;
      secrets = config.environment === undefined ? [] : [encoder.encode(config.environment)];
    }
    if (config.tolerance !== undefined) {
      given |= Given.Tolerance;
    }
    if (config.windowOff) {
      given |= Given.WindowOff;
    }
    if (config.schemes) {
      given |= Given.Schemes;
    }
    if (config.maxBodyBytes !== undefined) {
      given |= Given.Cap;
    }
    const names = (config.schemes ?? []).map((name) => encoder.encode(name));
    const parts = [...secrets, ...names].flatMap(framed);
    memory.place(...parts);
    const [tolerance, cap] = [config.tolerance ?? 0, config.maxBodyBytes ?? 0];
    return memory.run(() => core.configure(handle, given, secrets.length, tolerance, cap, sizeOf(parts)));
  }

  /** Calls with an event as it was stored. */
  function ofStored(
    call: OfStored,
    body: Uint8Array,
    timestamp: number,
    verification: StoredVerification | undefined,
  ): number {
    const id = verification?.deliveryId === undefined ? undefined : encoder.encode(verification.deliveryId);
    const scheme = verification ? (verification.scheme === "v1" ? 1 : 2) : 0;
    const { signedAt = 0, secretIndex = 0 } = verification ?? {};
    memory.place(...(id ? [id, body] : [body]));
    return memory.run(() => call(id ? id.length : -1, body.length, timestamp, scheme, signedAt, secretIndex));
  }

  /** Calls with one text, and gives the result; `null` for an empty one. */
  function about(text: string, call: (size: number) => number): string | null {
    const bytes = encoder.encode(text);
    memory.place(bytes);
    return memory.run(() => call(bytes.length)) === 0 ? memory.text() || null : null;
  }

  return {
    eventTypes: () => {
      memory.run(() => core.event_types());
      return memory.texts() as string[];
    },
    version: () => {
      memory.run(() => core.version());
      return memory.text();
    },
    create,
    sign: (body, secret, scheme, signedAt) => {
      const name = encoder.encode(scheme);
      memory.place(secret, name, body);
      const code = memory.run(() => core.sign(secret.length, name.length, body.length, signedAt));
      return code === 0 ? memory.text() : memory.failure();
    },
    restore: (frame, timestamp, verification, outside) => {
      const numbers = numbersOf(frame);
      const body = outside ?? part(frame, numbers[Request.Body] as number, numbers[Request.BodyLength] as number);
      if (ofStored(core.restore, body, timestamp, verification) !== 0) {
        return memory.failure();
      }
      numbers.set(memory.answer, (numbers[Request.Answer] as number) >>> 3);
      return null;
    },
    serialize: (body, timestamp, verification) => {
      // An event has no other verification than one that was proven.
      if (ofStored(core.serialize, body, timestamp, verification) !== 0) {
        throw new Error(memory.failure().message);
      }
      return memory.text();
    },
    readText: (text) => {
      memory.place(text);
      if (memory.run(() => core.read_text(text.length)) !== 0) {
        return memory.failure();
      }
      const { answer } = memory;
      const [scheme, signedAt, secretIndex, , timestamp] = answer as unknown as number[] as [
        number,
        number,
        number,
        number,
        number,
      ];
      const stored = { body: memory.text(), timestamp };
      if (scheme === 0) {
        return stored;
      }
      const id = new Uint8Array(answer.buffer, answer.byteOffset + (ANSWER_WORDS - 2) * 8, 16);
      const deliveryId = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
      const verification =
        scheme === 1 ? { scheme: "v1", signedAt, secretIndex, deliveryId } : { scheme: "body", secretIndex };
      return { ...stored, verification };
    },
    idempotencyKey: (type, body, start, end) => {
      memory.place(body);
      return memory.run(() => core.idempotency_key(type, body.length, start, end)) === 0 ? memory.text() || null : null;
    },
    keyWarning: (key) => about(key, core.key_warning),
    dispatchFailed: (reasons) => {
      const parts = reasons.flatMap((reason) => framed(reason === undefined ? undefined : encoder.encode(reason)));
      memory.place(...parts);
      memory.run(() => core.dispatch_failed(sizeOf(parts)));
      return memory.failure();
    },
    errorOf: (reason, message) => {
      const name = encoder.encode(reason);
      const text = message === undefined ? undefined : encoder.encode(message);
      memory.place(...(text ? [name, text] : [name]));
      const code = memory.run(() => core.fail(name.length, text ? text.length : -1));
      return code === MISUSE ? null : memory.failure();
    },
    exampleBody: (eventType) => about(eventType, core.example_body),
    ...more?.native(memory),
  };
}

import { Dispatcher } from "./dispatcher";
import { failure, toError, type WebhookError } from "./errors";
import { readVerification, toEvent } from "./event";
import { ELSEWHERE, Explanation, signatureBytes } from "./explanation";
import { type Body, type Frame, fill, Given, Held, type Signature, toBytes } from "./frame";
import { type Config, type FrameCall, native, type State } from "./native";
import { secretFunction, toConfig, type WebhookHandlerOptions, withoutSecret, withSecretOf } from "./options";
import { LATE_SECRET } from "./runtime";
import type { Verification, WebhookEvent } from "./types";

/**
 * Verifies, parses and dispatches deliveries: a {@link Dispatcher} that also verifies. Make it once and keep it: it prepares its secrets when it is made.
 *
 * @example
 * ```js
 * const hooks = new WebhookHandler({ schemes: ["v1"] }); // the secret is that of TINK_WEBHOOK_SECRET
 * hooks.on("refresh:finished", async (event) => console.log(event.data.credentialsStatus));
 * await hooks.handleWebhook(body, request.headers["x-tink-signature"]);
 * ```
 */
export class WebhookHandler extends Dispatcher {
  /** What verifies; what registers and matches is the dispatcher's own. */
  readonly #native: State = native.create();
  #clock: (() => number) | undefined;
  /** Gives the configuration with the secret, at the first verification; until then. */
  #late: (() => Config) | undefined;
  #cap = -1;

  /**
   * Makes a handler.
   *
   * @throws {@link InvalidConfigError} if an option is not usable, or there is no secret
   * @throws TypeError if an option has the wrong type, or there is no such option
   */
  constructor(options: WebhookHandlerOptions = {}) {
    super();
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
    probe.release?.();
    this.#late = late;
  }

  #use(config: Config): void {
    if (this.#native.configure(config) !== 0) {
      throw withFunction(this.#failure());
    }
    this.#cap = this.#native.maxBodyBytes() ?? 0;
    this.#late = undefined;
    for (const warning of this.#native.warnings()) {
      this.warn("TINK_WEBHOOKS_SECRET", warning);
    }
  }

  /** @internal */
  override release(): void {
    this.#native.release?.();
    super.release();
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
   * @internal Says why a delivery is refused: as `explain`, under this handler's secrets, whose own text it has not kept: what was
   * done to a secret is not found. By this handler's clock.
   *
   * @throws {@link InvalidConfigError} if there is no secret
   * @throws TypeError if the body or the signature has the wrong type
   */
  explain(body: Body, signature: Signature): Explanation {
    if (!this.#native.explain) {
      throw failure("invalid_option", ELSEWHERE);
    }
    const given = new Given(body, signature);
    body = signature = undefined as never; // see Held
    this.maxBodyBytes; // asks for a secret that is not there yet
    const now = Math.floor((this.#clock ? this.#clock() : Date.now()) / 1_000);
    const found = this.#native.explain(toBytes(given), signatureBytes(given), now);
    if (!found) {
      throw failure("secret_not_configured");
    }
    return new Explanation(found);
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
    return readVerification(frame, frame.record, given.header) as Verification;
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
  return failure("secret_not_configured", `${error.message}; ${LATE_SECRET}`);
}

/** Marks the default handler, whose secret is read at the first verification. */
const deferred: WebhookHandlerOptions = Object.freeze({});

/** The default handler of the module: handlers can be registered on it before the environment is loaded. */
export const defaultHandler = new WebhookHandler(deferred);

import { setNames, WebhookError } from "./errors";
import { native } from "./native";
import type { WebhookEvent } from "./types";

/**
 * At least one handler failed; the others ran all the same. Answer 500, and Tink delivers again. Where each that failed
 * threw an `UnavailableError`, this is of that kind too, with the first one's reason: answer 503.
 */
export class HandlerError extends WebhookError {
  /** The event that was dispatched. */
  readonly event: WebhookEvent;
  /** What the handlers threw, in the order they ran; as in an `AggregateError`. */
  readonly errors: readonly unknown[];

  /** @internal */
  constructor(event: WebhookEvent, errors: unknown[]) {
    super(native.dispatchFailed(errors.map((error) => (WebhookError.is(error) ? error.reason : undefined))));
    this.event = event;
    this.errors = errors;
  }
}

setNames(HandlerError);

import { failure } from "./errors";
import { ELSEWHERE, Explanation, signatureBytes } from "./explanation";
import { type Body, describe, Given, Held, type Signature, toBytes } from "./frame";
import { native } from "./native";
import type { Secret } from "./options";
import { fromText } from "./runtime";

export { type Cause, Explanation } from "./explanation";

/**
 * Says why a delivery does not verify, or that it does: undoes what is known to happen to a body, a header or a secret on
 * its way, computes the MAC again, and reports as proved only what then verifies.
 *
 * A tool for whoever looks for the fault, and not for the way of an answer: a search computes up to 50,000 MACs and
 * hashes up to 128 MiB for them, and nothing else runs meanwhile. What it finds is never a reason to accept a delivery.
 *
 * @param body the body as it was received: bytes or text
 * @param signature the value of the `X-Tink-Signature` header
 * @param secrets one secret or several, as they are: also those that no handler accepts, with quotes or a line break. One
 *   of fewer than 16 bytes proves nothing
 * @param options `now`: unix seconds or a `Date`, for a delivery that was recorded; now by default
 * @returns what was found; it never fails for what it is given to explain
 * @throws {@link InvalidConfigError} if the time is not usable, and at the edge where nothing imports
 *   `tink-webhooks/explain`: the module that explains is another, larger one
 * @throws {@link InvalidPayloadError} `invalid_utf8` for text with lone surrogates
 * @throws TypeError if an argument has the wrong type
 */
export function explain(
  body: Body,
  signature: Signature,
  secrets: Secret | readonly Secret[] | null | undefined,
  options: { now?: number | Date | undefined } = {},
): Explanation {
  const given = new Given(body, signature);
  const keys = new Held<unknown>(secrets);
  body = signature = secrets = undefined as never; // see Held
  const { now = new Date() } = options ?? {};
  const seconds = now instanceof Date ? Number(now) / 1_000 : now;
  if (typeof seconds !== "number") {
    throw new TypeError(`now must be a number of seconds or a Date, not ${describe(seconds)}`);
  }
  if (!Number.isFinite(seconds)) {
    throw failure("invalid_option", "now is not a finite time");
  }
  if (!native.explain) {
    throw failure("invalid_option", ELSEWHERE);
  }
  return new Explanation(native.explain(toBytes(given), signatureBytes(given), listed(keys), seconds));
}

/** The bytes of every secret, whatever they are. */
function listed(given: Held<unknown>): Uint8Array[] {
  const secrets = Array.isArray(given.value) ? given.value : [given.value ?? []].flat();
  return secrets.map((secret: unknown, index) => {
    if (typeof secret === "string") {
      return fromText(secret);
    }
    if (secret instanceof Uint8Array) {
      return secret;
    }
    throw new TypeError(`secret ${index} must be a string or a Uint8Array, not ${describe(secret)}`);
  });
}

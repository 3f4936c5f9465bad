// stripe-node: a case in JSON per line; answers `accepts`, or `refuses` and the reason.

import { createInterface } from "node:readline";
import Stripe from "stripe";

const { signature } = new Stripe("sk_test_none").webhooks;

function answer({ body, header, secret, tolerance, now }) {
  try {
    // 0 switches the window off; null would be the default.
    signature.verifyHeader(Buffer.from(body, "hex"), header, secret, tolerance ?? 0, undefined, now * 1000);
    return "accepts";
  } catch (error) {
    const expected = error instanceof Stripe.errors.StripeSignatureVerificationError;
    return `refuses ${expected ? "" : `with ${error.name}: `}${error.message.trim().split("\n")[0]}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${answer(JSON.parse(line))}\n`);
}

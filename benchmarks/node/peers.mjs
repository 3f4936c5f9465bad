// What this library is compared with, for the timings and for the receivers under load.
import { createHmac, timingSafeEqual } from "node:crypto";
import Stripe from "stripe";

const stripe = new Stripe("sk_test_x");

export const stripeConstruct = (body, header, secret) => stripe.webhooks.constructEvent(body, header, secret);

/** The check of a signature as one writes it by hand, with what `node:crypto` has for it. */
export function checkByHand(body, header, secret) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header);
  const mac = createHmac("sha256", secret).update(`${t}.`).update(body).digest();
  if (!timingSafeEqual(mac, Buffer.from(v1, "hex"))) throw new Error("mismatch");
}

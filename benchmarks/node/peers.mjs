// What the peers do in Node, as their documentation says; called by the timings and by the receivers under load.
import Stripe from "stripe";

const stripe = new Stripe("sk_test_x");

export const stripeConstruct = (body, header, secret) => stripe.webhooks.constructEvent(body, header, secret);

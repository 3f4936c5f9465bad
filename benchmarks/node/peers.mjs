// The other libraries, used as their documentation says; for the timings and for the receivers under load.
import Stripe from "stripe";

const stripe = new Stripe("sk_test_x");

export const stripeConstruct = (body, header, secret) => stripe.webhooks.constructEvent(body, header, secret);

import type { IncomingMessage, ServerResponse } from "node:http";
import type { WebhookHandler } from "./handler";
import { webhookListener } from "./http";
import type { ReceiverOptions } from "./receive";

export type { LogFields, Logger, Outcome, ReceiverOptions } from "./receive";

/**
 * Makes a handler for Express 4 and 5, and for what is built on them, such as NestJS:
 * `app.post("/webhooks/tink", webhookHandler(hooks))`.
 *
 * Put it before `express.json()`, or give its path `express.raw({ type: "*\/*", limit: "2mb" })`; NestJS needs
 * `rawBody: true`. Behind a parsed body it answers 500, and the log names the line to add.
 *
 * @param hooks the handler object; the default handler if left out
 * @returns the handler. It answers every request itself, and never calls `next`. Its promise rejects only where it was
 *   given another framework's objects, such as those of NestJS on Fastify, before anything ran.
 * @throws TypeError if `hooks` or an option has the wrong type
 */
export function webhookHandler<Request extends IncomingMessage = IncomingMessage>(
  hooks?: WebhookHandler,
  options?: ReceiverOptions<Request>,
): (request: Request, response: ServerResponse, next?: unknown) => Promise<void> {
  return webhookListener(hooks, options);
}

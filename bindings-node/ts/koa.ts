import type { IncomingMessage, ServerResponse } from "node:http";
import { isNodePair, misplaced } from "./foreign";
import type { WebhookHandler } from "./handler";
import { isUnread, readBody, respond } from "./node-server";
import { Receiver, type ReceiverOptions } from "./receive";

export type { LogFields, Logger, Outcome, ReceiverOptions } from "./receive";

/** The parts of Koa's context that are used. */
export interface KoaContext {
  /** The request of `node:http`. */
  readonly req: IncomingMessage;
  /** The response of `node:http`. */
  readonly res: ServerResponse;
  /** Koa's request, on which a body parser may have left `rawBody`. */
  readonly request: object;
  /** The request's method, such as `POST`. */
  readonly method: string;
  /** The HTTP status of the response. */
  status: number;
  /** The body of the response. */
  body: unknown;
  /** `false` where the middleware has answered itself. */
  respond?: boolean | undefined;
  /** Sets headers of the response. */
  set(headers: Record<string, string>): void;
}

const FIX =
  "put app.use(router.routes()) with the webhook's route before app.use(bodyParser()), or use a parser that leaves the " +
  "raw text in ctx.request.rawBody, as koa-bodyparser does";

/**
 * Makes a middleware to mount on one path: `router.post("/webhooks/tink", webhookMiddleware(hooks))`.
 *
 * Put it before body parsers, or use one that keeps the raw text in `ctx.request.rawBody`. Behind a parsed body it
 * answers 500, and the log names the line to add.
 *
 * @param hooks the handler object; the default handler if left out
 * @returns the middleware. It answers every request itself, and never calls `next`. Its promise rejects only where it
 *   was given another framework's objects, before anything ran.
 * @throws TypeError if `hooks` or an option has the wrong type
 */
export function webhookMiddleware<Context extends KoaContext = KoaContext>(
  hooks?: WebhookHandler,
  options?: ReceiverOptions<Context>,
): (context: Context, next?: unknown) => Promise<void> {
  const receiver = new Receiver(hooks, options);
  const timeout = receiver.bodyTimeout;
  return async (context) => {
    if (!isNodePair(context?.req, context?.res) || typeof context.set !== "function") {
      return await receiver.refuse(misplaced("the context of Koa", context), context);
    }
    const { req, res, request } = context;
    const answer = await receiver.answer({
      method: context.method,
      signature: () => req.headers["x-tink-signature"],
      request: context,
      read: (limit) => readBody({ request: req, stream: req, timeout }, [request, req], limit, FIX),
    });
    if (isUnread(req)) {
      context.respond = false; // Koa has no way to say: send this, then close
      await respond(req, res, answer);
      return;
    }
    context.status = answer.status;
    context.set(answer.headers);
    context.body = answer.body;
  };
}

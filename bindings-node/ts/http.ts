import { isNodePair, misplaced } from "./foreign";
import type { WebhookHandler } from "./handler";
import { type NodeRequest, type NodeResponse, readBody, respond } from "./node-server";
import { Receiver, type ReceiverOptions } from "./receive";

export type { NodeRequest, NodeResponse } from "./node-server";
export type { LogFields, Logger, Outcome, ReceiverOptions } from "./receive";

/** What to do about a body that was read before, for whatever is built on `node:http`. */
const FIX =
  'put app.use("/webhooks/tink", express.raw({ type: "*/*", limit: "2mb" })) before app.use(express.json()) (Express), pass ' +
  "{ rawBody: true } to NestFactory.create (NestJS), or leave the bytes in req.rawBody in what reads them";

/**
 * Makes a listener for `createServer`, or for one path of your own: it takes a POST, runs the handlers and answers.
 *
 * The body is read from the request, up to the handler's `maxBodyBytes`. If another layer has left its bytes or its raw
 * text in `req.rawBody` or `req.body`, those are taken.
 *
 * @param hooks the handler object; the default handler if left out
 * @returns the listener. Its promise is settled when the answer was sent. It rejects only where it was given another
 *   framework's objects, before anything ran.
 * @throws TypeError if `hooks` or an option has the wrong type
 */
export function webhookListener<Request extends NodeRequest = NodeRequest>(
  hooks?: WebhookHandler,
  options?: ReceiverOptions<Request>,
): (request: Request, response: NodeResponse) => Promise<void> {
  const receiver = new Receiver(hooks, options);
  const timeout = receiver.bodyTimeout;
  return async (request, response) => {
    if (!isNodePair(request, response)) {
      return await receiver.refuse(misplaced("the request and the response of node:http", request, response), request);
    }
    const answer = await receiver.answer({
      method: request.method,
      signature: () => request.headers["x-tink-signature"],
      request,
      read: (limit) => readBody({ request, stream: request, timeout }, [request], limit, FIX),
    });
    await respond(request, response, answer);
  };
}

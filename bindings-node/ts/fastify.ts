import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { WebhookHandler } from "./handler";
import { isUnread, readBody, respond } from "./node-server";
import { type RawBody, Receiver, type ReceiverOptions } from "./receive";

export type { LogFields, Logger, Outcome, ReceiverOptions } from "./receive";

/** Options of the plugin. */
export interface TinkWebhooksOptions extends ReceiverOptions<FastifyRequest> {
  /** The handler object; the default handler if left out. */
  hooks?: WebhookHandler | undefined;
  /** The path that deliveries are posted to, below the `prefix` if there is one; `/webhooks/tink` by default. */
  path?: string | undefined;
}

/**
 * Under this the parser leaves on the request what the route needs. Not in a `WeakMap`: what that holds outlives the
 * collections of young objects, and each body would stay until a whole one.
 */
const kParsed = Symbol("tink-webhooks.parsed");
type Parsed = FastifyRequest & { [kParsed]?: { body: Promise<RawBody>; began: number } };

const FIX =
  "begin the onRequest or preParsing hook that reads the request with if (request.url === " +
  '"/webhooks/tink") return payload, or leave the bytes in request.rawBody there';

/**
 * A plugin with the route that receives deliveries:
 * `app.register(tinkWebhooks, { hooks, path: "/webhooks/tink" })`.
 *
 * It reads the bodies of its own route raw; other routes keep their parsers. Handlers run after the hooks of the
 * application, such as `preHandler`. Registering it rejects with a TypeError if an option has the wrong type.
 */
export const tinkWebhooks: FastifyPluginAsync<TinkWebhooksOptions> = async (app, options) => {
  // These are options of Fastify itself.
  const { hooks, path = "/webhooks/tink", prefix: _, logLevel: __, logSerializers: ___, ...rest } = options as Options;
  const receiver = new Receiver<FastifyRequest>(hooks, rest, ["hooks", "path"]);
  const timeout = receiver.bodyTimeout;

  const read = (request: FastifyRequest, limit: number, stream = request.raw) =>
    readBody({ request: request.raw, stream, timeout }, [request, request.raw], limit, FIX);

  const receive = async (request: FastifyRequest, reply: FastifyReply) => {
    const parsed = (request as Parsed)[kParsed];
    const answer = await receiver.answer({
      method: request.method,
      signature: () => request.headers["x-tink-signature"],
      request,
      began: parsed?.began,
      read: (limit) => parsed?.body ?? read(request, limit),
    });
    if (isUnread(request.raw)) {
      reply.hijack(); // Fastify has no way to say: send this, then close
      await respond(request.raw, reply.raw, answer);
      return reply;
    }
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  };

  // A parser gets the stream at once, even one that a preParsing hook has put in its place. An error of reading it is
  // left to the receiver, so that Fastify does not answer in words of its own. Tink's type is named, as Fastify remembers
  // the parser of a type, and looks for that of all others anew with every request.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(["application/json", "*"], async (request: FastifyRequest, payload: IncomingMessage) => {
    try {
      const began = receiver.begin();
      const body = read(request, receiver.hooks.maxBodyBytes, payload);
      (request as Parsed)[kParsed] = { body, began };
      return await body;
    } catch {
      return undefined;
    }
  });
  // Before the parser runs, Fastify refuses a Content-Type that is malformed. The receiver does not look at it.
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (!error.code?.startsWith("FST_ERR_CTP_")) {
      throw error;
    }
    return receive(request, reply);
  });
  app.all(path, receive); // whatever is not a POST is answered 405
};

type Options = TinkWebhooksOptions & { prefix?: unknown; logLevel?: unknown; logSerializers?: unknown };

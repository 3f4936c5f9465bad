// The adapters against the real types of the frameworks. Only type-checked, by event.test.mjs.
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type {
  ALBHandler,
  APIGatewayProxyEvent,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  LambdaFunctionURLHandler,
} from "aws-lambda";
import express from "express";
import Fastify, { type FastifyRequest } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { type WebhookError, WebhookHandler } from "tink-webhooks";
import { webhookFunction } from "tink-webhooks/aws-lambda";
import { webhookHandler } from "tink-webhooks/express";
import { tinkWebhooks } from "tink-webhooks/fastify";
import { type LogFields, type Logger, type Outcome, webhookListener } from "tink-webhooks/http";
import { webhookMiddleware } from "tink-webhooks/koa";
import { webhookFetch } from "tink-webhooks/web";

const hooks = new WebhookHandler();

// node:http and node:http2
createServer(webhookListener());
createServer(webhookListener(hooks, { onError: (error, request) => console.log(error.message, request.method) }));
createServer(webhookListener(hooks, { onError: (_, request: IncomingMessage) => request.socket.remoteAddress }));
createHttp2Server(webhookListener(hooks));
// @ts-expect-error a secret is no handler object
webhookListener("secret");
// @ts-expect-error no such option
webhookListener(hooks, { on_error: () => {} });

// Express
const app = express();
app.post("/webhooks/tink", webhookHandler(hooks));
app.use("/webhooks/tink", express.raw({ type: "*/*" }), webhookHandler());
express
  .Router()
  .all(
    "/webhooks/tink",
    webhookHandler(hooks, { onError: (error: Error, request: express.Request) => console.log(error.name, request.ip) }),
  );
const handler: express.RequestHandler = webhookHandler(hooks, { onError: async () => {} });
app.use(handler);

// Fastify
const fastify = Fastify();
fastify.register(tinkWebhooks, { hooks, path: "/webhooks/tink", prefix: "/v1" });
fastify.register(tinkWebhooks, {
  logger: fastify.log,
  onError: (error, request: FastifyRequest) => request.log.warn(error),
});
fastify.register(tinkWebhooks);
Fastify({ logger: true }).register(tinkWebhooks, { hooks });
// @ts-expect-error no path
fastify.register(tinkWebhooks, { hooks, path: 5 });

// Koa
const koa = new Koa();
koa.use(webhookMiddleware(hooks));
koa.use(webhookMiddleware(hooks, { onError: (_error, context: Koa.Context) => context.ip }));
const middleware: Koa.Middleware = webhookMiddleware();
koa.use(middleware);

// The Web's standard: Next.js, Hono, SvelteKit, Bun, Deno
export const POST: (request: Request) => Promise<Response> = webhookFetch(hooks);
const receive = webhookFetch(hooks, { onError: (_error, request) => request.headers.get("x-request-id") });
new Hono().post("/webhooks/tink", (c) => receive(c.req.raw));
export const svelte = ({ request }: { request: Request }) => receive(request);

// Outcomes
webhookFetch(hooks, {
  onOutcome: ({ outcome, status, kind, reason, eventType, secretIndex, age, duration, error }, request) => {
    const seconds: number = duration / 1_000 + (age ?? 0) + (secretIndex ?? 0) + status;
    const texts: (string | null | undefined)[] = [outcome, kind, reason, eventType, error?.message, request.url];
    console.log(seconds, texts);
    if (outcome === "one of a later version") return;
    // @ts-expect-error no such type
    if (eventType === "refresh:finished") return;
  },
});
webhookMiddleware(hooks, { onOutcome: (outcome: Outcome, context: Koa.Context) => [outcome.reason, context.ip] });
fastify.register(tinkWebhooks, { onOutcome: async ({ reason }, request: FastifyRequest) => request.log.info(reason) });

// AWS Lambda
export const rest: APIGatewayProxyHandler = webhookFunction(hooks);
export const http: APIGatewayProxyHandlerV2 = webhookFunction(hooks);
export const url: LambdaFunctionURLHandler = webhookFunction(hooks);
export const balancer: ALBHandler = webhookFunction(hooks);
export const typed = webhookFunction(hooks, { onError: (_error, event: APIGatewayProxyEvent) => event.resource });

// Loggers
const logger: Logger = console;
webhookFetch(hooks, { logger });
webhookFetch(hooks, { logger: fastify.log });
webhookFetch(hooks, {
  logger: {
    warn: (text, fields) => fastify.log.warn(fields, text),
    error: (text: string, fields: LogFields) => fastify.log.error(fields, text),
  },
});
// @ts-expect-error a logger has warn and error
webhookFetch(hooks, { logger: { info: () => {} } });

export function reasonOf(error: Error): string {
  return (error as WebhookError).reason;
}

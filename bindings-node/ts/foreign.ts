// Which framework the objects are of that an adapter was given, and which adapter takes them. Found out before a handler
// runs: an answer that cannot be sent afterwards would make Tink deliver an event again that was handled.
import { failure } from "./errors";
import { describe } from "./frame";

/** The error for an adapter that was given another framework's objects; the text names the adapter that takes them. */
export function misplaced(wanted: string, given: unknown, response?: unknown): Error {
  const found = recognised(given, response) ?? `it was given ${describe(given)}`;
  return failure("invalid_option", `this adapter takes ${wanted}: ${found}`);
}

function recognised(given: unknown, response: unknown): string | undefined {
  if (has(response, "raw", "code", "hijack") || has(given, "raw", "server", "routeOptions")) {
    return (
      "these are the request and the reply of Fastify: register the plugin tinkWebhooks of tink-webhooks/fastify, in " +
      "NestJS with app.register(tinkWebhooks, { hooks }) before app.listen()"
    );
  }
  if (has(given, "req", "res", "app")) {
    return "this is the context of Koa: use webhookMiddleware of tink-webhooks/koa";
  }
  if (isWebRequest(given)) {
    return "this is a Web Request: use webhookFetch of tink-webhooks/web";
  }
  if (has(given, "req") && has((given as { req: unknown }).req, "raw")) {
    return "this is the context of Hono: use webhookFetch of tink-webhooks/web, with c.req.raw";
  }
  if (has(given, "rawHeaders", "socket")) {
    return "this is a request of node:http: use webhookHandler of tink-webhooks/express, or webhookListener of tink-webhooks/http";
  }
  if (has(given, "requestContext") || has(given, "httpMethod")) {
    return "this is an event of AWS Lambda: use webhookFunction of tink-webhooks/aws-lambda";
  }
  return undefined;
}

/** Whether a body can be read from it, and its headers, as from a Web `Request`. */
export function isWebRequest(given: unknown): boolean {
  return has(given, "headers", "method") && typeof (given as Request).headers?.get === "function";
}

/** Whether it is a request of `node:http`, or looks enough like one, and the response can be answered with. */
export function isNodePair(request: unknown, response: unknown): boolean {
  const { writeHead } = (response ?? {}) as { writeHead?: unknown };
  return has(request, "headers") && !isWebRequest(request) && typeof writeHead === "function";
}

function has(given: unknown, ...names: string[]): boolean {
  return typeof given === "object" && given !== null && names.every((name) => name in given);
}

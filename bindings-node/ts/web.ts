import { failure } from "./errors";
import { isWebRequest, misplaced } from "./foreign";
import type { WebhookHandler } from "./handler";
import { Pieces } from "./pieces";
import { alreadyRead, Receiver, type ReceiverOptions, unreadable } from "./receive";

export type { LogFields, Logger, Outcome, ReceiverOptions } from "./receive";

const FIX =
  "call the function of webhookFetch(hooks) before request.json(), request.text() or any other reading of the request, " +
  "or let what reads it read a copy: await request.clone().text()";

/**
 * Makes a function from a Web `Request` to its `Response`, as Next.js route handlers, Hono, SvelteKit, Bun and Deno
 * take it: `export const POST = webhookFetch(hooks)`, `app.post("/webhooks/tink", (c) => receive(c.req.raw))`.
 *
 * The body is read from the request's stream, up to the handler's `maxBodyBytes`. If it was read before, the answer is
 * 500, and the log names the line to change.
 *
 * @param hooks the handler object; the default handler if left out
 * @returns the function. An object with `waitUntil` behind the request, such as the context of a Worker, keeps what
 *   `explainFailures` does behind the answer alive. Its promise rejects only where it was given something else than a request, before anything ran.
 * @throws TypeError if `hooks` or an option has the wrong type
 */
export function webhookFetch(
  hooks?: WebhookHandler,
  options?: ReceiverOptions<Request>,
): (request: Request, ...context: unknown[]) => Promise<Response> {
  const receiver = new Receiver(hooks, options);
  return async (request, ...context) => {
    if (!isWebRequest(request)) {
      return await receiver.refuse(misplaced("a Web Request", request), request);
    }
    const { status, body, headers } = await receiver.answer({
      method: request.method,
      signature: () => request.headers.get("x-tink-signature"),
      request,
      waitUntil: waitUntilOf(context),
      read: (limit) => readBody(request, limit, receiver.bodyTimeout),
    });
    return new Response(request.method === "HEAD" ? null : body, { status, headers });
  };
}

/** How a runtime that ends what belongs to a request with its answer is told to wait. */
function waitUntilOf(context: readonly unknown[]): ((work: Promise<void>) => void) | undefined {
  const isContext = (one: unknown): one is { waitUntil(work: Promise<void>): void } =>
    typeof (one as { waitUntil?: unknown } | null | undefined)?.waitUntil === "function";
  const found = context.find(isContext);
  return found && ((work) => found.waitUntil(work));
}

async function readBody(request: Request, limit: number, timeout: number | null): Promise<Uint8Array> {
  if (request.bodyUsed || request.body?.locked) {
    throw alreadyRead(FIX);
  }
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limit) {
    cancel(request.body);
    throw failure("body_too_large");
  }
  const pieces = new Pieces(limit);
  let size = 0;
  const reader = request.body?.getReader();
  let late = false;
  const stop = () => {
    late = true;
    cancel(reader); // which ends the read that is going on
  };
  const timer = timeout === null ? undefined : setTimeout(stop, timeout);
  try {
    for (let chunk = await next(reader); chunk; chunk = await next(reader)) {
      size += chunk.length;
      if (size > limit) {
        cancel(reader);
        throw failure("body_too_large");
      }
      pieces.add(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  if (late) {
    throw unreadable(`the body was not complete after ${timeout} ms`);
  }
  if (declared > 0 && size === 0) {
    throw alreadyRead(FIX);
  }
  return pieces.bytes;
}

async function next(reader: ReadableStreamDefaultReader<unknown> | undefined): Promise<Uint8Array | undefined> {
  try {
    const chunk = (await reader?.read())?.value;
    if (chunk === undefined || chunk instanceof Uint8Array) {
      return chunk;
    }
  } catch (cause) {
    throw unreadable("the client left before the body was complete, or its stream failed", cause);
  }
  throw unreadable("the stream of the request gives no bytes");
}

/** Tells the sender to stop, without waiting for it. */
function cancel(source: Pick<ReadableStream, "cancel"> | null | undefined): void {
  source?.cancel().catch(() => {});
}

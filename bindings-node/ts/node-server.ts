// Reads the requests of `node:http` and of frameworks that are built on it, and answers them.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Readable } from "node:stream";
import { failure } from "./errors";
import { Pieces } from "./pieces";
import { type Answer, alreadyRead, type RawBody, unreadable } from "./receive";

/** A request of `node:http`, or of the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** The response that belongs to a {@link NodeRequest}. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Where a body comes from. */
export interface Source {
  readonly request: NodeRequest;
  /** What gives the bytes: mostly the request itself. */
  readonly stream: Readable;
  /** How many milliseconds they may take; `null` is no limit. */
  readonly timeout: number | null;
}

/**
 * The bytes of a request's body, or its raw text.
 *
 * @param holders objects on which a platform or a parser may have left them, as `rawBody` or `body`
 * @param fix for the error's message: the line to add where they are gone
 */
export async function readBody(
  { request, stream, timeout }: Source,
  holders: readonly object[],
  limit: number,
  fix: string,
): Promise<RawBody> {
  const left = found(holders);
  if (left !== undefined) {
    return left;
  }
  if (stream.readableDidRead || typeof stream.read !== "function") {
    throw alreadyRead(fix);
  }
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limit) {
    throw failure("body_too_large");
  }
  const body = await readStream(stream, limit, timeout);
  if (declared > 0 && body.length === 0) {
    throw alreadyRead(fix);
  }
  return body;
}

/** Bytes or text that were left on an object. A parsed object is ignored: Express 4 leaves `{}` without reading. */
function found(holders: readonly object[]): RawBody | undefined {
  for (const name of ["rawBody", "body"]) {
    for (const holder of holders) {
      const value = property(holder, name);
      if ((typeof value === "string" || value instanceof Uint8Array) && value.length > 0) {
        return value;
      }
    }
  }
  return undefined;
}

/** A property's value. Some platforms have getters there, which parse and may throw. */
function property(holder: object, name: string): unknown {
  try {
    return (holder as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Reads a stream to its end, and keeps at most `limit` bytes. The promise is settled in every case. */
function readStream(stream: Readable, limit: number, timeout: number | null): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces(limit);
    let size = 0;
    let over = false;

    // Reading on `readable` works on a stream that is paused, too. The chunks are taken from `data`, so that none is
    // missed if someone else reads the stream as well.
    const drive = () => {
      while (!over && stream.read() !== null);
    };
    const take = (chunk: unknown) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, stream.readableEncoding ?? "utf8") : chunk;
      if (!(bytes instanceof Uint8Array)) {
        settle(() => reject(unreadable("the stream of the request gives no bytes")));
        return;
      }
      size += bytes.length;
      if (size > limit) {
        settle(() => reject(failure("body_too_large")));
        return;
      }
      pieces.add(bytes);
    };
    const end = () => settle(() => resolve(pieces.bytes));
    const leave = (cause?: NodeJS.ErrnoException) => {
      const left = cause === undefined || cause.code === "ECONNRESET";
      const what = left ? "the client left before the body was complete" : "the stream of the request failed";
      settle(() => reject(unreadable(what, cause)));
    };

    const settle = (how: () => void) => {
      over = true;
      clearTimeout(timer);
      stream.off("data", take).off("readable", drive).off("end", end).off("close", leave).off("error", leave);
      stream.on("error", () => {}); // an error that comes later must not end the process
      how();
    };

    const late = () => settle(() => reject(unreadable(`the body was not complete after ${timeout} ms`)));
    const timer = timeout === null ? undefined : setTimeout(late, timeout);

    if (stream.readableEnded) {
      end();
    } else if (stream.destroyed) {
      leave(stream.errored ?? undefined);
    } else {
      stream.on("data", take).on("end", end).on("close", leave).on("error", leave).on("readable", drive);
    }
  });
}

/** Whether a part of the request is still to come. Then the connection cannot be used for another request. */
export function isUnread(request: NodeRequest): boolean {
  // Over HTTP/2 a request without a body is not complete until its end was read.
  const bodiless = "stream" in request && request.stream.endAfterHeaders;
  return request.complete === false && !request.destroyed && !bodiless;
}

/** Sends an answer. If a part of the request is still to come, the connection is closed instead of reading it. */
export async function respond(request: NodeRequest, response: NodeResponse, answer: Answer): Promise<void> {
  if (response.headersSent) {
    return; // something else has answered, such as a middleware for timeouts
  }
  const { status, body, headers } = answer;
  const raw = response as ServerResponse;
  if (!isUnread(request)) {
    raw.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
  } else if ("stream" in request) {
    raw.writeHead(status, headers).end(body);
    // After the answer the sender is told to stop. What has arrived is discarded, or the stream would not end.
    request.stream.close();
    request.resume();
  } else {
    raw.writeHead(status, { ...headers, Connection: "close" }).flushHeaders();
    if (request.method !== "HEAD") {
      raw.write(body);
    }
    await linger(request);
    raw.end();
  }
}

/** How much of a refused body is read and discarded, and for how long. */
const LINGER_BYTES = 8 * 2 ** 20;
const LINGER_MILLISECONDS = 1_000;

/**
 * Waits a little until the client has sent everything or closed the connection. Closing a connection with unread bytes
 * resets it, and the client may then lose the answer.
 */
function linger(request: Readable): Promise<void> {
  return new Promise((resolve) => {
    let left = LINGER_BYTES;
    const discard = (chunk: Uint8Array) => {
      left -= chunk.length;
      if (left <= 0) {
        request.off("data", discard).pause();
      }
    };
    const done = () => {
      clearTimeout(timer);
      request.off("data", discard).off("close", done);
      resolve();
    };
    const timer = setTimeout(done, LINGER_MILLISECONDS);
    request.on("data", discard).on("close", done).resume(); // it closes after its end, too
  });
}

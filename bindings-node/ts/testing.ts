// For the tests of your receiver: signed deliveries of every known event, and a way to post them. It needs no test
// framework and no network beyond loopback.
import { type RequestOptions, type Server, request as sendHttp } from "node:http";
import { request as sendHttps } from "node:https";
import { types } from "node:util";
import { describe } from "./frame";
import { type Body, type EventKey, generateSignature, type Secret } from "./index";
import { native } from "./native";

/** Options of {@link signedDelivery}. */
export interface DeliveryOptions {
  /** The secret to sign with; the first of `TINK_WEBHOOK_SECRET` if left out. */
  secret?: Secret;
  /** Fields that replace those of the example's `content` (or `data`). */
  data?: Readonly<Record<string, unknown>> | undefined;
  /** Fields that replace those of the example's `context`. */
  context?: Readonly<Record<string, unknown>> | undefined;
  /** The exact body, bytes or text, instead of the example. */
  body?: Body | undefined;
  /** The time of signing: unix seconds or a `Date`; now by default. */
  timestamp?: number | Date | undefined;
  /** The scheme of the signature; `v1` by default. */
  scheme?: "v1" | "body" | undefined;
}

/** A function from a Web `Request` to its `Response`, or an app that has one as `fetch`. */
export type WebReceiver =
  | ((request: Request) => Response | Promise<Response>)
  | {
      /** Answers a request. */
      fetch(request: Request): Response | Promise<Response>;
    };

/** What a receiver answered. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes of the body. */
  readonly body: Buffer;
  /** The body as text, read as UTF-8. */
  readonly text: string;
}

/** Bytes that are written at once. */
const PIECE = 65_536;
const WEB_URL = "https://receiver.test/";
const optionNames = new Set(["secret", "data", "context", "body", "timestamp", "scheme"]);

/** A delivery as Tink would send it: a body and its signature. */
export class SignedDelivery {
  /** The exact bytes. */
  readonly body: Buffer;
  /** The value of the `X-Tink-Signature` header. */
  readonly signature: string;
  /** The headers of the POST. */
  readonly headers: Readonly<Record<"content-type" | "x-tink-signature", string>>;

  /**
   * Makes a delivery of a body and a signature, which need not match.
   *
   * @param body the bytes of the body
   * @param signature the value of the header
   */
  constructor(body: Buffer, signature: string) {
    this.body = body;
    this.signature = signature;
    this.headers = { "content-type": "application/json", "x-tink-signature": signature };
  }

  /**
   * The delivery as a Web `Request`; a new one each time.
   *
   * @param url the URL of the request
   */
  toRequest(url: string | URL = WEB_URL): Request {
    return new Request(url, { method: "POST", headers: this.headers, body: this.body as Uint8Array<ArrayBuffer> });
  }

  /**
   * Posts the delivery. The promise rejects with the error of the connection if there is no answer; a receiver that
   * closes the connection on a large body may show as `ECONNRESET`, as it would to Tink.
   *
   * @param target a `node:http` server that listens (`http.createServer(app).listen(0)`) or a URL, over a real
   *   connection; or a Web receiver, which is called in this process, and whose errors reach the test
   * @param path the path of the endpoint; by default that of the URL, or `/`
   * @returns the answer, whatever its status
   * @throws TypeError for a target of another kind, or a server that does not listen
   */
  async post(target: Server | string | URL | WebReceiver, path?: string): Promise<Answer> {
    if (typeof target === "string" || target instanceof URL) {
      return this.#send(path === undefined ? new URL(target) : new URL(path, target), {});
    }
    if (isServer(target)) {
      const address = target.address();
      if (!address) {
        throw new TypeError("the server does not listen yet: await new Promise((done) => server.listen(0, done))");
      }
      const url = new URL(path ?? "/", "http://localhost");
      if (typeof address === "string") {
        return this.#send(url, { socketPath: address });
      }
      const any = { "::": "::1", "0.0.0.0": "127.0.0.1" }[address.address];
      return this.#send(url, { hostname: any ?? address.address, port: address.port });
    }
    const receiver: unknown = typeof target === "function" ? target : target?.fetch?.bind(target);
    // An Express app is a function of three arguments.
    if (typeof receiver !== "function" || receiver.length > 2) {
      throw new TypeError(`cannot post to this: ${WANTED}`);
    }
    const response: unknown = await receiver(this.toRequest(new URL(path ?? "/", WEB_URL)));
    if (typeof (response as Response | undefined)?.arrayBuffer !== "function") {
      throw new TypeError(`the function gave no Response: ${WANTED}`);
    }
    const { status, headers, arrayBuffer } = response as Response;
    return answer(status, Object.fromEntries(headers), Buffer.from(await arrayBuffer.call(response)));
  }

  #send(url: URL, options: RequestOptions): Promise<Answer> {
    const headers = { ...this.headers, "content-length": this.body.length };
    return new Promise((resolve, reject) => {
      const send = url.protocol === "https:" ? sendHttps : sendHttp;
      // No agent: the connection ends with the answer, so that the server can be closed.
      const request = send(url, { ...options, method: "POST", headers, agent: false });
      // A receiver may answer and close the connection before it has read everything. The body is written in pieces, so
      // that there is time to see the answer: writing to a closed connection is an error.
      let answered = false;
      const write = (start: number): void => {
        const piece = this.body.subarray(start, start + PIECE);
        if (start + PIECE >= this.body.length) {
          request.end(piece);
        } else if (!answered) {
          request.write(piece, () => setTimeout(write, 1, start + PIECE));
        }
      };
      request.on("error", (error) => answered || reject(error));
      request.on("response", (response) => {
        answered = true;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          request.destroy();
          const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
          resolve(answer(response.statusCode as number, Object.fromEntries(named), Buffer.concat(chunks)));
        });
      });
      write(0);
    });
  }
}

const WANTED =
  "pass a node:http server that listens, a URL, or a function from Request to Response. An Express, Koa or Nest " +
  "application wants a server: http.createServer(app).listen(0)";

function isServer(target: unknown): target is Server {
  return typeof (target as Server | null)?.address === "function";
}

function answer(status: number, headers: Record<string, string>, body: Buffer): Answer {
  return { status, headers, body, text: body.toString() };
}

/**
 * A payload of an event as Tink would send it, with invented values in the documented shape.
 *
 * @param eventType a wire name or a snake_case type. A name that this library does not know gives an event of that
 *   name without data.
 * @returns a new object each time
 * @throws TypeError if the event type is not text
 */
export function examplePayload(eventType: Exclude<EventKey, "*" | "unknown"> = "refresh:finished"): Payload {
  if (typeof eventType !== "string") {
    throw new TypeError(`the event type must be a string, not ${describe(eventType)}`);
  }
  const body = native.exampleBody(eventType);
  return body === null ? { event: eventType, content: {} } : (JSON.parse(body) as Payload);
}

/** A payload as an object: the fields of the envelope. */
export type Payload = Record<string, unknown>;

/**
 * Makes a delivery with a valid signature.
 *
 * @param eventType a wire name or a snake_case type
 * @returns the delivery, to be posted or handed to a handler
 * @throws `InvalidConfigError` if there is no secret, or it is not usable
 * @throws TypeError if an option has the wrong type, or there is no such option
 */
export function signedDelivery(
  eventType: Exclude<EventKey, "*" | "unknown"> = "refresh:finished",
  options: DeliveryOptions = {},
): SignedDelivery {
  const unknown = Object.keys(options).filter((name) => !optionNames.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such option: ${unknown.join(", ")}; there are ${[...optionNames].join(", ")}`);
  }
  const { timestamp, scheme } = options;
  const body = options.body ?? JSON.stringify(fill(examplePayload(eventType), options));
  // As everywhere: a secret that is given but `undefined` is a mistake, not the environment's.
  const secret = "secret" in options ? options.secret : process.env.TINK_WEBHOOK_SECRET?.trim().split(/\s+/)[0];
  const signature = generateSignature(body, secret ?? "", { timestamp, scheme });
  return new SignedDelivery(toBuffer(body), signature);
}

function fill(payload: Payload, { data, context }: DeliveryOptions): Payload {
  const merge = (name: string, fields: object | undefined): void => {
    if (fields !== undefined) {
      payload[name] = { ...(payload[name] as object | undefined), ...fields };
    }
  };
  merge("event" in payload ? "content" : "data", data);
  merge("context", context);
  return payload;
}

/** A copy of the body as a Buffer. */
function toBuffer(body: Body): Buffer {
  if (typeof body === "string") {
    return Buffer.from(body);
  }
  return Buffer.from(types.isAnyArrayBuffer(body) ? new Uint8Array(body) : body);
}

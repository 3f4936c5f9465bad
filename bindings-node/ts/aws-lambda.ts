import { failure } from "./errors";
import { Held } from "./frame";
import type { WebhookHandler } from "./handler";
import { alreadyRead, type RawBody, Receiver, type ReceiverOptions, unreadable } from "./receive";

export type { LogFields, Logger, Outcome, ReceiverOptions } from "./receive";

/** The parts of a Lambda event that are used: formats 1.0 and 2.0 of API Gateway, function URLs, load balancers. */
export interface LambdaRequest {
  /** The method in format 1.0 and of a load balancer. */
  readonly httpMethod?: string | undefined;
  /** Holds the method in format 2.0, and tells a load balancer. */
  readonly requestContext?: object | undefined;
  /** One value per header; names in any case. */
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  /** Several values per header, where the caller sends them so. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
  /** The raw body as text, or in base64. */
  readonly body?: string | null | undefined;
  /** Whether the body is in base64. */
  readonly isBase64Encoded?: boolean | undefined;
}

/** What the function gives back, in the form that API Gateway, function URLs and load balancers all take. */
export interface LambdaAnswer {
  /** The HTTP status. */
  statusCode: number;
  /** The headers, one value each. */
  headers: Record<string, string>;
  /** The same headers, for a load balancer that wants them so. */
  multiValueHeaders?: Record<string, string[]>;
  /** A fixed text: `ok` or the reason, and a line end. */
  body: string;
  /** Always `false`. */
  isBase64Encoded: boolean;
}

const FIX =
  "pass the Lambda event as it came, with the body as text, and not what was parsed from it (with Middy, leave out " +
  ".use(httpJsonBodyParser()) for this function)";

/**
 * Makes a Lambda function behind API Gateway (REST or HTTP API), a function URL or a load balancer:
 * `export const handler = webhookFunction(hooks)`.
 *
 * @param hooks the handler object; the default handler if left out
 * @returns the function. Its promise rejects only for an event that is no HTTP request, with a TypeError.
 * @throws TypeError if `hooks` or an option has the wrong type
 */
export function webhookFunction<Event extends LambdaRequest = LambdaRequest>(
  hooks?: WebhookHandler,
  options?: ReceiverOptions<Event>,
): (event: Event, context?: unknown) => Promise<LambdaAnswer> {
  const receiver = new Receiver(hooks, options);
  return async (event) => {
    const held = new Held(event);
    event = undefined as never; // see Held
    const method = methodOf(held);
    const signature = new Held(signatureOf(held.value));
    const { status, body, headers } = await receiver.answer({
      method,
      signature: () => signature.value as string | undefined,
      request: held.value,
      read: () => {
        if (signature.value !== undefined && typeof signature.value !== "string") {
          throw failure("invalid_option", `the X-Tink-Signature header of the Lambda event is no text: ${FIX}`);
        }
        return bodyOf(held); // all of it is there; the core judges its size
      },
    });
    const answer: LambdaAnswer = { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
    const { requestContext: context, multiValueHeaders: several } = held.value;
    if (typeof context === "object" && context !== null && "elb" in context && several) {
      answer.multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    }
    return answer;
  };
}

function methodOf(event: Held<LambdaRequest>): string {
  const context = event.value?.requestContext as { http?: { method?: string } | null } | undefined;
  const method = event.value?.httpMethod ?? context?.http?.method; // format 1.0, else 2.0
  if (method === undefined || method === null) {
    throw new TypeError(
      "the Lambda event is no HTTP request: pass it as API Gateway's proxy integration, a function URL or a load " +
        "balancer gives it",
    );
  }
  return method;
}

/** Format 1.0 may carry several values of a header in a map of their own, which load balancers send alone. */
function signatureOf(event: LambdaRequest): unknown {
  for (const headers of [event.multiValueHeaders, event.headers]) {
    for (const [name, value] of Object.entries<unknown>(headers ?? {})) {
      if (name.toLowerCase() === "x-tink-signature" && value !== undefined && value !== null) {
        const texts = Array.isArray(value) && value.every((one) => typeof one === "string");
        return texts ? value.join(",") : value;
      }
    }
  }
  return undefined;
}

function bodyOf(event: Held<LambdaRequest>): RawBody {
  const body = new Held<unknown>(event.value.body);
  if (body.value === null || body.value === undefined) {
    return "";
  }
  if (typeof body.value !== "string") {
    throw alreadyRead(FIX);
  }
  if (!event.value.isBase64Encoded) {
    return body.value;
  }
  // `Buffer` skips what is not base64, and does without padding; other languages do not.
  if (body.value.length % 4 !== 0 || !BASE64.test(body.value)) {
    throw unreadable("the body is not base64, though the Lambda event says so");
  }
  return Buffer.from(body.value, "base64");
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

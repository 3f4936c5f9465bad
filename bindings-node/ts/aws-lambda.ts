import type { WebhookHandler } from "./handler";
import { alreadyRead, type RawBody, Receiver, type ReceiverOptions, UnreadableBodyError } from "./receive";

export type { Logger, ReceiverOptions } from "./receive";

/** What of a Lambda event is used: payload formats 1.0 and 2.0 of API Gateway, function URLs, load balancers. */
export interface LambdaRequest {
  readonly httpMethod?: string | undefined;
  readonly requestContext?: object | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/** What the function gives back, in the form that all of them take. */
export interface LambdaAnswer {
  statusCode: number;
  headers: Record<string, string>;
  /** Instead of `headers`, for a load balancer that sends them so. */
  multiValueHeaders?: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

const FIX =
  "pass the Lambda event as it came, with the body as text, and not what was parsed from it (with Middy, leave out " +
  ".use(httpJsonBodyParser()) for this function)";

/**
 * Makes a Lambda function behind API Gateway (REST or HTTP API), a function URL or a load balancer:
 * `export const handler = webhookFunction(hooks)`.
 *
 * @param hooks the handler object; the default handler where left out
 * @returns the function. It rejects only for an event that is no HTTP request.
 */
export function webhookFunction<Event extends LambdaRequest = LambdaRequest>(
  hooks?: WebhookHandler,
  options?: ReceiverOptions<Event>,
): (event: Event, context?: unknown) => Promise<LambdaAnswer> {
  const receiver = new Receiver(hooks, options);
  return async (event) => {
    const { status, body, headers } = await receiver.answer({
      method: methodOf(event),
      signature: signatureOf(event),
      request: event,
      read: () => bodyOf(event), // all of it is there; the core judges its size
    });
    const answer: LambdaAnswer = { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
    if (event.requestContext && "elb" in event.requestContext && event.multiValueHeaders) {
      answer.multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    }
    return answer;
  };
}

function methodOf(event: LambdaRequest): string {
  const context = event?.requestContext as { http?: { method: string } } | undefined;
  const method = event?.httpMethod ?? context?.http?.method; // format 1.0, else 2.0
  if (method === undefined) {
    throw new TypeError(
      "the Lambda event is no HTTP request: pass it as API Gateway's proxy integration, a function URL or a load " +
        "balancer gives it",
    );
  }
  return method;
}

/** Format 1.0 may carry several values of a header in a map of their own, which load balancers send alone. */
function signatureOf(event: LambdaRequest): string | undefined {
  for (const headers of [event.multiValueHeaders, event.headers]) {
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (name.toLowerCase() === "x-tink-signature" && value !== undefined) {
        return typeof value === "string" ? value : value.join(",");
      }
    }
  }
  return undefined;
}

function bodyOf({ body, isBase64Encoded }: LambdaRequest): RawBody {
  if (body === null || body === undefined) {
    return "";
  }
  if (typeof body !== "string") {
    throw alreadyRead(FIX);
  }
  if (!isBase64Encoded) {
    return body;
  }
  const bytes = Buffer.from(body, "base64"); // which passes over what is no base64
  if (bytes.length !== Buffer.byteLength(body, "base64")) {
    throw new UnreadableBodyError("the body is not base64, though the Lambda event says so");
  }
  return bytes;
}

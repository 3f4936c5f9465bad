// What the compiler knows of events and handlers. A wrong use that it accepts makes its @ts-expect-error an error.
import {
  type AccountCreated,
  configure,
  type constructEvent,
  Dispatcher,
  type dispatch,
  type EventFor,
  type EventKey,
  generateSignature,
  type Handler,
  on,
  type RefreshFinished,
  type TinkEvent,
  type UnknownEvent,
  verifySignature,
  WebhookError,
  WebhookEvent,
  WebhookHandler,
} from "tink-webhooks";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const hooks = new WebhookHandler({ secret: ["new", "old"], schemes: ["v1"], tolerance: null });
new WebhookHandler({ secret: () => process.env.TINK_WEBHOOK_SECRET });
new WebhookHandler({ secret: () => ["new", Buffer.from("old")] });
// @ts-expect-error a promise is no secret
new WebhookHandler({ secret: async () => "s3cret" });

// The default handler's functions are those of an object.
configure({ schemes: ["v1"], secret: () => process.env.TINK_WEBHOOK_SECRET });
// @ts-expect-error there is no such option
configure({ tolerence: 1 });
same<ReturnType<typeof dispatch>, Promise<void>>(true);
same<ReturnType<typeof constructEvent>, WebhookEvent>(true);

// A dispatcher registers and dispatches, and verifies nothing.
const worker: Dispatcher = hooks;
new Dispatcher().on("refresh:finished", (event) => {
  same<typeof event.data, RefreshFinished>(true);
  same<typeof event.idempotencyKey, string | undefined>(true);
});
same<ReturnType<typeof worker.dispatch>, Promise<void>>(true);
// @ts-expect-error it has no secret
worker.verifySignature("", "");
same<ReturnType<typeof WebhookEvent.deserialize>, WebhookEvent>(true);

// Handlers know their event.
hooks.on("refresh:finished", (event) => {
  same<typeof event.name, "refresh:finished">(true);
  same<typeof event.type, "refresh_finished">(true);
  same<typeof event.data, RefreshFinished>(true);
  same<typeof event.context, Record<string, unknown> | undefined>(true);
  if (event.data.credentialsStatus === "SESSION_EXPIRED" || event.data.credentialsStatus === "SOMETHING_NEW") return;
  // @ts-expect-error: no such field
  event.data.credentialStatus;
  // @ts-expect-error: events are read only
  event.data = {};
});
hooks.on("account_created", (event) => same<typeof event.data, AccountCreated>(true));
hooks.registerHandler("payment:updated", async (event) => event.data.amount.toFixed(2));
on("settlement_account_updated", (event) => event.data.status);
hooks
  .on(["refresh:finished", "payment:updated"], (event) =>
    event.name === "payment:updated" ? event.data.currency : event.data.credentialsId,
  )
  .on("*", (event) => same<typeof event, WebhookEvent>(true))
  .on("unknown", (event) => same<typeof event, UnknownEvent>(true))
  .on("some:name", (event) => same<typeof event.data, unknown>(true), { allowUnknown: true });

// A handler of its own stands anywhere its event does.
const log: Handler = (event) => console.log(event.name, event.type);
const paid: Handler<TinkEvent<"payment:updated">> = (event) => event.data.paymentRequestId;
const refreshed = (event: EventFor<"refresh_finished">): string => event.data.credentialsId;
hooks.on("*", log).on("payment:updated", log).on("payment:updated", paid).on("refresh:finished", refreshed);
hooks.on("unknown", log).on("some:name", log).on(["unknown", "payment:updated"], log);
const key: EventKey = process.argv[2] ?? "*";
hooks.on(key, log);
// @ts-expect-error: another event's data
hooks.on("refresh:finished", paid);
// @ts-expect-error: every event is more than payments
hooks.on("*", paid);
// @ts-expect-error: not all of these are payments
hooks.on(["payment:updated", "refresh:finished"], paid);
// @ts-expect-error: no function
hooks.on("refresh:finished", "refreshed");

// Type and name tell events apart; both are open.
export function tell(event: WebhookEvent): string | number {
  if (event.type === "refresh_finished") {
    same<typeof event.name, "refresh:finished">(true);
    return event.data.credentialsId;
  }
  if (event.name === "payment:updated") {
    return event.data.amount;
  }
  if (event.name === "a:new-event") {
    return event.name.length;
  }
  if (event.type === "unknown") {
    // @ts-expect-error: nobody knows what is in it
    event.data.id;
    return event.name;
  }
  // @ts-expect-error: no such type
  if (event.type === "refresh_finishd") return 0;
  // @ts-expect-error: which event is it?
  event.data.reports;
  switch (event.name) {
    case "reports-generation:completed":
      return event.data.reports.length;
    case "enrichment-completed":
      return event.data.batchId;
    case "credentials.updated":
      return event.data.credentialsId ?? "";
    default:
      return event.name;
  }
}

// Deliveries.
export async function receive(body: Buffer, header: string | string[] | undefined): Promise<void> {
  const event = await hooks.handleWebhook(body, header);
  same<typeof event, WebhookEvent>(true);
  hooks.constructEvent("{}", null).timestamp.toISOString();
  await hooks.dispatch(WebhookEvent.from(event.serialize()));
  verifySignature(new Uint8Array(1), "t=1", "s3cret", { tolerance: 10 }).deliveryId?.length;
  generateSignature(new ArrayBuffer(1), "s3cret", { timestamp: new Date(), scheme: "body" });
  if (event instanceof WebhookEvent) event.name;
  // @ts-expect-error: a parsed object is no body
  await hooks.handleWebhook({ event: "refresh:finished" }, header);
  // @ts-expect-error: handleWebhook needs the header
  await hooks.handleWebhook(body);
  // @ts-expect-error: numbers are no headers
  hooks.constructEvent(body, 1);
  // @ts-expect-error: events are made by a WebhookHandler
  new WebhookEvent();
  // @ts-expect-error: no such scheme
  generateSignature(body, "s3cret", { scheme: "v0" });
  // @ts-expect-error: no such option
  new WebhookHandler({ secrets: ["s3cret"] });
  // @ts-expect-error: one scheme is a list of one
  new WebhookHandler({ schemes: "v1" });
}

export function explain(error: unknown): string {
  if (!WebhookError.is(error)) throw error;
  same<typeof error.status, number>(true);
  if (error.kind === "invalid_signature" && error.reason === "timestamp_too_old") return `${error.age} s`;
  // @ts-expect-error: errors are read only
  error.reason = "none";
  return error.hint ?? error.message;
}

// What the workers do for an event: they tell the ledger, another service, whose address is in LEDGER_URL.
const ledger = process.env.LEDGER_URL ?? "http://127.0.0.1:9000/";

/** Books an event. A service that takes such keys drops what is booked again after a kill. */
export async function book(event) {
  const headers = { "Content-Type": "application/json" };
  if (event.idempotencyKey !== undefined) {
    headers["Idempotency-Key"] = event.idempotencyKey;
  }
  const entry = {
    type: event.type,
    key: event.idempotencyKey ?? null,
    timestamp: event.timestamp.toISOString(),
    signed_at: event.verification?.signedAt ?? null,
    delivery_id: event.verification?.deliveryId ?? null,
    data: event.data,
  };
  const body = JSON.stringify(entry);
  const answer = await fetch(ledger, { method: "POST", headers, body, signal: AbortSignal.timeout(60_000) });
  if (!answer.ok) {
    throw new Error(`the ledger answered ${answer.status}`);
  }
}

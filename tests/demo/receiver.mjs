// The demo's receiver on node:http: `node receiver.mjs PORT`, with the secret in TINK_WEBHOOK_SECRET. Port 0 takes a free
// one. It prints where it listens, and a line for every handler that runs. One handler fails on purpose, and bare
// signatures are accepted: receivers to copy are in examples/.
import { createServer } from "node:http";
import { WebhookError, WebhookHandler } from "../../bindings-node/index.mjs";

const hooks = new WebhookHandler();

const say = (handler) => (event) => console.log(`ran ${handler} ${event.name}`);
hooks.on("refresh:finished", say("on_refresh"));
hooks.on("payment_updated", say("on_payment"));
hooks.on("unknown", say("on_unknown"));
hooks.on("*", say("on_any"));
hooks.on("account:updated", (event) => {
  say("failing")(event);
  throw new Error("the database is away"); // the receiver answers 500, and Tink delivers again
});

/** The raw body, or nothing if it is larger than the library would look at. */
async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > hooks.maxBodyBytes) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Status and text to answer: the error's, never a handler's message. */
async function receive(request) {
  if (request.method !== "POST") {
    return [405, "method_not_allowed"];
  }
  const body = await readBody(request);
  if (body === undefined) {
    return [413, "body_too_large"];
  }
  try {
    await hooks.handleWebhook(body, request.headers["x-tink-signature"]);
    return [200, "ok"];
  } catch (error) {
    console.error(`refused: ${error.message}`);
    return WebhookError.is(error) ? [error.status, error.reason] : [500, "internal_error"];
  }
}

const server = createServer(async (request, response) => {
  try {
    const [status, text] = await receive(request);
    // After a body that was not read the connection cannot be used again.
    const headers = { "Content-Type": "text/plain", ...(request.complete ? {} : { Connection: "close" }) };
    response.writeHead(status, status === 405 ? { ...headers, Allow: "POST" } : headers).end(`${text}\n`);
  } catch {
    response.destroy(); // the sender went away before its body had arrived
  }
});

server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}

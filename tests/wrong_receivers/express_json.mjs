// A receiver that is wrong on purpose: it verifies what `JSON.stringify` makes of the body that `express.json()` has parsed.
// Most deliveries pass. `node express_json.mjs` prints where it listens; the secret is in TINK_WEBHOOK_SECRET.
import { createRequire } from "node:module";
import { WebhookError, WebhookHandler } from "../../bindings-node/index.mjs";

const require = createRequire(new URL("../../bindings-node/package.json", import.meta.url));
const express = require("express");

const hooks = new WebhookHandler({ schemes: ["v1"] });
const app = express();
app.use(express.json());
app.post("/", (request, response) => {
  try {
    hooks.verifySignature(JSON.stringify(request.body), request.get("x-tink-signature"));
    response.send("ok\n");
  } catch (error) {
    const [status, text] = WebhookError.is(error) ? [error.status, error.reason] : [500, "internal_error"];
    response.status(status).send(`${text}\n`);
  }
});
const server = app.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));

// Both module systems see one implementation: classes and the default handler exist once, whoever imports them.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const required = require("tink-webhooks");

test("require and import give the same things", async () => {
  const imported = await import("tink-webhooks");
  assert.ok(Object.keys(required).includes("WebhookHandler"));
  for (const [name, value] of Object.entries(required)) {
    assert.equal(imported[name], value, name);
  }
});

// The package as CommonJS: the same classes as the module has.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");

test("require and import give the same classes", async () => {
  const required = require("tink-webhooks");
  const imported = await import("tink-webhooks");
  for (const name of Object.keys(required)) {
    assert.equal(imported[name], required[name], name);
  }
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
});

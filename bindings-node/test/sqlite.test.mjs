// What is kept in SQLite, with node:sqlite and with better-sqlite3: by this Node where it has both, else by that of
// tools/sqlite, which brings better-sqlite3 too.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const tools = join(here, "../../tools/sqlite/node_modules");
const node = [join(tools, "node22/bin/node")].find(existsSync) ?? process.execPath;
const hasIt = node !== process.execPath || process.getBuiltinModule?.("node:sqlite") !== undefined;
const missing = { "node:sqlite": hasIt ? undefined : "node:sqlite is not in this Node, nor is tools/sqlite installed" };
missing["better-sqlite3"] =
  existsSync(join(tools, "better-sqlite3")) && missing["node:sqlite"] === undefined
    ? undefined
    : "better-sqlite3 is not installed in tools/sqlite, or wants a newer Node";

const flags = { "node:sqlite": [], "better-sqlite3": ["--no-experimental-sqlite"] };
const files = ["stores.test.mjs", "effects.test.mjs", "killed.test.mjs"];

for (const [library, given] of Object.entries(flags)) {
  test(library, { skip: missing[library] ?? false }, async () => {
    const { NODE_TEST_CONTEXT: _, TINK_WEBHOOKS_BETTER_SQLITE: __, ...outer } = process.env;
    const env = { ...outer, TINK_WEBHOOKS_ONLY: "sqlite", NODE_PATH: tools };
    if (library === "better-sqlite3") env.TINK_WEBHOOKS_BETTER_SQLITE = "1";
    const args = [...given, "--test", "--test-reporter=tap", ...files.map((file) => join(here, file))];
    const ran = await promisify(execFile)(node, args, { env, maxBuffer: 2 ** 26 }).catch((error) => error);
    assert.equal(ran.code ?? 0, 0, ran.stdout);
    const [, passed] = /^# pass (\d+)$/m.exec(ran.stdout);
    assert.ok(Number(passed) >= 18, ran.stdout); // without the two of killed.test.mjs that TEST_ALL=1 runs
  });
}

// What the page copies as a test runs, in the language that it is for: of deliveries that verified, and of others.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ROOT, SECRET, sign, startListening } from "./listening.mjs";

const run = promisify(execFile);
const EVENT =
  '{"event":"refresh:finished","content":{"credentialsId":"it\'s \\"å\\" \\\\ `$x`","finished":1767225600000}}\n';
const LARGE = `{"event":"account:updated","content":{"id":"a","note":"${"x".repeat(70_000)}"}}`;
const STRANGE = '{"event":"a\\"\u202e\u{1f600}:b","content":{}}';

/** Body, signature, and what came of it. */
const DELIVERIES = {
  verified: [EVENT],
  "verified, large": [LARGE],
  "verified, with an odd name": [STRANGE],
  "verified by its bare signature": [EVENT, { bare: true }],
  "a test ping": ['{"event":"test"}'],
  "signed, and not JSON": [Buffer.from([0x5b, 0xff, 0x27, 0x22, 0x60])],
  forged: [EVENT, { secret: "another-secret-of-a-stranger" }],
  "forged with odd bytes": [EVENT, { signature: "t=1,v1=å\"'\\" }],
  unsigned: [EVENT, { signature: null }],
};

/** How each language runs a folder with all the texts: what has to be built before, and the name of a file. */
const LANGUAGES = {
  pytest: {
    needs: ".venv/bin/pytest",
    file: (number) => `test_${number}.py`,
    run: (folder) =>
      run(join(ROOT, ".venv/bin/python"), [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        folder,
        folder,
      ]),
    passed: (output) => Number(/^(\d+) passed/m.exec(output)?.[1]),
  },
  node: {
    needs: "bindings-node/dist/index.js",
    file: (number) => `${number}.test.cjs`,
    run: (folder) => {
      mkdirSync(join(folder, "node_modules"));
      symlinkSync(join(ROOT, "bindings-node"), join(folder, "node_modules/tink-webhooks"));
      // Where this is set, tests do not run tests.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      return run(process.execPath, ["--test", "--test-reporter=tap"], { cwd: folder, env });
    },
    passed: (output) => Number(/^# pass (\d+)$/m.exec(output)?.[1]),
  },
  go: {
    needs: "bindings-go/archive_stamp.h",
    // Each is a package of its own: some have the same name.
    file: (number) => `d${number}/delivery_test.go`,
    run: (folder) => {
      const module = "github.com/tink-webhooks/tink-webhooks/bindings-go";
      const replaced = `replace ${module} => ${join(ROOT, "bindings-go")}`;
      writeFileSync(
        join(folder, "go.mod"),
        `module example.com/receiver\n\ngo 1.24\n\nrequire ${module} v0.0.0\n\n${replaced}\n`,
      );
      return run("go", ["test", "-count=1", "-v", "./..."], {
        cwd: folder,
        env: { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off" },
      });
    },
    passed: (output) => output.match(/^--- PASS/gm)?.length,
  },
};

describe("a delivery copied as a test", () => {
  let listening;
  const ids = new Map();

  before(async () => {
    listening = await startListening();
    for (const [what, [body, { secret, bare, signature } = {}]] of Object.entries(DELIVERIES)) {
      const given =
        signature !== undefined
          ? signature
          : bare
            ? createHmac("sha256", SECRET).update(body).digest("hex")
            : sign(body, { secret });
      const value = given === null ? null : Buffer.from(given).toString("latin1");
      ids.set(what, (await listening.deliver(body, { signature: value })).reported.id);
    }
  });
  after(() => listening?.stop());

  async function copy(id, form) {
    const { origin, hash } = new URL(listening.page);
    const headers = { authorization: `Bearer ${hash.slice("#token=".length)}` };
    return (await (await fetch(`${origin}/api/deliveries/${id}/copy/${form}`, { headers })).json()).text;
  }

  for (const [form, language] of Object.entries(LANGUAGES)) {
    const skip = existsSync(join(ROOT, language.needs)) ? false : `${language.needs} is not built`;
    test(`${form}: of all kinds of deliveries`, { skip }, async () => {
      const folder = mkdtempSync(join(tmpdir(), "tink-webhooks-copy-"));
      try {
        const texts = [];
        for (const [number, [what, id]] of [...ids].entries()) {
          const text = await copy(id, form);
          assert.match(text, /^[ -~\n\t]*$/, what);
          assert.ok(!text.includes(SECRET), what);
          const place = join(folder, language.file(number));
          mkdirSync(dirname(place), { recursive: true });
          writeFileSync(place, text);
          texts.push(`${place}: ${what}\n${text.slice(0, 2_000)}`);
        }
        const { stdout } = await language
          .run(folder)
          .catch((error) => assert.fail(`${`${error.stdout}${error.stderr}`.slice(0, 8_000)}\n${texts.join("\n")}`));
        assert.equal(language.passed(stdout), ids.size, stdout);
        if (form === "go") assert.equal((await run("gofmt", ["-l", folder])).stdout, "");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

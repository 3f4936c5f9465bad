// The inspector page in a real browser.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { promisify } from "node:util";
import {
  COMMAND,
  ENVIRONMENT,
  findChromium,
  SECRET,
  sign,
  startBrowser,
  startListening,
  startReceiver,
} from "./listening.mjs";

const REFRESH =
  '{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsId":"c1","finished":1767225600000}}';
const payment = (amount, id = "p1") =>
  `{"event":"payment:updated","content":{"id":"${id}","updated":1767225600000,"amount":${amount}}}`;
const chromium = findChromium();
const run = promisify(execFile);

describe("the inspector page", { skip: chromium ? false : "Chromium is not installed" }, () => {
  let browser;
  let receiver;
  let listening;
  let page;
  let trouble;

  before(async () => {
    browser = await startBrowser(chromium);
  });
  after(() => browser?.close());

  /** A command of its own for each test, and its page, opened. */
  async function open({ forward = true, options = {} } = {}) {
    receiver = await startReceiver();
    listening = await startListening({ forwardTo: forward ? receiver.url : undefined });
    const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
    page = await context.newPage();
    trouble = [];
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
    page.on("dialog", (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    await page.goto(listening.page);
    await page.getByText("Listening", { exact: true }).waitFor();
  }

  afterEach(async () => {
    await page?.context().close();
    await listening?.stop();
    receiver?.stop();
    page = listening = receiver = undefined;
  });

  const rows = () => page.getByRole("listbox").getByRole("option");
  const heading = () => page.locator("#detail h2");
  const reading = (id) =>
    page.waitForFunction((wanted) => document.querySelector("#detail .subline code")?.textContent === wanted, id);

  test("a delivery appears without a reload, is selected, and the next ones are announced", async () => {
    await open();
    await page.getByRole("heading", { name: "No delivery yet" }).waitFor();
    await page.evaluate(() => {
      window.isStillThere = true;
    });
    const { status, reported } = await listening.deliver(REFRESH);
    assert.equal(status, 200);
    await reading(reported.id);
    assert.match(await heading().innerText(), /refresh:finished\s*✓ verified/);
    await listening.deliver(payment("23.00"), {
      signature: sign(payment("23.00"), { secret: "another-secret-of-a-stranger" }),
    });
    await page.getByText("New delivery: payment:updated, refused").waitFor({ state: "attached" });
    await rows().nth(1).waitFor();
    assert.equal(await page.evaluate(() => window.isStillThere), true);
    assert.equal(await page.evaluate(() => location.hash), "", "the token does not stay in the address");
    assert.deepEqual(trouble, []);
  });

  test("a body that was written again is explained, with the bytes that changed", async () => {
    await open();
    const { status, reported } = await listening.deliver(payment("23"), { signature: sign(payment("23.00")) });
    assert.equal(status, 401);
    await reading(reported.id);
    const cause = page.locator("#cause");
    await cause.getByText("proved").waitFor();
    await cause.getByText("the line to change").click();
    const text = await cause.innerText();
    assert.match(text, /numbers of the body were written in another way/i);
    assert.match(text, /signature_mismatch \(401\)/);
    assert.match(text, /Express: app\.post\(path, express\.raw/);
    assert.match(text, /"amount":23\.00\}\}/);
    assert.match(await rows().first().innerText(), /numbers of the body/);
  });

  test("replay sends the same bytes, signed anew or as they came", async () => {
    await open();
    const { reported } = await listening.deliver(REFRESH);
    await reading(reported.id);
    await page.keyboard.press("r");
    await page.getByText("The receiver answered 200").waitFor();
    await page.getByRole("button", { name: "Replay as it was" }).click();
    await page.getByText("replayed as it was at").waitFor();
    const [came, anew, again] = receiver.requests;
    assert.equal(receiver.requests.length, 3);
    assert.ok(receiver.requests.every(({ body, good }) => good && body.equals(Buffer.from(REFRESH))));
    assert.equal(again.signature, came.signature);
    assert.match(anew.signature, /^t=\d+,v1=[0-9a-f]{64}$/);
    assert.match(await page.locator("#panel").innerText(), /replayed, signed anew at/);
  });

  test("what a stranger forged cannot be signed by a click", async () => {
    await open();
    const { reported } = await listening.deliver(REFRESH, {
      signature: sign(REFRESH, { secret: "another-secret-of-a-stranger" }),
    });
    await reading(reported.id);
    assert.equal(await page.getByRole("button", { name: "Replay signed anew" }).isDisabled(), true);
    await page.keyboard.press("r");
    await page.getByText("The receiver answered 401").waitFor();
    // Not even where the button is brought to life.
    await page.evaluate(() => {
      document.querySelector("#replay-signed").disabled = false;
    });
    await page.getByRole("button", { name: "Replay signed anew" }).click();
    await page.getByText("so it is not signed").waitFor();
    assert.deepEqual(
      receiver.requests.map(({ good }) => good),
      [false, false],
    );
    await page.keyboard.press("c");
    await page.getByText("a receiver has to refuse it").waitFor();
    assert.doesNotMatch(await page.evaluate(() => navigator.clipboard.readText()), /tink-webhooks sign/);
  });

  test("copies of an event are one row, which opens and closes", async () => {
    await open();
    for (let copy = 0; copy < 3; copy++) await listening.deliver(payment("1"));
    await listening.deliver(payment("1", "p2"));
    await page.waitForFunction(() => document.querySelectorAll("#list .row").length === 2);
    const group = rows().filter({ hasText: "3×" });
    assert.match(await group.innerText(), /the same event came 3 times/);
    await group.click();
    await page.keyboard.press("Tab");
    await page.getByRole("listbox").focus();
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await page.locator("#list .row.copy .name").allInnerTexts(), ["copy 2 of 3", "copy 1 of 3"]);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await rows().count(), 2);
  });

  test("two deliveries are compared, by value and by byte", async () => {
    await open();
    await listening.deliver(payment("23.00"));
    const { reported } = await listening.deliver(payment("24.50"));
    await page.waitForFunction(() => document.querySelectorAll("#list .row").length === 2);
    // Both at once: what is compared is what is then shown, and not with itself.
    await page.evaluate(() => {
      document.querySelector("#list .row").click();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "d", bubbles: true }));
    });
    await reading(reported.id);
    await page.locator("#compare-words").waitFor();
    assert.match(await page.locator(".diff .removed").first().innerText(), /"amount": 23\.00/);
    assert.match(await page.locator(".diff .added").first().innerText(), /"amount": 24\.50/);
    // The same values in other bytes.
    const spaced = payment("24.50").replaceAll('":', '": ');
    const last = (await listening.deliver(spaced)).reported;
    await rows().nth(2).waitFor();
    await rows().first().click();
    await reading(last.id);
    await page.getByLabel("with", { exact: true }).selectOption(reported.id);
    await page.getByText("The same values in other bytes: they part at byte 10.").waitFor();
  });

  const ODD = [
    ["plain", REFRESH],
    [
      "with quotes, a substitution and a backslash",
      '{"event":"account:updated","content":{"id":"it\'s $(touch hacked) `id` \\" !! \\\\ %s"}}',
    ],
    [
      "with what turns round, ends a paste, and is not ASCII",
      '{"event":"account:updated","content":{"id":"å\u202e\u001b[201~"}}\n'.replace("\u001b", "\\u001b"),
    ],
    ["with a newline at its end", '{"event":"account:updated",\r\n "content":{"id":"a"}}\n\n'],
  ];
  for (const [what, body] of ODD) {
    test(`copied as curl it is signed when it runs: a body ${what}`, async () => {
      await open();
      const { reported } = await listening.deliver(body);
      await reading(reported.id);
      await page.keyboard.press("c");
      await page.getByText("It signs anew when it runs").waitFor();
      const text = await page.evaluate(() => navigator.clipboard.readText());
      assert.ok(!text.includes(SECRET));
      assert.match(text, /^[ -~\n]*$/, "it looks in every terminal like what it is");
      receiver.requests.length = 0;
      const path = `${dirname(COMMAND)}:${ENVIRONMENT.PATH}`;
      const { stdout: answer } = await run("sh", ["-c", text], { env: { ...ENVIRONMENT, PATH: path } });
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.equal(receiver.requests.length, 1);
      assert.ok(receiver.requests[0].good);
      assert.equal(receiver.requests[0].body.toString(), body);
    });
  }

  test("a hostile delivery is text, wherever it is shown", async () => {
    await open();
    const evil = '<img src=x onerror="window.hacked=1">';
    const turned = "\u202egnp.exe\u2066";
    const body = JSON.stringify({
      event: `${evil}${turned}`,
      content: {
        [evil]: "</script><script>window.hacked=2</script>",
        turned,
        "__proto__ ": [evil, { constructor: 1 }],
      },
    });
    await listening.deliver(body, { headers: { "x-evil": evil, "x-latin": "\u00e5\u00ff" } });
    const { reported } = await listening.deliver(body, { signature: `${evil},t=1,v1=${"0".repeat(64)}` });
    await rows().nth(1).waitFor();
    await rows().first().click();
    await reading(reported.id);
    for (const tab of ["Payload", "Raw bytes", "Headers", "Receiver", "Compare"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.waitForFunction(() => document.querySelector("#panel").childElementCount > 0);
      assert.equal(await page.locator("main img, main script, main iframe").count(), 0, tab);
    }
    await page.getByRole("tab", { name: "Payload" }).click();
    await page.locator("#panel").getByText("</script><script>window.hacked=2</script>").waitFor();
    assert.match(await heading().innerText(), /<img src=x onerror="window\.hacked=1">U\+202Egnp\.exeU\+2066/);
    assert.ok(
      !(await page.evaluate(() => document.body.textContent)).match(/[\u202e\u2066]/),
      "no character turns the text round",
    );
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.deepEqual(trouble, []);
    // What would make markup of text is refused by the browser itself.
    const refused = await page.evaluate(() => {
      try {
        document.createElement("div").innerHTML = "<b>";
        return "";
      } catch (error) {
        return error.name;
      }
    });
    assert.equal(refused, "TypeError");
  });

  test("raw bytes hide nothing", async () => {
    await open();
    const body = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from('{"a":\t"\u200b\u00a0"}\r\n'),
      Buffer.from([0xff]),
    ]);
    const { reported } = await listening.deliver(body);
    await reading(reported.id);
    await page.getByRole("tab", { name: "Raw bytes" }).click();
    const shown = (await page.locator("#panel .scroll").innerText()).replaceAll("\n", "");
    assert.equal(shown, 'U+FEFF{"a":⇥"U+200BU+00A0"}␍␊\\xFF');
    assert.match(
      await page.locator("#panel .hint").innerText(),
      /begins with a byte order mark\. 6 invisible characters, marked\. 1 byte is not UTF-8/,
    );
    await page.getByRole("button", { name: "Hex" }).click();
    assert.match(
      await page.locator("#panel .hex").innerText(),
      /^000000 {2}ef bb bf 7b 22 61 22 3a {2}09 22 e2 80 8b c2 a0 22 {2,}···\{"a":·"·····"/,
    );
  });

  test("other sites get nothing and send nothing", async () => {
    await open();
    const { reported } = await listening.deliver(REFRESH);
    const { origin, hash } = new URL(listening.page);
    const token = hash.slice("#token=".length);
    const site = createServer((_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<p>another site"),
    );
    site.listen(0, "127.0.0.1");
    await once(site, "listening");
    try {
      const other = await page.context().newPage();
      await other.goto(`http://127.0.0.1:${site.address().port}/`);
      const outcome = await other.evaluate(
        async ({ origin, deliveries, token, id }) => {
          const failed = (promise) =>
            promise.then(
              (answer) => (answer.type === "opaque" ? "opaque" : answer.status),
              () => "blocked",
            );
          const authorization = `Bearer ${token}`;
          const stream = new EventSource(`${origin}/api/changes?after=0`);
          const streamed = await new Promise((resolve) => {
            stream.onmessage = () => resolve("read");
            stream.onerror = () => resolve("blocked");
          });
          stream.close();
          return {
            streamed,
            read: await failed(fetch(`${origin}/api/changes?after=0`, { headers: { authorization } })),
            replayed: await failed(
              fetch(`${origin}/api/deliveries/${id}/replay`, {
                method: "POST",
                headers: { authorization, "content-type": "application/json" },
                body: '{"sign":true}',
              }),
            ),
            simple: await failed(
              fetch(`${origin}/api/deliveries/${id}/replay`, {
                method: "POST",
                mode: "no-cors",
                body: '{"sign":true}',
              }),
            ),
            delivered: await failed(fetch(deliveries, { method: "POST", mode: "no-cors", body: "{}" })),
          };
        },
        { origin, deliveries: listening.deliveries, token, id: reported.id },
      );
      assert.deepEqual(outcome, {
        streamed: "blocked",
        read: "blocked",
        replayed: "blocked",
        simple: "blocked",
        delivered: "opaque",
      });
      assert.equal(receiver.requests.length, 1, "neither a replay nor a delivery reached the receiver");
      const framed = other.waitForEvent("console", {
        predicate: (message) => message.text().includes("frame-ancestors"),
      });
      await other.evaluate((address) => {
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.append(frame);
      }, listening.page);
      await framed;
    } finally {
      site.close();
    }
  });

  test("a name that a stranger lets point here is refused", async () => {
    await open();
    const rebinding = await startBrowser(chromium, ["--host-resolver-rules=MAP rebound.example 127.0.0.1"]);
    try {
      const other = await rebinding.newPage();
      const answer = await other.goto(listening.page.replace("127.0.0.1", "rebound.example"));
      assert.equal(answer.status(), 403);
      const { token } = /#token=(?<token>.*)/.exec(listening.page).groups;
      const status = await other.evaluate(
        async (token) =>
          (await fetch("/api/changes?after=0", { headers: { authorization: `Bearer ${token}` } })).status,
        token,
      );
      assert.equal(status, 403);
    } finally {
      await rebinding.close();
    }
  });

  test("without the token the page shows nothing; a stopped command is said to be so", async () => {
    await open();
    await listening.deliver(REFRESH);
    const other = await page.context().newPage();
    await other.goto(new URL(listening.page).origin);
    await other.getByRole("heading", { name: "This page is not let in" }).waitFor();
    assert.doesNotMatch(await other.locator("body").innerText(), /refresh:finished/);
    await rows().first().waitFor();
    await page.reload();
    await rows().first().waitFor();
    await listening.stop();
    await page.getByText("The command has stopped").waitFor();
  });
});

// The inspector page for keyboards and screen readers, and its own functions beside those of the browser.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { findChromium, sign, startBrowser, startListening } from "./listening.mjs";

const REFRESH =
  '{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsId":"c1","finished":1767225600000}}';
const PAYMENT =
  '{"event":"payment:updated","content":{"id":"p1","updated":1767225600000,"amount":23.00,"open":true,"note":null}}';
const chromium = findChromium();

describe("the inspector page", { skip: chromium ? false : "Chromium is not installed" }, () => {
  let browser;
  let listening;
  let page;

  before(async () => {
    browser = await startBrowser(chromium);
  });
  after(() => browser?.close());

  /** The page with three deliveries: one that is good, one that is not JSON, one that was written again on the way. */
  async function open(options = {}) {
    listening = await startListening();
    await listening.deliver(REFRESH);
    await listening.deliver("[1");
    await listening.deliver(PAYMENT.replace("23.00", "23"), { signature: sign(PAYMENT) });
    page = await (await browser.newContext(options)).newPage();
    await page.goto(listening.page);
    await page.locator("#list .row").nth(2).waitFor();
    await page.locator("#cause").waitFor();
  }

  afterEach(async () => {
    await page?.context().close();
    await listening?.stop();
    page = listening = undefined;
  });

  const name = async () => (await page.locator("#detail h2").innerText()).split("\n")[0];
  const named = (wanted) =>
    page.waitForFunction((text) => document.querySelector("#detail h2")?.textContent.startsWith(text), wanted);

  test("all of it can be reached and used with the keyboard, and the place is seen", async () => {
    await open();
    const reached = [];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press("Tab");
      const place = await page.evaluate(() => {
        const at = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        const name = at.getAttribute("aria-label") ?? at.textContent.trim().slice(0, 20);
        return {
          name,
          id: at.id,
          seen: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2,
          body: at === document.body,
        };
      });
      if (place.body) break;
      assert.ok(place.seen, `no outline: ${JSON.stringify(place)}`);
      reached.push(place.id || place.name);
    }
    for (const wanted of ["help-open", "search", "list", "tab-payload", "panel"])
      assert.ok(reached.includes(wanted), `${wanted}: ${reached}`);
    assert.ok(!reached.includes("tab-raw"), "tabs are one stop; arrows move between them");

    await page.locator("#tab-payload").focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-raw");
    assert.equal(await page.locator("#tab-raw").getAttribute("aria-selected"), "true");

    await page.getByRole("listbox").focus();
    await page.keyboard.press("End");
    await named("refresh:finished");
    assert.equal(
      await page.getByRole("listbox").getAttribute("aria-activedescendant"),
      await page.locator('[aria-selected="true"][role="option"]').getAttribute("id"),
    );
    await page.keyboard.press("ArrowUp");
    await named("not an event");
  });

  test("single keys act, not while one writes, and not when they are off", async () => {
    await open();
    await page.keyboard.press("j");
    await named("not an event");
    await page.keyboard.press("j");
    await named("refresh:finished");
    await page.keyboard.press("k");
    await named("not an event");
    await page.keyboard.press("/");
    await page.keyboard.type("jjk?");
    assert.equal(await page.locator("#search").inputValue(), "jjk?");
    assert.equal(await name(), "not an event");
    await page.getByText("No delivery matches.").waitFor();
    await page.locator("#search").fill("refresh");
    assert.equal(await page.locator("#list .row").count(), 1);
    await page.locator("#search").fill("");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.getByRole("checkbox").uncheck();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
    await page.keyboard.press("j");
    assert.equal(await name(), "not an event");
    await page.getByRole("button", { name: "Failing 2" }).click();
    assert.equal(await page.locator("#list .row").count(), 2);
  });

  test("everything that can be used has a name", async () => {
    await open();
    for (const tab of ["payload", "raw", "headers", "receiver", "compare"]) {
      await page.click(`#tab-${tab}`);
      const tree = await page.locator("body").ariaSnapshot();
      const nameless = tree
        .split("\n")
        .filter((line) =>
          /^\s*- (button|searchbox|textbox|combobox|checkbox|tab|listbox|tabpanel|dialog)(:| \[|$)/.test(line),
        );
      assert.deepEqual(nameless, [], tab);
      for (const part of ["listbox", "option", "tablist", "tabpanel", "main", "heading"])
        assert.match(tree, new RegExp(`- ${part}`));
    }
    assert.match(await page.locator("#list").ariaSnapshot(), /option "✕?.*payment:updated.*refused/);
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`text stands out from its ground: ${colorScheme}`, async () => {
      await open({ colorScheme });
      let texts = 0;
      for (const tab of ["payload", "raw", "headers", "receiver", "compare"]) {
        await page.click(`#tab-${tab}`);
        const { weak, count } = await page.evaluate(contrasts);
        assert.deepEqual(weak, [], tab);
        texts += count;
      }
      assert.ok(texts > 300, `${texts} texts`);
    });
  }

  /** Texts whose contrast with what is painted under them is below 4.5 to 1 (WCAG 2.2, 1.4.3). Runs in the page. */
  function contrasts() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
      willReadFrequently: true,
    });
    const rgb = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
      const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const style = getComputedStyle(at);
        const painted = /rgb[^)]*\) 4px\)$/.exec(style.backgroundImage);
        const colour = painted ? painted[0].replace(" 4px)", "") : style.backgroundColor;
        if (rgb(colour)[3] === 255) return rgb(colour);
      }
      return [255, 255, 255];
    };
    const weak = [];
    let count = 0;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (
        !texts.currentNode.data.trim() ||
        element.closest("script, style, noscript, dialog:not([open]), .unseen, [hidden], :disabled")
      )
        continue;
      const [one, other] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
      count++;
      if ((one + 0.05) / (other + 0.05) < 4.5)
        weak.push(`${texts.currentNode.data.slice(0, 30)}: ${((one + 0.05) / (other + 0.05)).toFixed(2)}`);
    }
    return { weak, count };
  }

  test("nothing moves for who asked for that", async () => {
    for (const [reducedMotion, expected] of [
      ["no-preference", "arrive"],
      ["reduce", "none"],
    ]) {
      await open({ reducedMotion });
      const moves = await page.evaluate(() => {
        const row = document.querySelector(".row");
        row.classList.add("fresh");
        return getComputedStyle(row).animationName;
      });
      assert.equal(moves, expected);
      if (reducedMotion === "no-preference") {
        await page.context().close();
        await listening.stop();
      }
    }
  });

  test("it fits a narrow window", async () => {
    await open({ viewport: { width: 360, height: 740 } });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });

  test("its reading of JSON, UTF-8 and differences agrees with the browser's", async () => {
    await open();
    const wrong = await page.evaluate(() => {
      let seed = 1;
      const random = (below) => {
        seed = (seed * 48271) % 2147483647;
        return seed % below;
      };
      const wrong = [];
      const value = (node) => {
        if (node.kind === "array") return node.items.map(value);
        return node.kind === "object"
          ? Object.fromEntries(node.entries.map((entry) => [entry.key, value(entry.value)]))
          : JSON.parse(node.text);
      };
      const parts = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        '"\\u00e5\\n"',
        "1",
        "-0.50",
        "1e3",
        "01",
        "true",
        "null",
        " ",
        "\n",
        '"',
        "x",
        "\\",
        '"__proto__"',
      ];
      let good = 0;
      for (let round = 0; round < 40_000; round++) {
        const text = Array.from({ length: 1 + random(9) }, () => parts[random(parts.length)]).join("");
        let expected;
        try {
          expected = JSON.stringify(JSON.parse(text));
        } catch {
          expected = null;
        }
        let found;
        try {
          const node = parseJson(text);
          found = JSON.stringify(value(node));
          if (JSON.stringify(JSON.parse(prettyLines(node).join("\n"))) !== expected) found = "prettyLines";
          good++;
        } catch {
          found = null;
        }
        if (found !== expected) wrong.push(`JSON: ${text}`);
      }
      if (good < 1_000) wrong.push(`only ${good} good texts`);
      const bytes = [
        0x00, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xef, 0xbb, 0xf0, 0x90, 0xf4, 0x8f, 0xf5,
        0xff,
      ];
      for (let round = 0; round < 20_000; round++) {
        const body = Uint8Array.from({ length: random(7) }, () => bytes[random(bytes.length)]);
        let valid = true;
        try {
          new TextDecoder("utf-8", { fatal: true }).decode(body);
        } catch {
          valid = false;
        }
        if (visiblePieces(body).every((piece) => piece.kind !== "bad") !== valid) wrong.push(`UTF-8: ${body}`);
      }
      for (let round = 0; round < 2_000; round++) {
        const [before, after] = [0, 1].map(() => Array.from({ length: random(12) }, () => "abc"[random(3)]));
        const lines = diffLines(before, after);
        const side = (without) =>
          lines
            .filter((line) => line.op !== without)
            .map((line) => line.text)
            .join("");
        if (side("added") !== before.join("") || side("removed") !== after.join(""))
          wrong.push(`difference: ${before} ${after}`);
      }
      return wrong.slice(0, 5);
    });
    assert.deepEqual(wrong, []);
  });
});

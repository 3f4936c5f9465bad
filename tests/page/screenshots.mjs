// The pictures of docs/tools.md: `node tests/page/screenshots.mjs`, after `make test-page`. Deliveries and times are made up.

import { join } from "node:path";
import { findChromium, ROOT, sign, startBrowser, startListening, startReceiver } from "./listening.mjs";

const PICTURES = [
  ["inspector-cause.png", "light", explained],
  ["inspector-compare.png", "dark", compared],
];

const user = { userId: "5f0c2a9be1d84f7ea0b6c3d2918e7a40", externalUserId: "customer-1001" };
const refresh = JSON.stringify({
  context: user,
  content: { credentialsId: "6e68cc6287704273984567b3300c5822", credentialsStatus: "UPDATED", finished: 1767225600000 },
  event: "refresh:finished",
});
const changed = JSON.stringify({
  context: user,
  content: { account: { id: "a6bb87e57a8c4dd4874b241471a2b9e8" }, userId: user.userId, transactions: { inserted: 2 } },
  event: "account-transactions:modified",
});
const payout = (status, amount) =>
  `{"content":{"id":"f2bd7e0c","type":"WITHDRAWAL","amount":${amount},"currencyCode":"EUR","timestamp":1767229200000,"status":"${status}"},"event":"settlement-payout:updated"}`;

/** A delivery that was written again on its way: the cause is proved. */
async function explained(page) {
  await page.locator("#cause").getByText("proved").waitFor();
}

/** Two deliveries, line by line. */
async function compared(page) {
  await page.locator("#list .row").nth(1).click();
  await page.keyboard.press("d");
  await page.locator("#panel .diff").first().waitFor();
  await page.evaluate(() => document.querySelector("#tab-compare").blur());
}

const executable = findChromium();
if (!executable) throw new Error("Chromium is not installed");
const browser = await startBrowser(executable);
const receiver = await startReceiver();
const listening = await startListening({ forwardTo: receiver.url });
try {
  await listening.deliver('{"event":"test"}');
  await listening.deliver(refresh);
  for (let copy = 0; copy < 2; copy++) await listening.deliver(changed);
  await listening.deliver(refresh, { signature: sign(refresh, { at: 1_767_225_600 }) });
  await listening.deliver(payout("PENDING", "1250.00"));
  await listening.deliver(payout("COMPLETED", "1245.50"));
  await listening.deliver(payout("COMPLETED", "23"), { signature: sign(payout("COMPLETED", "23.00")) });
  for (const [file, colorScheme, prepare] of PICTURES) {
    const page = await browser.newPage({
      viewport: { width: 1120, height: 700 },
      colorScheme,
      reducedMotion: "reduce",
    });
    await page.goto(listening.page);
    await page.locator("#list .row").nth(6).waitFor();
    await prepare(page);
    await page.screenshot({ path: join(ROOT, "docs/img", file) });
    await page.close();
  }
} finally {
  await listening.stop();
  receiver.stop();
  await browser.close();
}

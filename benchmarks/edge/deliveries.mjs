// What is measured at the edge, in every runtime: a program of Web standards. `make` takes the package, and gives a function
// that does so many deliveries of a size in one of the ways.
export async function make({ WebhookHandler, generateSignature }) {
  const secret = "67abc1e08fb64c92b450a13e0876330b";
  const hooks = new WebhookHandler({ secret, schemes: ["v1"] });
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  const ways = {
    wasm: (body, signature) => hooks.constructEvent(body, signature).data,
    async "Web Crypto"(body, signature) {
      const [, t, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature);
      const signed = new Uint8Array(t.length + 1 + body.length);
      signed.set(encoder.encode(`${t}.`));
      signed.set(body, t.length + 1);
      const mac = Uint8Array.from(hex.match(/../g), (digits) => Number.parseInt(digits, 16));
      if (!(await crypto.subtle.verify("HMAC", key, mac, signed))) throw new Error("forged");
      if (Math.abs(Date.now() / 1_000 - Number(t)) > 300) throw new Error("old");
      return JSON.parse(new TextDecoder().decode(body)).content;
    },
    none: () => ({}),
  };
  const deliveries = new Map();
  return async (way, size, count) => {
    if (!deliveries.has(size)) {
      const item = { id: "a1b2c3d4e5f6", amount: 12.5, currency: "EUR", text: "some words", list: [1, 2, 3] };
      const event = { event: "payment:updated", context: { userId: "u1" }, content: { items: [item], padding: "" } };
      while (JSON.stringify(event).length + JSON.stringify(item).length < size) event.content.items.push(item);
      event.content.padding = "x".repeat(Math.max(0, size - JSON.stringify(event).length));
      const body = encoder.encode(JSON.stringify(event));
      deliveries.set(size, [body, generateSignature(body, secret)]);
    }
    const [body, signature] = deliveries.get(size);
    let made = 0;
    for (let done = 0; done < count; done += 1) {
      let data = ways[way](body, signature);
      if (data instanceof Promise) data = await data;
      made += data === undefined ? 0 : 1;
    }
    if (made !== count) throw new Error(`${way} gave no data`);
  };
}

// What stands for a secret in memory: the keys that HMAC-SHA256 makes of it, as the module keeps them.
import { createHash } from "node:crypto";

/** What HMAC keeps of a key: SHA-256's chaining value after one block of it (FIPS 180-4). */
function chaining(secret, pad) {
  const k = [];
  for (let n = 2; k.length < 64; n += 1) {
    if (Array.from({ length: n - 2 }, (_, i) => i + 2).every((i) => n % i)) k.push((Math.cbrt(n) % 1) * 2 ** 32);
  }
  const w = Array.from({ length: 64 }, () => 0);
  const block = Buffer.alloc(64);
  Buffer.from(secret).copy(block);
  for (let i = 0; i < 64; i += 1) block[i] ^= pad;
  const right = (x, n) => (x >>> n) | (x << (32 - n));
  for (let i = 0; i < 64; i += 1) {
    const [a, b] = [w[i - 15], w[i - 2]];
    w[i] =
      i < 16
        ? block.readInt32BE(i * 4)
        : (w[i - 16] +
            w[i - 7] +
            (right(a, 7) ^ right(a, 18) ^ (a >>> 3)) +
            (right(b, 17) ^ right(b, 19) ^ (b >>> 10))) |
          0;
  }
  const initial = [2, 3, 5, 7, 11, 13, 17, 19].map((n) => ((Math.sqrt(n) % 1) * 2 ** 32) | 0);
  let [a, b, c, d, e, f, g, h] = initial;
  for (let i = 0; i < 64; i += 1) {
    const one = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + (k[i] | 0) + w[i];
    const two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  return Int32Array.from([a, b, c, d, e, f, g, h], (word, i) => word + initial[i]);
}

/** The keys of secrets, for the inner and the outer hash, in halves: each is as bad. */
export const keysOf = (secrets) =>
  secrets.flatMap((secret) => {
    const key = secret.length > 64 ? createHash("sha256").update(secret).digest() : Buffer.from(secret);
    const states = [0x36, 0x5c].map((pad) => Buffer.from(chaining(key, pad).buffer));
    return states.flatMap((state) => [state.subarray(0, 16), state.subarray(16)]);
  });

// Measures in the runtime that runs it: inside.mjs ROUNDS LIBRARY [NATIVE]. Prints the rows as JSON.
import process from "node:process";
import { compare } from "./compare.mjs";
import { make } from "./deliveries.mjs";

const [rounds, library, native] = process.argv.slice(2);
const edge = await make(await import(library));
const other = native && (await make(await import(native)));
const ways = ["wasm", "Web Crypto", ...(other ? ["native"] : [])];
const rows = await compare(ways, Number(rounds), async (way, size, count) => {
  const run = way === "native" ? other : edge;
  const began = process.hrtime.bigint();
  await run(way === "native" ? "wasm" : way, size, count);
  return Number(process.hrtime.bigint() - began);
});
console.log(JSON.stringify(rows));

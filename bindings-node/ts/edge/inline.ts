// The WebAssembly module inside of the program: where bundlers do not know such files. Takes the place of `module.ts`.
// In hex digits, since a compressed bundle is then smaller than with base64, whose digits do not begin where bytes do.
import hex from "../../dist/tink_webhooks.wasm";
import { compile } from "./hex";

export const module = compile(hex);

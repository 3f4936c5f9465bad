// The same as `inline.ts` of the module that explains. Takes the place of `explain-module.ts`.
import hex from "../../dist/tink_webhooks_explain.wasm";
import { compile } from "./hex";

export const module = compile(hex);

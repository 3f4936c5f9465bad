// The core at the edge: its WebAssembly module. Takes the place of `../native.ts`.
import type { Native } from "../contract";
import { connect } from "../wasm";
import { module } from "./module";

export const native: Native = connect(new WebAssembly.Instance(module).exports);

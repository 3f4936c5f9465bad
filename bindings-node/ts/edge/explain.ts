// For `tink-webhooks/explain` at the edge, which `edge.mjs` makes of this and of `../explain.ts`. What explains is not in the
// module that is in every bundle: that would be larger by three quarters.
import { connect } from "../wasm";
import { explaining } from "../wasm-explain";
import { module } from "./explain-module";
import { native } from "./native";

/** A second, larger module takes the place of the first, for every handler object that is made from then on. */
export function install(): void {
  // No environment is read at the edge, so that none says that this is production.
  Object.assign(
    native,
    connect(
      new WebAssembly.Instance(module).exports,
      explaining(() => undefined),
    ),
  );
}

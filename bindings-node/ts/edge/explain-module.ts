// The same as `module.ts` of the module that explains.
import module from "../../dist/tink_webhooks_explain.wasm?module";

export { module };

// The WebAssembly module where the runtime gives it by `import`, and where programs may not compile one: workerd and
// Vercel's edge runtime. `?module` is how both, and the bundlers for them, know it.
import module from "../../dist/tink_webhooks.wasm?module";

export { module };

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm" {
  /** The file in hex digits. */
  const hex: string;
  export default hex;
}

// One `require` with a literal path per library, each in a `try` of its own. Bundlers and tracers (@vercel/nft, esbuild,
// ncc, Bun) read these lines to find the library, and only in this form let those pass that are not installed: a path in
// a variable, or a `require` in a function that is called in a `try`, they do not follow.

/**
 * The native library of a platform: that of a checkout or of a package that brings its own, beside `dist/`; else that
 * of the platform's package, which npm picks among the optional dependencies.
 *
 * @param platform as napi-rs names it, such as `linux-x64-gnu`
 * @param failures gets what was thrown, where the library is not found or cannot be loaded
 * @returns the library; `undefined` if there is none, also for a platform that is not listed
 */
export function requireLibrary(platform: string, failures: unknown[]): unknown {
  switch (platform) {
    case "linux-x64-gnu":
      try {
        return require("../tink-webhooks.linux-x64-gnu.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-linux-x64-gnu");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "linux-arm64-gnu":
      try {
        return require("../tink-webhooks.linux-arm64-gnu.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-linux-arm64-gnu");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "linux-x64-musl":
      try {
        return require("../tink-webhooks.linux-x64-musl.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-linux-x64-musl");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "linux-arm64-musl":
      try {
        return require("../tink-webhooks.linux-arm64-musl.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-linux-arm64-musl");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "darwin-x64":
      try {
        return require("../tink-webhooks.darwin-x64.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-darwin-x64");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "darwin-arm64":
      try {
        return require("../tink-webhooks.darwin-arm64.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-darwin-arm64");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "win32-x64-msvc":
      try {
        return require("../tink-webhooks.win32-x64-msvc.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-win32-x64-msvc");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    case "win32-arm64-msvc":
      try {
        return require("../tink-webhooks.win32-arm64-msvc.node");
      } catch (error) {
        failures.push(error);
      }
      try {
        return require("tink-webhooks-win32-arm64-msvc");
      } catch (error) {
        failures.push(error);
      }
      return undefined;
    default:
      return undefined;
  }
}

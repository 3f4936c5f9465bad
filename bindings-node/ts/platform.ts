/** The file name of the native library for this platform, such as `tink-webhooks.linux-x64-gnu.node`. */
export function libraryName(): string {
  return `tink-webhooks.${platform()}.node`;
}

function platform(): string {
  const base = `${process.platform}-${process.arch}`;
  return process.platform === "linux" ? `${base}-${usesGlibc() ? "gnu" : "musl"}` : base;
}

function usesGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}

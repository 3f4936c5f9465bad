import type { Native } from "./contract";
import { loadLibrary } from "./platform";

export type * from "./contract";

/** The native half: the addon of this platform, else the WebAssembly module. */
export const native: Native = loadLibrary();

import { setTimeout as sleep } from "node:timers/promises";
import { isThenable } from "../handler-result";

export { sleep };

/** How long a store may take to answer, in milliseconds: a client that waits for its server to come back would wait on. */
export const PATIENCE = 5_000;

/** Something has taken too long. */
export class LateError extends Error {}
Object.defineProperty(LateError.prototype, "name", { value: "LateError", configurable: true, writable: true });

/**
 * What a call gives, if it does so in time. It goes on if it does not, and what comes of it is lost.
 *
 * @param call what is called; what it throws at once is a rejection too
 * @param milliseconds how long it may take
 * @param keeps whether the wait keeps the program from ending
 * @throws {@link LateError}
 */
export async function within<T>(call: () => T | Promise<T>, milliseconds: number, keeps = true): Promise<T> {
  const answer = call();
  if (!isThenable(answer)) {
    return answer; // a store in memory: there is nothing to wait for
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const refuse = () => reject(new LateError(`no answer in ${milliseconds} ms`));
    // After a handler that blocked the event loop an answer that has arrived is read first.
    timer = setTimeout(() => setImmediate(refuse), milliseconds);
    if (!keeps) {
      timer.unref();
    }
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

// What is a handler, and what it returned: looked at where one is registered and where it counts as having run, and by
// `once`, which commits before a dispatch looks.
import { describe } from "./frame";
import { isGeneratorFunction } from "./runtime";

/** @throws TypeError for what is no function, and for a generator function */
export function refuseWhatRunsNothing(handler: unknown): void {
  if (typeof handler !== "function") {
    throw new TypeError(`the handler must be a function, not ${describe(handler)}`);
  }
  if (isGeneratorFunction(handler)) {
    throw new TypeError(
      "the handler is a generator function: calling it runs nothing; take the `*` and `yield` out of it",
    );
  }
}

/** Whether there is something to wait for. Awaiting anything else would cost a turn of the microtask queue. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (
    ((typeof result === "object" && result !== null) || typeof result === "function") &&
    typeof (result as { then?: unknown }).then === "function"
  );
}

/**
 * Refuses an iterator, of a generator, compiled or not, or of a helper such as `map`.
 *
 * @param result what a handler gave, awaited
 * @throws TypeError for an iterator
 */
export function refuseIterator(result: unknown): void {
  const {
    next,
    [Symbol.iterator]: sync,
    [Symbol.asyncIterator]: async,
  } = (result ?? {}) as Record<symbol | string, unknown>;
  if (typeof next === "function" && (typeof sync === "function" || typeof async === "function")) {
    throw new TypeError(
      "the handler returned an iterator, which nobody pulls, so that its code did not run: make it an ordinary or an " +
        "async function",
    );
  }
}

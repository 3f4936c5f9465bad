// Tests for a `Store` of yours, for any test runner: `for (const { name, run } of storeTests) test(name, () => run(store))`.
import { randomBytes } from "node:crypto";
import { can, type Store } from "./store";
import { sleep } from "./within";

/** One test. */
export interface StoreTest {
  /** What the store must do. */
  readonly name: string;
  /**
   * Runs it.
   *
   * @param store the store, which may hold records of earlier tests
   * @throws {Error} that says what the store has done wrong: the promise rejects with it
   */
  run(store: Store): Promise<void>;
}

/** A lease that a test waits for the end of, in milliseconds. */
const SHORT = 1_000;
/** One that does not end by itself, however busy the machine is. */
const LEASE = 60_000;
/** For how long done records are kept. */
const KEEP = 60_000;
/** How many ask at once. */
const CROWD = 16;

/** What `once` relies on. The tests take some seconds, since leases must end. */
export const storeTests: readonly StoreTest[] = [
  {
    name: "it has the methods of a store",
    async run(store) {
      expect(can(store, "claim", "commit", "release", "extend"), "it has claim, commit, release and extend");
    },
  },
  {
    name: "one claims, and the other is told how long it waits at most",
    async run(store) {
      const key = fresh();
      const first = await store.claim("s", key, "a", LEASE);
      expect(first.state === "claimed", "the first one claims");
      const { state, milliseconds: left = 0 } = await store.claim("s", key, "b", LEASE);
      expect(state === "busy", "the second one does not");
      expect(left > 0 && left <= LEASE + 1, `it is told how long the lease runs, not ${left} ms`);
    },
  },
  {
    name: "what was committed is done, for everybody and for good",
    async run(store) {
      const key = fresh();
      await store.claim("s", key, "a", LEASE);
      expect((await store.commit("s", key, "a", KEEP)) === true, "the holder commits");
      for (const token of ["a", "b"]) {
        expect((await store.claim("s", key, token, LEASE)).state === "done", "what is committed is done");
        expect((await store.release("s", key, token)) === false, "what is done is not released");
        expect((await store.extend("s", key, token, LEASE)) === false, "what is done has no lease");
      }
      const again = await store.commit("s", key, "a", KEEP);
      expect(again === true, "committing again, after an answer that was lost, is well");
      expect((await store.commit("s", key, "b", KEEP)) === false, "another one cannot commit it");
      expect((await store.claim("s", key, "c", LEASE)).state === "done", "it stays done");
    },
  },
  {
    name: "claiming again with the same token, after an answer that was lost",
    async run(store) {
      const key = fresh();
      await store.claim("s", key, "a", LEASE);
      expect((await store.claim("s", key, "a", LEASE)).state === "claimed", "the same token claims again");
      expect((await store.claim("s", key, "b", LEASE)).state === "busy", "and holds it");
    },
  },
  {
    name: "nobody else commits, releases or extends",
    async run(store) {
      const key = fresh();
      for (const held of [false, true]) {
        if (held) {
          await store.claim("s", key, "a", LEASE);
          expect((await store.commit("s", key, "b", KEEP)) === false, "another token does not commit");
        }
        expect((await store.release("s", key, "b")) === false, "another token does not release");
        expect((await store.extend("s", key, "b", LEASE)) === false, "another token does not extend");
      }
      expect((await store.claim("s", key, "c", LEASE)).state === "busy", "the holder still holds it");
    },
  },
  {
    name: "what was released is free at once",
    async run(store) {
      const key = fresh();
      await store.claim("s", key, "a", LEASE);
      expect((await store.release("s", key, "a")) === true, "the holder releases");
      expect((await store.release("s", key, "a")) === false, "it is released once");
      expect((await store.claim("s", key, "b", LEASE)).state === "claimed", "what was released is free");
      expect((await store.commit("s", key, "a", KEEP)) === false, "the one that released has no claim");
    },
  },
  {
    name: "what was forgotten is done once it is committed",
    async run(store) {
      const key = fresh();
      expect((await store.extend("s", key, "a", LEASE)) === false, "what is not there is not extended");
      expect((await store.commit("s", key, "a", KEEP)) === true, "nobody has claimed it, and the effect was done");
      expect((await store.claim("s", key, "b", LEASE)).state === "done", "what is committed is done");
      expect((await store.commit("s", key, "b", KEEP)) === false, "another one cannot commit it");
    },
  },
  {
    name: "a lease ends, and the stolen token can do nothing",
    async run(store) {
      const key = fresh();
      await store.claim("s", key, "a", SHORT);
      await sleep(SHORT + 100);
      expect((await store.claim("s", key, "b", LEASE)).state === "claimed", "after the lease another one claims");
      expect((await store.extend("s", key, "a", LEASE)) === false, "a stolen token does not extend");
      expect((await store.commit("s", key, "a", KEEP)) === false, "a stolen token does not commit");
      expect((await store.release("s", key, "a")) === false, "a stolen token does not release");
      expect((await store.claim("s", key, "a", LEASE)).state === "busy", "a stolen token does not claim");
      expect((await store.commit("s", key, "b", KEEP)) === true, "the thief commits");
    },
  },
  {
    name: "a slow holder that nobody overtook commits",
    async run(store) {
      const key = fresh();
      await store.claim("s", key, "a", SHORT);
      await sleep(SHORT + 100);
      expect((await store.commit("s", key, "a", KEEP)) === true, "nobody else has claimed it");
      expect((await store.claim("s", key, "b", LEASE)).state === "done", "so it is done");
    },
  },
  {
    name: "extending keeps it, from the moment of asking",
    async run(store) {
      const key = fresh();
      await store.claim("s", key, "a", SHORT);
      expect((await store.extend("s", key, "a", LEASE)) === true, "the holder extends");
      await sleep(SHORT + 100);
      expect((await store.claim("s", key, "b", LEASE)).state === "busy", "so it holds");
      expect((await store.extend("s", key, "a", SHORT)) === true, "the holder extends again");
      await sleep(SHORT + 100);
      expect((await store.claim("s", key, "b", LEASE)).state === "claimed", "until that ends");
    },
  },
  {
    name: "scopes and keys are apart, whatever characters a scope has",
    async run(store) {
      const key = fresh();
      for (const scope of ["s", "s:t", "s:", "buchen-müller 'x' %s $1"]) {
        expect((await store.claim(scope, key, scope, LEASE)).state === "claimed", `the scope ${scope} is free`);
      }
      expect((await store.commit("s:t", key, "s:t", KEEP)) === true, "one of them commits");
      expect((await store.claim("s", key, "b", LEASE)).state === "busy", "the others do not");
      expect((await store.claim("s", fresh(), "b", LEASE)).state === "claimed", "another key is free");
    },
  },
  {
    name: "of a crowd one claims: of a record that is new, and of one whose lease has ended",
    async run(store) {
      for (const round of ["new", "ended"]) {
        const key = fresh();
        if (round === "ended") {
          await store.claim("s", key, "before", SHORT);
          await sleep(SHORT + 100);
        }
        const asked = Array.from({ length: CROWD }, (_, number) => store.claim("s", key, `${round}-${number}`, LEASE));
        const states = (await Promise.all(asked)).map(({ state }) => state);
        const claimed = states.filter((state) => state === "claimed").length;
        const busy = states.filter((state) => state === "busy").length;
        expect(claimed === 1 && busy === CROWD - 1, `one of them claims, and not: ${states.join(", ")}`);
      }
    },
  },
];

/**
 * Runs every test of {@link storeTests}, one after the other.
 *
 * @param store the store
 * @throws {Error} that says what the store has done wrong: the promise rejects with it
 */
export async function checkStore(store: Store): Promise<void> {
  for (const { name, run } of storeTests) {
    try {
      await run(store);
    } catch (error) {
      throw new Error(`of a store: ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}

const fresh = (): string => randomBytes(16).toString("hex");

function expect(holds: boolean, what: string): void {
  if (!holds) {
    throw new Error(`not so: ${what}`);
  }
}

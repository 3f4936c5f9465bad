// What `once` tells the adapter whose delivery it is: registry and dispatch know nothing of it.

/** What came of the handlers of one event. */
export interface Tally {
  /** How many were not run, because what they do was done before. */
  skipped: number;
  /** Whether one has run, and its store has no record of it. */
  commitLost: boolean;
}

/** Each delivery has an event of its own. */
const tallies = new WeakMap<object, Tally>();

/** The tally of an event; `undefined` where there is nothing to tell. */
export const tallyOf = (event: object): Readonly<Tally> | undefined => tallies.get(event);

/** The tally of an event, to add to it. */
export function tallied(event: object): Tally {
  let tally = tallies.get(event);
  if (!tally) {
    tally = { skipped: 0, commitLost: false };
    tallies.set(event, tally);
  }
  return tally;
}

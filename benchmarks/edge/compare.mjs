// How it is measured: each way in turn, round by round. `time` gives the nanoseconds of so many calls of a way.

const SIZES = [
  [349, 300],
  [979, 300],
  [10_000, 100],
  [1_000_000, 2],
];

/** So many rounds come first and are not counted: they are for the compilers. */
const FIRST = 12;

/** Rows with nanoseconds per delivery, one number a round. */
export async function compare(ways, rounds, time) {
  const rows = [];
  for (const [bytes, count] of SIZES) {
    const ns = Object.fromEntries(ways.map((way) => [way, []]));
    for (let round = -FIRST; round < rounds; round += 1) {
      for (const way of ways) {
        const each = (await time(way, bytes, count)) / count;
        if (round >= 0) ns[way].push(each);
      }
    }
    rows.push(...ways.map((way) => ({ case: way, bytes, ns: ns[way] })));
  }
  return rows;
}

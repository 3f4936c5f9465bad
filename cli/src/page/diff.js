/** More edits than this are not searched: the rest is then shown as removed and added. */
const MAX_EDITS = 1_500;

/** Lines of two texts as `{op, text}` with op `same`, `removed` or `added`: the shortest script, after Myers. */
function diffLines(before, after) {
  let head = 0;
  const shorter = Math.min(before.length, after.length);
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const same = (lines) => lines.map((text) => ({ op: "same", text }));
  return [
    ...same(before.slice(0, head)),
    ...shortestScript(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

function shortestScript(before, after) {
  const removed = (text) => ({ op: "removed", text });
  const added = (text) => ({ op: "added", text });
  const trace = [];
  const furthest = new Map([[1, 0]]);
  for (let edits = 0; edits <= before.length + after.length; edits++) {
    if (edits > MAX_EDITS) return [...before.map(removed), ...after.map(added)];
    trace.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && furthest.get(k - 1) < furthest.get(k + 1));
      let x = down ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      furthest.set(k, x);
      if (x >= before.length && x - k >= after.length) return walkBack(trace);
    }
  }
  return walkBack(trace);

  function walkBack(trace) {
    const script = [];
    let [x, y] = [before.length, after.length];
    for (let edits = trace.length - 1; edits >= 0; edits--) {
      const reached = trace[edits];
      const k = x - y;
      const down = k === -edits || (k !== edits && reached.get(k - 1) < reached.get(k + 1));
      const from = down ? k + 1 : k - 1;
      const fromX = reached.get(from);
      const fromY = fromX - from;
      while (x > fromX && y > fromY) {
        script.push({ op: "same", text: before[x - 1] });
        x--;
        y--;
      }
      if (edits > 0) script.push(down ? added(after[y - 1]) : removed(before[x - 1]));
      [x, y] = [fromX, fromY];
    }
    return script.reverse();
  }
}

/** Where two byte arrays differ first; -1 if they are equal. */
function firstDifference(one, other) {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at++) if (one[at] !== other[at]) return at;
  return one.length === other.length ? -1 : shorter;
}

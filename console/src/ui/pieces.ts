// Long work in pieces, so that the page answers in between.

// Runs a generator that yields wherever it may be interrupted.
export class Job<T> {
  value?: T;
  done = false;
  constructor(private steps: Generator<void, T>) {}

  // Works for that many milliseconds at most; true when it is over.
  work(milliseconds: number): boolean {
    const end = performance.now() + milliseconds;
    while (!this.done) {
      const step = this.steps.next();
      if (step.done) {
        this.value = step.value;
        this.done = true;
      } else if (performance.now() >= end) break;
    }
    return this.done;
  }
}

export type Key = string | number | undefined | null;
const run = 256; // rows that are sorted at once

// The places of the rows in ascending order; equal ones stay as they came, empty ones come last and
// are counted in `empty`. Text by the rules of the language.
export function* orderOf(count: number, keyOf: (at: number) => Key, compare: (a: string, b: string) => number): Generator<void, { places: Uint32Array; empty: number }> {
  const keys: Key[] = new Array(count);
  let full = 0;
  const places = new Uint32Array(count);
  for (let at = 0; at < count; ++at) {
    const key = keyOf(at);
    keys[at] = key;
    if (key !== undefined && key !== null && key !== "") places[full++] = at;
    if (at % 1024 === 1023) yield;
  }
  for (let at = 0, to = full; at < count && to < count; ++at) {
    const key = keys[at];
    if (key === undefined || key === null || key === "") places[to++] = at;
  }
  const before = (a: number, b: number): number => {
    const x = keys[a]!;
    const y = keys[b]!;
    if (x === y) return a - b;
    if (typeof x === "number" && typeof y === "number") return x - y || a - b;
    return compare(String(x), String(y)) || a - b;
  };
  // Short runs first, then merged in pairs.
  for (let from = 0; from < full; from += run) {
    places.subarray(from, Math.min(from + run, full)).sort(before);
    yield;
  }
  let source = places.subarray(0, full);
  let target = new Uint32Array(full);
  for (let width = run; width < full; width *= 2) {
    for (let from = 0; from < full; from += 2 * width) {
      const middle = Math.min(from + width, full);
      const end = Math.min(from + 2 * width, full);
      let left = from;
      let right = middle;
      for (let to = from; to < end; ++to) {
        if (right >= end || (left < middle && before(source[left]!, source[right]!) <= 0)) target[to] = source[left++]!;
        else target[to] = source[right++]!;
        if (to % 512 === 511) yield;
      }
    }
    [source, target] = [target, source];
  }
  if (source.buffer !== places.buffer) places.set(source);
  return { places, empty: count - full };
}

// What is searched for of each row: all its columns, in small letters.
export function* wordsOf(count: number, textOf: (at: number) => string): Generator<void, string[]> {
  const out: string[] = new Array(count);
  for (let at = 0; at < count; ++at) {
    out[at] = textOf(at);
    if (at % 256 === 255) yield;
  }
  return out;
}

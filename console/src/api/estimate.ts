// How far a whole run is and how long it will go on: by what its phases took in earlier runs of the
// same image.
import { get, list, type RequestOptions, type Row } from "./client.js";
import { isOver, type Run } from "./runs.js";
import { time } from "../text/index.js";

export interface Weights {
  phases: Record<string, number>; // any unit
  seconds: number; // of a whole run; 0: nothing to go by
}
// Without earlier runs: planning reads the packages and the component store, writing copies what
// changes, proving reads the new file again. Fixed shares, an order of magnitude and no more; the time
// that has passed counts more and more while the run goes on.
export const usual: Weights = { phases: { plan: 25, payload: 20, edit: 20, commit: 10, verify: 22, publish: 3 }, seconds: 0 };
// The report knows "apply" as one: of its three phases these are the parts.
const ofApply = { payload: 0.4, edit: 0.4, commit: 0.2 };
const phases = ["plan", "payload", "edit", "commit", "verify", "publish"];
const past = 5; // runs

const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1] ?? 0;

function took(row: Row): number {
  const begun = time(row.RunDateTime);
  const ended = time(row.Finished);
  return begun && ended ? Math.max((ended.getTime() - begun.getTime()) / 1000, 0) : 0;
}

export async function weightsOf(image: string, options?: RequestOptions): Promise<Weights> {
  const filter = `ImagePackageID eq '${image.replaceAll("'", "''")}' and State eq 'Succeeded'`;
  const rows = await list("WW_ServicingRun", { filter, select: ["RunID", "RunDateTime", "Finished", "NewVersion"], orderby: "RunID desc", top: past * 2 }, options);
  // Runs that found nothing to write say nothing about those that write.
  const wrote = rows.filter((row) => row.NewVersion).slice(0, past);
  if (!wrote.length) return usual;
  const whole = median(wrote.map(took));
  const parts: Row[] = [];
  for (const row of await Promise.all(wrote.map((one) => get("WW_ServicingRun", Number(one.RunID), options)))) {
    try {
      parts.push(JSON.parse(row.Report).seconds ?? {});
    } catch {
      // A run without a report has only its length.
    }
  }
  if (!parts.length) return { ...usual, seconds: whole };
  const of = (name: string) => median(parts.map((one) => Number(one[name]) || 0));
  const apply = of("apply");
  const out: Record<string, number> = { plan: of("plan"), verify: of("verify"), publish: of("publish") };
  for (const [name, part] of Object.entries(ofApply)) out[name] = apply * part;
  const sum = Object.values(out).reduce((a, b) => a + b, 0);
  return sum > 0 ? { phases: out, seconds: whole } : { ...usual, seconds: whole };
}
// From runs that are known already, without asking: only how long they took.
export function weightsFrom(runs: Run[], image: string): Weights {
  const mine = runs.filter((one) => one.image === image && one.state === "Succeeded" && one.newVersion && one.started && one.finished).slice(0, past);
  return { ...usual, seconds: median(mine.map((one) => (one.finished!.getTime() - one.started!.getTime()) / 1000)) };
}

// From 0 to 1, over all phases.
export function fraction(run: Run, weights: Weights): number {
  if (isOver(run.state)) return 1;
  if (run.state === "Queued" || run.state === "Staging") return 0;
  const sum = phases.reduce((all, one) => all + (weights.phases[one] ?? 0), 0);
  const at = phases.indexOf(run.phase);
  if (!sum || at < 0) return 0;
  if (run.state === "Publishing" || run.state === "Distributing") return 0.99;
  const before = phases.slice(0, at).reduce((all, one) => all + (weights.phases[one] ?? 0), 0);
  const here = run.total > 0 ? Math.min(run.done / run.total, 1) : 0;
  return Math.min((before + here * (weights.phases[run.phase] ?? 0)) / sum, 0.99);
}

// Seconds; undefined while nothing can be said. In the beginning what past runs took counts, towards
// the end what this one took so far.
export function secondsLeft(run: Run, weights: Weights, now = Date.now()): number | undefined {
  const done = fraction(run, weights);
  if (!run.started || isOver(run.state) || run.state === "Queued") return undefined;
  const passed = Math.max((now - run.started.getTime()) / 1000, 0);
  const byThis = done >= 0.05 ? (passed * (1 - done)) / done : undefined;
  const byPast = weights.seconds ? weights.seconds * (1 - done) : undefined;
  if (byThis === undefined) return byPast;
  return byPast === undefined ? byThis : byPast * (1 - done) + byThis * done;
}

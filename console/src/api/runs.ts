// Servicing runs: their rows, and what the stream tells of those that work.
import { list, type RequestOptions, type Row } from "./client.js";
import { stream, type RunEvent } from "./events.js";
import { time } from "../text/index.js";

export interface Run {
  id: number;
  schedule: number;
  image: string;
  name: string;
  state: string;
  attempt: number;
  created?: Date;
  started?: Date;
  finished?: Date;
  server: string;
  phase: string;
  phaseNumber: number;
  phaseCount: number;
  done: number;
  total: number;
  cancelRequested: boolean;
  newVersion: number;
  sizeBefore: number;
  sizeAfter: number;
  buildBefore: string;
  buildAfter: string;
  errorCode: string;
  hresult: number;
  failedUpdate: number;
  reason: string;
  next: string;
  updates: number[];
  row: Row;
}
export const runColumns = [
  "RunID", "ScheduleID", "ImagePackageID", "ImageName", "State", "Attempt", "Created", "RunDateTime", "Finished", "Server", "Phase",
  "PhaseNumber", "PhaseCount", "BytesDone", "BytesTotal", "CancelRequested", "NewVersion", "SizeBefore", "SizeAfter", "BuildBefore",
  "BuildAfter", "ErrorCode", "HResult", "FailedUpdateID", "Reason", "NextStep", "UpdateIDs",
];
export function runOf(row: Row): Run {
  return {
    id: Number(row.RunID),
    schedule: row.ScheduleID,
    image: row.ImagePackageID,
    name: row.ImageName || row.ImagePackageID,
    state: row.State,
    attempt: row.Attempt ?? 0,
    created: time(row.Created),
    started: time(row.RunDateTime),
    finished: time(row.Finished),
    server: row.Server ?? "",
    phase: row.Phase ?? "",
    phaseNumber: row.PhaseNumber ?? 0,
    phaseCount: row.PhaseCount ?? 0,
    done: row.BytesDone ?? 0,
    total: row.BytesTotal ?? 0,
    cancelRequested: !!row.CancelRequested,
    newVersion: row.NewVersion ?? 0,
    sizeBefore: row.SizeBefore ?? 0,
    sizeAfter: row.SizeAfter ?? 0,
    buildBefore: row.BuildBefore ?? "",
    buildAfter: row.BuildAfter ?? "",
    errorCode: row.ErrorCode ?? "",
    hresult: row.HResult ?? 0,
    failedUpdate: row.FailedUpdateID ?? 0,
    reason: row.Reason ?? "",
    next: row.NextStep ?? "",
    updates: row.UpdateIDs ?? [],
    row,
  };
}
export async function runs(filter?: string, options?: RequestOptions, top = 1000): Promise<Run[]> {
  const rows = await list("WW_ServicingRun", { filter, select: runColumns, orderby: "RunID desc", top }, options);
  return rows.map(runOf);
}
export function seconds(run: Run): number | undefined {
  if (!run.started) return undefined;
  return ((run.finished ?? new Date()).getTime() - run.started.getTime()) / 1000;
}
export const isOver = (state: string) => state === "Succeeded" || state === "Failed" || state === "Cancelled";

// Bytes of a second, smoothed, from what the stream tells of one run.
export class Rate {
  perSecond = 0;
  private phase = "";
  private at = 0;
  private done = 0;
  take(event: RunEvent, now = performance.now()) {
    if (event.Phase !== this.phase || event.BytesDone < this.done) {
      this.phase = event.Phase;
      this.perSecond = 0;
    } else if (now > this.at + 200) {
      const current = ((event.BytesDone - this.done) * 1000) / (now - this.at);
      this.perSecond = this.perSecond ? this.perSecond * 0.6 + current * 0.4 : current;
    } else return;
    this.at = now;
    this.done = event.BytesDone;
  }
}

export function onRun(tell: (event: RunEvent) => void): () => void {
  const listen = (event: Event) => tell((event as CustomEvent<RunEvent>).detail);
  stream.addEventListener("run", listen);
  return () => stream.removeEventListener("run", listen);
}
export function apply(run: Run, event: RunEvent): Run {
  return {
    ...run,
    state: event.State,
    attempt: event.Attempt,
    phase: event.Phase,
    phaseNumber: event.PhaseNumber,
    phaseCount: event.PhaseCount,
    done: event.BytesDone,
    total: event.BytesTotal,
    server: event.Server,
    cancelRequested: event.CancelRequested,
    newVersion: event.NewVersion,
  };
}

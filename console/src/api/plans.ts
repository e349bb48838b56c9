// What servicing would do to an image, asked before anything is made.
import { ApiError, call, type Row } from "./client.js";
import type { Decision } from "./updates.js";

export interface PlanStep {
  ci: number;
  index: number;
  title: string;
  decision: Decision;
  reason: string;
  next: string;
}
export interface Plan {
  steps: PlanStep[];
  buildBefore: string;
  buildAfter: string;
  bytes: number;
  seconds: number; // 0: nothing to go by
}
// undefined: this site cannot tell.
export async function preview(packageId: string, updates: number[]): Promise<Plan | undefined> {
  try {
    const answer = await call("WW_ServicingPlan", "Preview", { PackageID: packageId, CI_IDs: updates });
    return {
      steps: (answer.Updates as Row[]).map((row) => ({
        ci: row.CI_ID,
        index: row.ImageIndex ?? 0,
        title: row.Title ?? "",
        decision: row.Decision,
        reason: row.Reason ?? "",
        next: row.NextStep ?? "",
      })),
      buildBefore: answer.BuildBefore ?? "",
      buildAfter: answer.BuildAfter ?? "",
      bytes: answer.PayloadBytes ?? 0,
      seconds: answer.EstimatedSeconds ?? 0,
    };
  } catch (error) {
    if (error instanceof ApiError && (error.status === 501 || error.status === 404)) return undefined;
    throw error;
  }
}

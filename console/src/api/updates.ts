// Software updates and which of them fit an image.
import { ApiError, call, list, type RequestOptions, type Row } from "./client.js";
import { time } from "../text/index.js";

export interface Update {
  id: number;
  article: string;
  title: string;
  posted?: Date;
  size: number; // kilobytes
  superseded: boolean;
  expired: boolean;
  provisioned: boolean;
  serviceable: boolean;
}

const columns = ["CI_ID", "ArticleID", "LocalizedDisplayName", "DatePosted", "Size", "IsSuperseded", "IsExpired", "IsContentProvisioned", "IsOfflineServiceable"];
export const updateClasses = ["SMS_SoftwareUpdate", "WW_ContentFile", "WW_UpdatePackage"];

export async function updates(options?: RequestOptions, filter?: string): Promise<Update[]> {
  const rows = await list("SMS_SoftwareUpdate", { select: columns, filter }, options);
  return rows.map(updateOf);
}
export function updateOf(row: Row): Update {
  return {
    id: row.CI_ID,
    article: row.ArticleID ?? "",
    title: row.LocalizedDisplayName ?? "",
    posted: time(row.DatePosted),
    size: row.Size ?? 0,
    superseded: !!row.IsSuperseded,
    expired: !!row.IsExpired,
    provisioned: !!row.IsContentProvisioned,
    serviceable: row.IsOfflineServiceable !== false,
  };
}

const known: Record<string, string> = { amd64: "x64", x64: "x64", x86: "x86", arm64: "arm64", arm: "arm" };
// By the packages that an update brings; what has none says so in its title or not at all.
export async function architectures(options?: RequestOptions): Promise<Map<number, Set<string>>> {
  const out = new Map<number, Set<string>>();
  for (const row of await list("WW_UpdatePackage", { select: ["CI_ID", "Architecture"] }, options)) {
    const one = known[String(row.Architecture ?? "").toLowerCase()];
    if (!one) continue;
    const all = out.get(row.CI_ID) ?? new Set();
    out.set(row.CI_ID, all.add(one));
  }
  return out;
}
export function architecturesInTitle(title: string): Set<string> {
  return new Set([...title.matchAll(/\b(x64|amd64|x86|arm64)\b/gi)].map((one) => known[one[1]!.toLowerCase()]!));
}

export interface Group {
  id: number;
  name: string;
  description: string;
  count: number;
  created?: Date;
  createdBy: string;
}
export async function groups(options?: RequestOptions): Promise<Group[]> {
  const rows = await list(
    "SMS_AuthorizationList",
    { select: ["CI_ID", "LocalizedDisplayName", "LocalizedDescription", "NumberOfUpdates", "DateCreated", "CreatedBy"] },
    options,
  );
  return rows.map((row) => ({
    id: row.CI_ID,
    name: row.LocalizedDisplayName ?? "",
    description: row.LocalizedDescription ?? "",
    count: row.NumberOfUpdates ?? 0,
    created: time(row.DateCreated),
    createdBy: row.CreatedBy ?? "",
  }));
}

export type Decision =
  | "install"
  | "stage"
  | "already_present"
  | "superseded"
  | "not_applicable"
  | "refused"
  | "no_content"
  | "unsupported"
  | "unknown";
export interface Answer {
  ci: number;
  index: number;
  decision: Decision;
  reason: string;
  next: string;
  code: number;
}

// What each update would come to in each index of the image; undefined: this site cannot tell.
export async function applicable(packageId: string, ids?: number[], signal?: AbortSignal): Promise<Answer[] | undefined> {
  try {
    const answer = await call("WW_UpdateCatalog", "ApplicableUpdates", { PackageID: packageId, ...(ids ? { CI_IDs: ids } : {}) }, { signal });
    return (answer.Updates as Row[]).map((row) => ({
      ci: row.CI_ID,
      index: row.ImageIndex,
      decision: row.Decision,
      reason: row.Reason ?? "",
      next: row.NextStep ?? "",
      code: row.HResult ?? 0,
    }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 501) return undefined;
    throw error;
  }
}

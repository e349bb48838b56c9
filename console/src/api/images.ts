// Images and upgrade packages as the page shows them: what several classes say of one.
import { list, type RequestOptions, type Row } from "./client.js";
import { time } from "../text/index.js";

export interface Image {
  id: string;
  cls: "SMS_ImagePackage" | "SMS_OperatingSystemInstallPackage";
  name: string;
  version: string;
  description: string;
  build: string;
  edition: string;
  architecture: string;
  language: string;
  productType: string;
  sourceVersion: number;
  storedVersion: number;
  path: string;
  size: number; // kilobytes, as the product counts
  lastServiced?: Date;
  lastResult?: number; // 2 success, 3 failed
  scheduled?: Date;
  scheduleState?: number;
  scheduleId?: number;
}

const architectures: Record<string, string> = { "0": "x86", "5": "arm", "6": "ia64", "9": "x64", "12": "arm64" };
export const architecture = (number: string): string => architectures[number] ?? number;

const columns = ["PackageID", "Name", "Version", "Description", "ImageOSVersion", "SourceVersion", "StoredPkgVersion", "PkgSourcePath", "PackageSize"];

export async function images(upgrade: boolean, options?: RequestOptions): Promise<Image[]> {
  const cls = upgrade ? "SMS_OperatingSystemInstallPackage" : "SMS_ImagePackage";
  const [packages, information, schedules, scheduled, history] = await Promise.all([
    list(cls, { select: columns }, options),
    list("SMS_ImageInformation", { select: ["PackageID", "Architecture", "Name", "OSVersion", "Language", "ProductType", "Index"] }, options),
    list("SMS_ImageServicingSchedule", { select: ["ScheduleID", "State", "Schedule", "LastRunDateTime"] }, options),
    list("SMS_ImageServicingScheduledImage", {}, options),
    list("SMS_ImageUpdateHistory", { select: ["ImagePackageID", "RunDateTime", "Status"] }, options),
  ]);
  return compose(cls, packages, information, schedules, scheduled, history);
}

function compose(cls: Image["cls"], packages: Row[], information: Row[], schedules: Row[], scheduled: Row[], history: Row[]): Image[] {
  const first = new Map<string, Row>();
  for (const one of information) if (!first.has(one.PackageID)) first.set(one.PackageID, one);
  const last = new Map<string, Row>();
  for (const one of history) {
    const before = last.get(one.ImagePackageID);
    if (!before || before.RunDateTime < one.RunDateTime) last.set(one.ImagePackageID, one);
  }
  const byId = new Map(schedules.map((one) => [one.ScheduleID, one]));
  const next = new Map<string, Row>();
  for (const one of scheduled) {
    const schedule = byId.get(one.ScheduleID);
    if (!schedule) continue;
    const before = next.get(one.ImagePackageID);
    // What runs or will run counts more than what is over; then the newer one.
    const rank = (row: Row) => (row.State === 2 ? 3 : row.State === 1 ? 2 : 1) * 1e10 + row.ScheduleID;
    if (!before || rank(before) < rank(schedule)) next.set(one.ImagePackageID, schedule);
  }
  return packages.map((one) => {
    const info = first.get(one.PackageID);
    const done = last.get(one.PackageID);
    const schedule = next.get(one.PackageID);
    return {
      id: one.PackageID,
      cls,
      name: one.Name ?? "",
      version: one.Version ?? "",
      description: one.Description ?? "",
      build: one.ImageOSVersion || info?.OSVersion || "",
      edition: info?.Name ?? "",
      architecture: architecture(String(info?.Architecture ?? "")),
      language: info?.Language ?? "",
      productType: info?.ProductType ?? "",
      sourceVersion: one.SourceVersion,
      storedVersion: one.StoredPkgVersion,
      path: one.PkgSourcePath ?? "",
      size: one.PackageSize ?? 0,
      lastServiced: time(done?.RunDateTime),
      lastResult: done?.Status,
      scheduled: schedule && schedule.State === 1 ? startOf(schedule.Schedule) : undefined,
      scheduleState: schedule?.State,
      scheduleId: schedule?.ScheduleID,
    };
  });
}

// When a token says it begins (schedule-tokens: minute, day, month, year and hour stand in the high
// half). Shown for single dates; recurring ones begin there, too.
export function startOf(token: string): Date | undefined {
  if (!/^[0-9A-Fa-f]{16}/.test(token ?? "")) return undefined;
  const high = Number.parseInt(token.slice(0, 8), 16) >>> 0;
  const low = Number.parseInt(token.slice(8, 16), 16) >>> 0;
  const minute = high >>> 26;
  const hour = (high >>> 21) & 31;
  const day = (high >>> 16) & 31;
  const month = (high >>> 12) & 15;
  const year = ((high >>> 6) & 63) + 1970;
  if (!month || !day || minute > 59 || hour > 23) return undefined;
  return low & 1 ? new Date(Date.UTC(year, month - 1, day, hour, minute)) : new Date(year, month - 1, day, hour, minute);
}

// The classes an image list is made of.
export const imageClasses = [
  "SMS_ImagePackage",
  "SMS_OperatingSystemInstallPackage",
  "SMS_ImageServicingSchedule",
  "SMS_ImageServicingScheduledImage",
  "SMS_ImageUpdateHistory",
  "WW_ImageVersion",
];

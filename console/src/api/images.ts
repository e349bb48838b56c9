// Images and upgrade packages as the page shows them: what several classes say of one.
import { list, type RequestOptions, type Row } from "./client.js";
import { nextOf } from "./times.js";
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
  // What recurs is asked for its next time; the same text once.
  const texts = [...new Set(schedules.filter((one) => one.State === 1).map((one) => one.Schedule as string))].slice(0, mostSchedules);
  const next = new Map(await Promise.all(texts.map(async (text): Promise<[string, Date | undefined]> => [text, await nextOf(text)])));
  return compose(cls, packages, information, schedules, scheduled, history, next);
}
const mostSchedules = 100;

function compose(cls: Image["cls"], packages: Row[], information: Row[], schedules: Row[], scheduled: Row[], history: Row[], times: Map<string, Date | undefined>): Image[] {
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
      scheduled: schedule && schedule.State === 1 ? times.get(schedule.Schedule) : undefined,
      scheduleState: schedule?.State,
      scheduleId: schedule?.ScheduleID,
    };
  });
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

// Making a schedule: exactly the calls a script makes, in its order.
import { asCurl, call, create, list, type Row } from "./client.js";

export interface When {
  kind: "now" | "at" | "recur" | "rule";
  at?: Date;
  // Of recurring ones.
  every: "day" | "week" | "patch-tuesday";
  day: number; // 1 Sunday ... 7 Saturday
  hour: number;
  minute: number;
  offset: number; // days after the second Tuesday
}
export interface Order {
  name: string;
  images: { id: string; name: string; upgrade: boolean }[];
  updates: number[];
  group?: { id: number; name: string };
  when: When;
  continueOnError: boolean;
  updatePoints: boolean;
  removeSuperseded: boolean;
}

const iso = (date: Date) => date.toISOString().replace(/\.\d+Z$/, "Z");

export function token(when: When): Row | undefined {
  const fields = { IsGMT: true, DayDuration: 0, HourDuration: 0, MinuteDuration: 0 };
  if (when.kind === "now") return undefined;
  if (when.kind === "at") return { "@odata.type": "#AdminService.SMS_ST_NonRecurring", StartTime: iso(when.at!), ...fields };
  const start = new Date();
  start.setUTCHours(when.hour, when.minute, 0, 0);
  const StartTime = iso(start);
  if (when.every === "day") return { "@odata.type": "#AdminService.SMS_ST_RecurInterval", StartTime, DaySpan: 1, HourSpan: 0, MinuteSpan: 0, ...fields };
  if (when.every === "week") return { "@odata.type": "#AdminService.SMS_ST_RecurWeekly", StartTime, Day: when.day, ForNumberOfWeeks: 1, ...fields };
  return {
    "@odata.type": "#AdminService.SMS_ST_RecurMonthlyByWeekdayBase",
    StartTime,
    Day: 3,
    WeekOrder: 2,
    ForNumberOfMonths: 1,
    OffsetDay: when.offset,
    ...fields,
  };
}

interface Step {
  method: "POST";
  resource: string;
  body: Row;
}
// The calls, with a place for what only their answers tell.
export function steps(order: Order, scheduleId: number | string, tokens: string, siteCode: string, server: string): Step[] {
  const out: Step[] = [
    {
      method: "POST",
      resource: "SMS_ImageServicingSchedule",
      body: {
        Name: order.name,
        Action: order.when.kind === "now" ? 1 : 0,
        Schedule: tokens,
        UpdateDP: order.updatePoints,
        ContinueOnError: order.continueOnError,
        RemoveSupersededUpdates: order.removeSuperseded,
      },
    },
  ];
  for (const image of order.images) {
    out.push({ method: "POST", resource: "SMS_ImageServicingScheduledImage", body: { ImagePackageID: image.id, ScheduleID: scheduleId } });
  }
  for (const id of order.updates) {
    out.push({ method: "POST", resource: "SMS_ImageServicingScheduledUpdate", body: { ScheduleID: scheduleId, UpdateID: id } });
  }
  const first = order.images[0];
  if (first) {
    out.push({
      method: "POST",
      resource: "SMS_ImagePackage.RunOfflineServicingManager",
      body: { SiteCode: siteCode, ServerName: server, PackageID: first.id, PackageType: first.upgrade ? 259 : 257 },
    });
  }
  return out;
}

export async function tokensOf(when: When): Promise<string> {
  const one = token(when);
  if (!one) return "";
  const answer = await call("SMS_ScheduleMethods", "WriteToString", { TokenData: [one] });
  return answer.StringData;
}

export interface SiteIdentity {
  code: string;
  server: string;
}
export async function identity(): Promise<SiteIdentity> {
  const [row] = await list("SMS_Identification");
  return { code: row?.ThisSiteCode ?? "", server: row?.SMSSiteServer ?? "" };
}

export async function carryOut(order: Order, site: SiteIdentity): Promise<number> {
  const tokens = await tokensOf(order.when);
  const [first, ...rest] = steps(order, 0, tokens, site.code, site.server);
  const made = await create(first!.resource, first!.body);
  const id = made.ScheduleID as number;
  for (const step of rest) {
    const body = "ScheduleID" in step.body ? { ...step.body, ScheduleID: id } : step.body;
    if (step.resource.includes(".")) await call(...(step.resource.split(".") as [string, string]), body);
    else await create(step.resource, body);
  }
  return id;
}

export function asRest(order: Order, site: SiteIdentity): string {
  const parts: string[] = [];
  const one = token(order.when);
  if (one) parts.push(asCurl("POST", "SMS_ScheduleMethods.WriteToString", { TokenData: [one] }));
  for (const step of steps(order, "SCHEDULE_ID", one ? "STRING_DATA" : "", site.code, site.server)) {
    parts.push(asCurl(step.method, step.resource, step.body).replaceAll('"SCHEDULE_ID"', "SCHEDULE_ID"));
  }
  return parts.join("\n");
}

const quoted = (text: string) => (/^[\w.:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
export function asCommands(order: Order): string {
  const lines: string[] = [];
  let group = order.group?.name;
  if (!group) {
    group = order.name;
    lines.push(`wimwright site group create ${quoted(group)} --update ${order.updates.join(" ")}`);
  }
  const when =
    order.when.kind === "now"
      ? "--now"
      : order.when.kind === "at"
        ? `--at ${iso(order.when.at!)}`
        : `--recur ${{ day: "daily", week: "weekly", "patch-tuesday": "patch-tuesday" }[order.when.every]}`;
  const flags = [order.updatePoints && "--update-dp", order.continueOnError && "--continue-on-error", order.removeSuperseded && "--remove-superseded"]
    .filter(Boolean)
    .join(" ");
  lines.push(
    `wimwright site schedule create --image-name ${order.images.map((one) => quoted(one.name)).join(" ")} \\\n  --update-group-name ${quoted(group)} ${when}${flags ? " " + flags : ""}`,
  );
  return lines.join("\n");
}

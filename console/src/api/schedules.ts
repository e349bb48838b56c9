// Making a schedule: exactly the calls a script makes, in its order.
import { asCurl, call, create, list, type Row } from "./client.js";
import { nextTimes, onSite, place, startOn, type Recurrence, type SiteClock } from "./times.js";

export interface When extends Recurrence {
  kind: "now" | "at" | "recur" | "rule";
  at?: Date;
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

export function token(when: When, site: SiteClock | undefined): Row | undefined {
  const none = { DayDuration: 0, HourDuration: 0, MinuteDuration: 0 };
  if (when.kind === "now") return undefined;
  if (when.kind === "at") return { "@odata.type": "#AdminService.SMS_ST_NonRecurring", StartTime: iso(when.at!), IsGMT: true, ...none };
  const placed = place(when, site);
  const fields = { StartTime: startOn(placed, site), IsGMT: placed.utc, ...none };
  if (when.every === "day") return { "@odata.type": "#AdminService.SMS_ST_RecurInterval", DaySpan: 1, HourSpan: 0, MinuteSpan: 0, ...fields };
  if (when.every === "week") return { "@odata.type": "#AdminService.SMS_ST_RecurWeekly", Day: placed.day, ForNumberOfWeeks: 1, ...fields };
  return {
    "@odata.type": "#AdminService.SMS_ST_RecurMonthlyByWeekdayBase",
    Day: 3,
    WeekOrder: 2,
    ForNumberOfMonths: 1,
    OffsetDay: Math.max(placed.offset, 0),
    ...fields,
  };
}
// A rule: what fits is chosen anew each time.
export function ruleOf(order: Order, tokens: string): Row {
  return {
    Name: order.name,
    Enabled: true,
    ImagePackageIDs: order.images.map((one) => one.id),
    UpdateGroupID: order.group?.id ?? 0,
    Schedule: tokens,
    ContinueOnError: order.continueOnError,
    UpdateDP: order.updatePoints,
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

const write = async (one: Row): Promise<string> => (await call("SMS_ScheduleMethods", "WriteToString", { TokenData: [one] })).StringData;
// A recurring one begins with the first time that it would be, so that other consoles, which show
// where a token begins, show that.
export async function tokensOf(when: When, clock: SiteClock | undefined): Promise<string> {
  const one = token(when, clock);
  if (!one) return "";
  const text = await write(one);
  if (when.kind === "at") return text;
  const [first] = (await nextTimes(text, 1)).times;
  return first ? write({ ...one, StartTime: one.IsGMT ? iso(first) : `${onSite(first, clock)}:00Z` }) : text;
}

export interface SiteIdentity {
  code: string;
  server: string;
}
export async function identity(): Promise<SiteIdentity> {
  const [row] = await list("SMS_Identification");
  return { code: row?.ThisSiteCode ?? "", server: row?.SMSSiteServer ?? "" };
}

export async function carryOut(order: Order, site: SiteIdentity, clock: SiteClock | undefined): Promise<number> {
  const tokens = await tokensOf(order.when, clock);
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

export function asRest(order: Order, site: SiteIdentity, clock: SiteClock | undefined): string {
  const parts: string[] = [];
  const one = token(order.when, clock);
  if (one) parts.push(asCurl("POST", "SMS_ScheduleMethods.WriteToString", { TokenData: [one] }));
  if (order.when.kind === "rule") return [...parts, asCurl("POST", "WW_ServicingRule", ruleOf(order, "STRING_DATA"))].join("\n");
  for (const step of steps(order, "SCHEDULE_ID", one ? "STRING_DATA" : "", site.code, site.server)) {
    parts.push(asCurl(step.method, step.resource, step.body).replaceAll('"SCHEDULE_ID"', "SCHEDULE_ID"));
  }
  return parts.join("\n");
}

const quoted = (text: string) => (/^[\w.:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
// undefined: the command line has no words for it. Its times are those of the site server's clock.
export function asCommands(order: Order, clock: SiteClock | undefined, first: Date | undefined): string | undefined {
  const { when } = order;
  if (when.kind === "rule") return undefined;
  if (when.kind === "recur" && (!first || (when.every === "patch-tuesday" && when.offset > 0) || (place(when, clock).utc && !/^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal)$/.test(clock?.zone ?? "")))) return undefined;
  const lines: string[] = [];
  let group = order.group?.name;
  if (!group) {
    group = order.name;
    lines.push(`wimwright site group create ${quoted(group)} --update ${order.updates.join(" ")}`);
  }
  const time =
    when.kind === "now"
      ? "--now"
      : when.kind === "at"
        ? `--at ${onSite(when.at!, clock)}`
        : `--recur ${{ day: "daily", week: "weekly", "patch-tuesday": "patch-tuesday" }[when.every]} --at ${onSite(first!, clock)}`;
  const flags = [order.updatePoints && "--update-dp", order.continueOnError && "--continue-on-error", order.removeSuperseded && "--remove-superseded"]
    .filter(Boolean)
    .join(" ");
  lines.push(
    `wimwright site schedule create --image-name ${order.images.map((one) => quoted(one.name)).join(" ")} \\\n  --update-group-name ${quoted(group)} ${time}${flags ? " " + flags : ""}`,
  );
  return lines.join("\n");
}

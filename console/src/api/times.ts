// Recurring times: people think in their own zone, tokens know two clocks only, UTC and the site
// server's (SMS_ScheduleToken.IsGMT; schedule-tokens 3).
import { call } from "./client.js";
import { time } from "../text/index.js";

// Whose clock the hour and the minute are of.
export type Clock = "local" | "site" | "utc";
export interface SiteClock {
  zone: string; // "Europe/Berlin"
  offset: number; // minutes east of UTC, now
}
export interface Recurrence {
  every: "day" | "week" | "patch-tuesday";
  day: number; // 1 Sunday ... 7 Saturday
  hour: number;
  minute: number;
  offset: number; // days after the second Tuesday
  clock: Clock;
}

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Minutes east of UTC at a moment; undefined for a zone that this browser does not know.
export function offsetOf(zone: string, at: Date): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(at);
    const of = (name: string) => Number(parts.find((one) => one.type === name)?.value);
    const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
    return Math.round((wall - Math.floor(at.getTime() / 60_000) * 60_000) / 60_000);
  } catch {
    return undefined;
  }
}
const months = (): Date[] => Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(new Date().getFullYear(), month, 15, 12)));
// Whether both clocks show the same all year.
export function sameClock(zone: string): boolean {
  return months().every((at) => offsetOf(zone, at) === -at.getTimezoneOffset());
}
export function clocksChange(): boolean {
  return new Set(months().map((at) => at.getTimezoneOffset())).size > 1;
}

export interface Placed {
  utc: boolean; // IsGMT
  hour: number;
  minute: number;
  day: number;
  offset: number;
  // The time is kept in UTC although it was meant otherwise: it moves when the own clocks change.
  moves: boolean;
  impossible: boolean; // no token says this
}
export function place(when: Recurrence, site: SiteClock | undefined): Placed {
  const as = { hour: when.hour, minute: when.minute, day: when.day, offset: when.offset, moves: false, impossible: false };
  if (when.clock === "utc") return { utc: true, ...as };
  if (when.clock === "site" || (site && sameClock(site.zone))) return { utc: false, ...as };
  // From the own clock to UTC, perhaps on another day.
  const minutes = when.hour * 60 + when.minute + new Date().getTimezoneOffset();
  const days = Math.floor(minutes / 1440);
  const inDay = minutes - days * 1440;
  const offset = when.offset + days;
  return {
    utc: true,
    hour: Math.floor(inDay / 60),
    minute: inDay % 60,
    day: ((((when.day - 1 + days) % 7) + 7) % 7) + 1,
    offset,
    moves: clocksChange(),
    // A token has no day before the second Tuesday, and a week after it at most.
    impossible: when.every === "patch-tuesday" && (offset < 0 || offset > 7),
  };
}

// The first such time of day from now on, as the clock of the token shows it: digits without a zone.
export function startOn(placed: Placed, site: SiteClock | undefined): string {
  const now = Date.now() + (placed.utc ? 0 : (site?.offset ?? 0)) * 60_000;
  const start = new Date(now);
  start.setUTCHours(placed.hour, placed.minute, 0, 0);
  if (start.getTime() < now) start.setUTCDate(start.getUTCDate() + 1);
  return start.toISOString().replace(/\.\d+Z$/, "Z");
}

// What the clock of the site shows then: "2026-12-09T02:00".
export function onSite(at: Date, site: SiteClock | undefined): string {
  const offset = (site && offsetOf(site.zone, at)) ?? site?.offset ?? 0;
  return new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 16);
}

// When the servicing manager would begin, by its own rules; and its clock.
export async function nextTimes(schedule: string, count: number): Promise<{ times: Date[]; site: SiteClock }> {
  const answer = await call("WW_ServicingPlan", "NextTimes", { Schedule: schedule, Count: count });
  return {
    times: ((answer.Times ?? []) as string[]).map(time).filter((one): one is Date => !!one),
    site: { zone: answer.TimeZone ?? "", offset: answer.UtcOffset ?? 0 },
  };
}

// When a token says it begins (schedule-tokens: minute, day, month, year and hour stand in the high
// half). Recurring ones come again after that.
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

// The next time, by the server when it recurs; kept for a minute, because lists ask for it again and
// again.
const kept = new Map<string, { until: number; next: Promise<Date | undefined> }>();
export function nextOf(schedule: string): Promise<Date | undefined> {
  const once = (schedule ?? "").length === 16 && ((Number.parseInt(schedule.slice(8), 16) >>> 19) & 7) === 1;
  if (!schedule || once) return Promise.resolve(startOf(schedule));
  const known = kept.get(schedule);
  if (known && known.until > Date.now()) return known.next;
  const next = nextTimes(schedule, 1).then(({ times }) => times[0]).catch(() => startOf(schedule));
  kept.set(schedule, { until: Date.now() + 60_000, next });
  return next;
}

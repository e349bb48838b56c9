// All texts of the page come from one catalogue for each language; English is the one that is whole.
import { en, type Texts } from "./en.js";

export type Language = "en" | "de";
export type TextKey = keyof Texts;

let texts: Texts = en;
let language: Language = "en";
// Formatters are costly to make; lists ask for thousands.
let formats = new Map<string, unknown>();
function format<F>(name: string, make: () => F): F {
  const known = formats.get(name);
  if (known) return known as F;
  const made = make();
  formats.set(name, made);
  return made;
}

export async function useLanguage(wanted: Language) {
  texts = wanted === "de" ? (await import("./de.js")).de : en;
  language = wanted;
  formats = new Map();
  document.documentElement.lang = wanted;
}
export function currentLanguage(): Language {
  return language;
}
export function preferredLanguage(): Language {
  const kept = localStorage.getItem("language");
  if (kept === "en" || kept === "de") return kept;
  return navigator.language.toLowerCase().startsWith("de") ? "de" : "en";
}

// "{name}" is replaced; "{n|one|many}" chooses by the number.
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return texts[key].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one !== undefined) return (Number(value) === 1 ? one : many).replaceAll("#", numberText(Number(value)));
    return typeof value === "number" ? numberText(value) : value;
  });
}
// A word of the site that the catalogue may know: "state.Running".
export function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}` as TextKey;
  return key in texts ? texts[key] : value;
}

export function numberText(value: number, digits = 0): string {
  return format(`number${digits}`, () => new Intl.NumberFormat(language, { maximumFractionDigits: digits })).format(value);
}
const units = ["B", "kB", "MB", "GB", "TB"];
export function bytes(value: number | undefined | null): string {
  if (value === undefined || value === null || Number.isNaN(value)) return "–";
  let at = 0;
  let size = Math.abs(value);
  while (size >= 1000 && at < units.length - 1) {
    size /= 1000;
    ++at;
  }
  return `${value < 0 ? "−" : ""}${numberText(size, size < 10 && at > 0 ? 1 : 0)} ${units[at]}`;
}
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

// How text sorts in the language of the page.
export function collation(): (a: string, b: string) => number {
  return format("collator", () => new Intl.Collator(language).compare);
}

// Times come in UTC; people read them where they are.
export function time(text: string | null | undefined): Date | undefined {
  if (!text) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1990 ? undefined : date;
}
export function dateTime(date: Date | undefined): string {
  return date ? format("time", () => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" })).format(date) : "–";
}
// With the day of the week.
export function dayTime(date: Date): string {
  return format("day", () => new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" })).format(date);
}
export function dateText(date: Date | undefined): string {
  return date ? format("date", () => new Intl.DateTimeFormat(language)).format(date) : "–";
}
export function utc(date: Date): string {
  return date.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
export function ago(date: Date, now = Date.now()): string {
  const seconds = (date.getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.round(seconds), "second");
}

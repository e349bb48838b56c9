// What status messages say, in words: the numbers of the servicing and distribution components.
import type { Row } from "../api/client.js";
import { t, type TextKey } from "./index.js";

const known = new Set([
  7900, 7901, 7902, 7903, 7904, 7905, 7906, 7907, 7908, 7909, 7910, 7911, 7914, 7915, 7916, 7917, 7919, 2300, 2301, 2302, 2303, 2305, 2306,
  2307, 2311, 2323, 2330, 2342,
]);
export function messageText(row: Row): string {
  const strings = Array.from({ length: 10 }, (_, at) => String(row[`InsString${at + 1}`] ?? ""));
  if (!known.has(row.MessageID)) return strings.filter(Boolean).join(" · ") || `${row.Component} ${row.MessageID}`;
  return t(`message.${row.MessageID}` as TextKey, Object.fromEntries(strings.map((one, at) => [`s${at + 1}`, one])));
}

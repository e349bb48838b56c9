// The log of one run as a text file in the format that CMTrace and OneTrace show: the component's
// status messages about it, and what the job's report says of each update.
import { list, type RequestOptions, type Row } from "./client.js";
import type { Run } from "./runs.js";
import { time } from "../text/index.js";

const component = "SMS_OFFLINE_SERVICING_MANAGER";
const mostMessages = 2000;
const grace = 5000; // milliseconds that a message may come after the end

// The component's messages between begin and end, about this image or schedule; the oldest first.
export async function messagesOf(row: Row, options?: RequestOptions): Promise<Row[]> {
  const from = time(row.RunDateTime) ?? time(row.Created);
  if (!from) return [];
  const stamp = (date: Date) => date.toISOString().replace(/\.\d+Z/, "Z");
  const end = time(row.Finished);
  const filter = `Component eq '${component}' and Time ge ${stamp(from)}${end ? ` and Time le ${stamp(new Date(end.getTime() + grace))}` : ""}`;
  const rows = await list("SMS_StatMsgWithInsStrings", { filter, orderby: "RecordID desc", top: mostMessages }, options);
  const ours = [row.ImagePackageID, String(row.ScheduleID)];
  return rows.filter((one) => Object.entries(one).some(([name, value]) => name.startsWith("InsString") && ours.includes(value))).reverse();
}

const two = (number: number) => String(number).padStart(2, "0");
type Kind = 1 | 2 | 3; // information, warning, error

// One line. The time is UTC, which the offset says.
function line(at: Date, kind: Kind, text: string, machine = "", thread = 0): string {
  const clean = text.replace(/[\r\n]+/g, " ").replaceAll("]LOG]!>", "]LOG] !>");
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.${String(at.getUTCMilliseconds()).padStart(3, "0")}+000`;
  const date = `${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}-${at.getUTCFullYear()}`;
  return `<![LOG[${clean}]LOG]!><time="${clock}" date="${date}" component="${component}" context="${machine.replaceAll('"', "'")}" type="${kind}" thread="${thread}" file="">`;
}
const kindOf = (severity: number): Kind => (severity >>> 0 === 0xc0000000 ? 3 : severity >>> 0 === 0x80000000 ? 2 : 1);

export function asCmTrace(run: Run, report: Row | undefined, messages: Row[], textOf: (message: Row) => string): string {
  const begun = run.started ?? run.created ?? new Date(0);
  const ended = run.finished ?? new Date();
  const lines = [
    line(begun, 1, `Run ${run.id} of schedule ${run.schedule}: image package ${run.image} (${run.name}), attempt ${run.attempt}, updates ${run.updates.join(", ") || "none"}`, run.server),
    ...messages.map((one) => line(time(one.Time) ?? begun, kindOf(one.Severity), `[${one.MessageID}] ${textOf(one)}`, one.MachineName, one.ThreadID ?? 0)),
  ];
  for (const index of (report?.indexes as Row[] | undefined) ?? []) {
    lines.push(line(ended, 1, `Index ${index.index}${index.name ? ` (${index.name})` : ""}: build ${index.build_before} -> ${index.build_after || index.build_before}`, run.server));
    for (const one of (index.updates as Row[] | undefined) ?? []) {
      const kind = one.decision === "failed" || one.decision === "refused" ? 3 : 1;
      const code = one.symbol && one.symbol !== "S_OK" ? ` (${one.hresult} ${one.symbol})` : "";
      lines.push(line(ended, kind, `Index ${index.index}: ${one.kb ? `${one.kb} ` : ""}${one.identity || one.input}: ${one.decision}${code}. ${[one.reason, one.next_step].filter(Boolean).join(" ")}`.trim(), run.server));
    }
  }
  const seconds = Object.entries((report?.seconds as Row | undefined) ?? {}).map(([name, value]) => `${name} ${value} s`);
  if (seconds.length) lines.push(line(ended, 1, `Timings: ${seconds.join(", ")}`, run.server));
  if (run.finished) {
    const why = run.errorCode ? ` ${run.errorCode}${run.hresult ? ` 0x${(run.hresult >>> 0).toString(16).toUpperCase().padStart(8, "0")}` : ""}. ${run.reason} ${run.next}` : "";
    lines.push(line(ended, run.state === "Failed" ? 3 : run.state === "Cancelled" ? 2 : 1, `Run ${run.id} ended: ${run.state}.${why}`.trim(), run.server));
  }
  return lines.join("\r\n") + "\r\n";
}

// How often, at which hour of whose clock, and when that would be next.
import { html, nothing, type TemplateResult } from "lit";
import type { When } from "../../api/schedules.js";
import { ownZone, place, sameClock, type Clock, type SiteClock } from "../../api/times.js";
import { dayTime, t, utc } from "../../text/index.js";
import { failure } from "../../ui/parts.js";

export const recurs = (when: When) => when.kind === "recur" || when.kind === "rule";

export interface Recurrence {
  when: When;
  clock?: SiteClock;
  next?: Date[] | Error; // by the rules of the server itself; undefined while it is asked
  set: (change: Partial<When>) => void;
  retry: () => void;
}

export function recurrence(state: Recurrence): TemplateResult {
  const { when, clock, set } = state;
  const days = Array.from({ length: 7 }, (_, i) => new Date(Date.UTC(2023, 0, 1 + i)).toLocaleDateString(document.documentElement.lang, { weekday: "long", timeZone: "UTC" }));
  return html`
    <label class="field"
      ><span>${t("schedule.every")}</span
      ><select .value=${when.every} @change=${(event: Event) => set({ every: (event.target as HTMLSelectElement).value as When["every"] })}>
        <option value="patch-tuesday" ?selected=${when.every === "patch-tuesday"}>${t("schedule.every.patch")}</option>
        <option value="week" ?selected=${when.every === "week"}>${t("schedule.every.week")}</option>
        <option value="day" ?selected=${when.every === "day"}>${t("schedule.every.day")}</option>
      </select></label
    >
    ${when.every === "week"
      ? html`<label class="field"
          ><span>${t("schedule.day")}</span
          ><select @change=${(event: Event) => set({ day: Number((event.target as HTMLSelectElement).value) })}>
            ${days.map((day, at) => html`<option value=${at + 1} ?selected=${when.day === at + 1}>${day}</option>`)}
          </select></label
        >`
      : nothing}
    ${when.every === "patch-tuesday"
      ? html`<label class="field"
          ><span>${t("schedule.offset")}</span
          ><input type="number" min="0" max="7" .value=${String(when.offset)} @change=${(event: Event) => set({ offset: Math.max(0, Math.min(7, Number((event.target as HTMLInputElement).value))) })}
        /></label>`
      : nothing}
    <label class="field"
      ><span>${t("schedule.clock")}</span
      ><input
        type="time"
        .value=${`${String(when.hour).padStart(2, "0")}:${String(when.minute).padStart(2, "0")}`}
        @change=${(event: Event) => {
          const [hour, minute] = (event.target as HTMLInputElement).value.split(":").map(Number);
          if (hour !== undefined && minute !== undefined) set({ hour, minute });
        }}
      /></label
    >
    <label class="field"
      ><span>${t("schedule.zone")}</span
      ><select name="clock" @change=${(event: Event) => set({ clock: (event.target as HTMLSelectElement).value as Clock })}>
        ${clocks(clock).map(([one, text]) => html`<option value=${one} ?selected=${one === when.clock}>${text}</option>`)}</select
      ><span class="hint">${zoneHint(when, clock)}</span></label
    >
    ${nextOnes(state)}
  `;
}
function clocks(site?: SiteClock): [Clock, string][] {
  const own: [Clock, string] = ["local", t("schedule.zone.local", { zone: ownZone() })];
  const utc: [Clock, string] = ["utc", "UTC"];
  if (!site || sameClock(site.zone)) return [own, utc];
  return [own, ["site", t("schedule.zone.site", { zone: `${site.zone}, ${offsetText(site.offset)}` })], utc];
}
function zoneHint(when: When, clock?: SiteClock): TemplateResult {
  const placed = place(when, clock);
  if (placed.impossible) return html`<strong>${t("schedule.zone.impossible")}</strong>`;
  if (when.clock === "utc") return html`${t("schedule.zone.utc.hint")}`;
  if (!placed.utc) return html`${t("schedule.zone.site.hint", { zone: clock?.zone ?? "" })}`;
  const time = `${String(placed.hour).padStart(2, "0")}:${String(placed.minute).padStart(2, "0")}`;
  return html`${t("schedule.zone.kept", { time })}${placed.moves ? ` ${t("schedule.zone.moves")}` : nothing}`;
}
function nextOnes({ when, clock, next, retry }: Recurrence): TemplateResult {
  if (place(when, clock).impossible) return html``;
  if (next instanceof Error) return failure(next, retry);
  return html`<div class="next-times" aria-live="polite">
    <span>${t("schedule.next")}</span>
    ${next
      ? next.length
        ? html`<ol>${next.map((one) => html`<li><time datetime=${one.toISOString()} title=${utc(one)}>${dayTime(one)}</time> <span class="hint">${utc(one).slice(0, 16)} UTC</span></li>`)}</ol>`
        : html`<p class="hint">${t("schedule.next.never")}</p>`
      : html`<p class="hint">${t("loading")}</p>`}
  </div>`;
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "−" : "+"}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
}

// Pieces that several pages show.
import { html, nothing, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { ago, dateTime, t, utc, word } from "../text/index.js";
import { icon, type IconName } from "./icons.js";
import { describe } from "./notices.js";

export type Tone = "good" | "bad" | "busy" | "warn" | "plain";
export function badge(text: string, tone: Tone): TemplateResult {
  return html`<span class="badge ${tone}">${text}</span>`;
}

const runTones: Record<string, Tone> = { Succeeded: "good", Failed: "bad", Cancelled: "warn", Queued: "plain" };
export function runBadge(state: string): TemplateResult {
  return badge(word("state", state), runTones[state] ?? "busy");
}

// In the browser's zone; UTC on hover.
export function when(date: Date | undefined, relative = false): TemplateResult | string {
  if (!date) return "–";
  return html`<time datetime=${date.toISOString()} title=${utc(date)}>${relative ? ago(date) : dateTime(date)}</time>`;
}

export function busy(text = t("loading")): TemplateResult {
  return html`<div class="busy" role="status"><fluent-spinner size="small"></fluent-spinner><span>${text}</span></div>`;
}
export function failure(error: Error, retry?: () => void): TemplateResult {
  const { text, next, code } = describe(error);
  return html`<div class="failure" role="alert">
    ${icon("error")}
    <div>
      <p><strong>${text}</strong></p>
      ${next ? html`<p>${next}</p>` : nothing} ${code ? html`<p class="code">${t("error.code", { code })}</p>` : nothing}
      ${retry ? html`<fluent-button size="small" @click=${retry}>${t("retry")}</fluent-button>` : nothing}
    </div>
  </div>`;
}
export function empty(text: string, hint?: string | TemplateResult): TemplateResult {
  return html`<div class="empty"><p>${text}</p>${hint ? html`<p class="hint">${hint}</p>` : nothing}</div>`;
}

export interface Action {
  label: string;
  icon?: IconName;
  run: () => unknown;
  // Why it cannot be done now; shown where the pointer or the focus is.
  reason?: string | false;
  primary?: boolean;
  danger?: boolean;
  id?: string;
}
export function button(action: Action): TemplateResult {
  const reason = action.reason || undefined;
  return html`<fluent-button
    id=${ifDefined(action.id)}
    appearance=${action.primary ? "primary" : "outline"}
    class=${action.danger ? "danger" : ""}
    ?disabled-focusable=${!!reason}
    aria-disabled=${reason ? "true" : nothing}
    title=${ifDefined(reason)}
    aria-label=${ifDefined(reason ? `${action.label}: ${reason}` : undefined)}
    @click=${reason ? nothing : action.run}
  >
    ${action.icon ? html`<span slot="start">${icon(action.icon)}</span>` : nothing}${action.label}
  </fluent-button>`;
}

export function head(title: string | TemplateResult, actions: (Action | false | undefined)[] = [], above?: TemplateResult): TemplateResult {
  return html`<div class="head">
    <div>
      ${above ?? nothing}
      <h1 tabindex="-1">${title}</h1>
    </div>
    <div class="commands">${actions.map((one) => (one ? button(one) : nothing))}</div>
  </div>`;
}
export function facts(rows: [string, unknown][]): TemplateResult {
  return html`<dl class="facts">
    ${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value === "" || value == null ? "–" : value}</dd></div>`)}
  </dl>`;
}
export function copyable(text: string, label: string): TemplateResult {
  const copy = async (event: Event) => {
    const element = event.currentTarget as HTMLElement;
    await navigator.clipboard.writeText(text);
    element.classList.add("done");
    setTimeout(() => element.classList.remove("done"), 1500);
  };
  return html`<div class="copyable">
    <pre tabindex="0" aria-label=${label}>${text}</pre>
    <button class="plain copy" aria-label="${t("copy")}: ${label}" title=${t("copy")} @click=${copy}>${icon("copy")}${icon("check")}</button>
  </div>`;
}
export function bar(done: number, total: number, label: string): TemplateResult {
  if (!(total > 0)) return html`<progress aria-label=${label}></progress>`;
  return html`<progress aria-label=${label} max=${total} .value=${Math.min(done || 0, total)}></progress>`;
}

// On narrow screens tabs go beyond the edge: the chosen one is moved to where it can be seen, when it
// is chosen and when the screen becomes narrower.
const bars = new ResizeObserver((entries) => entries.forEach((one) => reveal(one.target as HTMLElement)));
function reveal(bar: HTMLElement) {
  const tab = bar.querySelector<HTMLElement>("[aria-selected=true], [aria-current]");
  if (!tab) return;
  const left = tab.offsetLeft - bar.offsetLeft;
  if (left < bar.scrollLeft || left + tab.offsetWidth > bar.scrollLeft + bar.clientWidth) bar.scrollLeft = left - (bar.clientWidth - tab.offsetWidth) / 2;
}
export function revealTab(root: HTMLElement, name: string) {
  const bar = root.querySelector<HTMLElement>(".tabs");
  if (!bar || bar.dataset.shown === name) return;
  bar.dataset.shown = name;
  reveal(bar);
  bars.observe(bar);
}

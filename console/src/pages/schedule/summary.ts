// What would be scheduled, image by image, how long it takes, and the commands that do the same.
import { html, nothing, type TemplateResult } from "lit";
import type { Image } from "../../api/images.js";
import type { Plan } from "../../api/plans.js";
import { asCommands, asRest, type Order, type SiteIdentity, type When } from "../../api/schedules.js";
import { ownZone, type SiteClock } from "../../api/times.js";
import { bytes, dateTime, dayTime, duration, t, type TextKey } from "../../text/index.js";
import { badge, busy, copyable } from "../../ui/parts.js";
import { tones } from "./choices.js";
import { recurs } from "./recurrence.js";

const kMostImages = 20; // that are listed with their plans

export interface Summary {
  order: Order;
  images: Image[];
  plans: Map<string, Plan | Error | undefined>; // no entry: still asked; undefined: the site cannot tell
  clock?: SiteClock;
  first?: Date; // of a schedule that recurs
  site?: SiteIdentity;
  shown: Equivalent;
  show: (equivalent: Equivalent) => void;
}
export type Equivalent = "cli" | "rest";

export function summary({ order, images, plans, clock, first, site, shown, show }: Summary): TemplateResult {
  const estimates = images.map((image) => plans.get(image.id)).filter((one): one is Plan => !!one && !(one instanceof Error) && one.seconds > 0);
  const whole = estimates.reduce((sum, one) => sum + one.seconds, 0);
  return html`<section class="card wide" aria-label=${t("schedule.summary")}>
    <h3>${t("schedule.summary")}</h3>
    <p>${t("schedule.summary.text", { images: images.length, updates: order.updates.length, when: whenText(order.when, clock) })}${recurs(order.when) && first ? html` ${t("schedule.first", { time: dayTime(first) })}` : nothing}</p>
    ${estimates.length ? html`<p class="estimate">${images.length === 1 ? t("schedule.estimate.one", { time: duration(whole) }) : t("schedule.estimate.all", { time: duration(whole), n: estimates.length, all: images.length })}</p>` : nothing}
    ${images.slice(0, kMostImages).map((image) => html`<div class="plan-image"><h4>${image.name}</h4>${planOf(image, plans)}</div>`)}
    <div class="equivalents">
      <h4>${t("schedule.equivalent")}</h4>
      <div class="switcher">
        <button class="plain" aria-pressed=${shown === "cli"} @click=${() => show("cli")}>${t("schedule.cli")}</button>
        <button class="plain" aria-pressed=${shown === "rest"} @click=${() => show("rest")}>${t("schedule.rest")}</button>
      </div>
      ${equivalent(shown, order, clock, first, site)}
    </div>
  </section>`;
}

function whenText(when: When, clock?: SiteClock): string {
  if (when.kind === "now") return t("schedule.now");
  if (when.kind === "at") return dateTime(when.at);
  const every = t(`schedule.every.${when.every === "patch-tuesday" ? "patch" : when.every}` as TextKey);
  const time = `${String(when.hour).padStart(2, "0")}:${String(when.minute).padStart(2, "0")}`;
  const zone = when.clock === "utc" ? "UTC" : when.clock === "site" ? (clock?.zone ?? "") : ownZone();
  return `${every}, ${time} (${zone})`;
}

function planOf(image: Image, plans: Summary["plans"]): TemplateResult {
  const plan = plans.get(image.id);
  if (!plans.has(image.id)) return busy(t("schedule.planning"));
  if (plan instanceof Error) return html`<p class="hint">${plan.message}</p>`;
  if (!plan) return html`<p class="hint">${t("schedule.noplan")}</p>`;
  const several = new Set(plan.steps.map((step) => step.index)).size > 1;
  return html`
    <ol class="plan">
      ${plan.steps.map(
        (step) => html`<li>${badge(t(`decision.${step.decision}`), tones[step.decision])} ${step.title || `CI ${step.ci}`}${several && step.index ? html` <span class="index">· ${t("run.index")} ${step.index}</span>` : nothing}${step.reason && step.decision !== "install" ? html`<span class="hint">${step.reason} ${step.next}</span>` : nothing}</li>`,
      )}
    </ol>
    <p class="hint">
      ${plan.buildBefore ? html`${plan.buildBefore} → <strong>${plan.buildAfter || plan.buildBefore}</strong> · ` : nothing}${t("schedule.bytes", { size: bytes(plan.bytes) })}${plan.seconds
        ? html` · ${t("schedule.estimate", { time: duration(plan.seconds) })}`
        : plan.steps.some((step) => step.decision === "install" || step.decision === "stage")
          ? html` · ${t("schedule.estimate.none")}`
          : nothing}
    </p>
  `;
}

function equivalent(shown: Equivalent, order: Order, clock?: SiteClock, first?: Date, site?: SiteIdentity): TemplateResult {
  const text = shown === "cli" ? asCommands(order, clock, first) : asRest(order, site ?? { code: "", server: "" }, clock);
  if (text === undefined) return html`<p class="hint">${t("schedule.cli.none")}</p>`;
  return copyable(text, t("schedule.equivalent"));
}

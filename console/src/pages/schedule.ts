// Schedule Updates in three steps: images, updates that fit, when.
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { create, get, list } from "../api/client.js";
import { images, type Image } from "../api/images.js";
import { preview, type Plan } from "../api/plans.js";
import { rights } from "../api/rights.js";
import { carryOut, identity, ruleOf, tokensOf, type Order, type SiteIdentity, type When } from "../api/schedules.js";
import { nextTimes, ownZone, place, type SiteClock } from "../api/times.js";
import { groups, type Group } from "../api/updates.js";
import { dateText, t, type TextKey } from "../text/index.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { notify, notifyError } from "../ui/notices.js";
import { badge, busy, empty, failure, head, when as whenText } from "../ui/parts.js";
import type { Column } from "../ui/table.js";
import { choicesFor, order, selectable, tones, type Choice, type Choices } from "./schedule/choices.js";
import { recurrence, recurs } from "./schedule/recurrence.js";
import { summary, type Equivalent } from "./schedule/summary.js";

@customElement("ww-schedule")
export class Schedule extends PageElement {
  @property({ attribute: false }) start: string[] = [];
  @state() private step = 1;
  @state() private chosen = new Set<string>();
  @state() private choices?: Choice[];
  @state() private problem?: Error;
  @state() private asked = 0;
  @state() private picked = new Set<string>();
  @state() private view: "fit" | "all" = "fit";
  @state() private groupId = 0;
  @state() private architecture = "";
  @state() private since = "";
  @state() private until = "";
  @state() private when: When = { kind: "now", every: "patch-tuesday", day: 1, hour: 2, minute: 0, offset: 0, clock: "local" };
  @state() private clock?: SiteClock;
  @state() private next?: Date[] | Error;
  private asking = 0;
  @state() private name = "";
  @state() private continueOnError = false;
  @state() private updatePoints = true;
  @state() private removeSuperseded = false;
  @state() private plans = new Map<string, Plan | Error | undefined>();
  @state() private making = false;
  @state() private equivalent: Equivalent = "cli";
  private unsupported: Choices["unsupported"] = new Map();
  private abort?: AbortController;
  private site?: SiteIdentity;

  private all = new Loader(this, async (options) => {
    const [one, two] = await Promise.all([images(false, options), images(true, options)]);
    return [...one, ...two];
  });
  private groupList = new Loader(this, (options) => groups(options), ["SMS_AuthorizationList"]);

  private imageColumns: Column<Image>[] = [];
  private updateColumns: Column<Choice>[] = [];

  override connectedCallback() {
    super.connectedCallback();
    this.chosen = new Set(this.start);
    if (this.start.length) {
      this.step = 2;
      void this.all.run().then(() => this.loadUpdates());
    }
    void identity().then((site) => (this.site = site)).catch(() => undefined);
    this.imageColumns = [
      { id: "name", label: t("images.name"), value: (row) => row.name, width: "2fr" },
      { id: "build", label: t("images.build"), value: (row) => row.build, width: "1fr", level: 2 },
      { id: "edition", label: t("images.edition"), value: (row) => row.edition, width: "1.4fr", level: 3 },
      { id: "architecture", label: t("images.architecture"), value: (row) => row.architecture, width: "80px", level: 2 },
      { id: "last", label: t("images.last"), value: (row) => row.lastServiced?.getTime(), show: (row) => whenText(row.lastServiced), width: "1.1fr", level: 2 },
    ];
    this.updateColumns = [
      { id: "title", label: t("updates.title"), value: (row) => row.update.title, width: "3fr" },
      { id: "article", label: t("updates.article"), value: (row) => row.update.article, show: (row) => (row.update.article ? `KB${row.update.article}` : "–"), width: "105px", level: 2 },
      { id: "architecture", label: t("images.architecture"), value: (row) => row.architectures.join(", "), width: "80px", level: 3 },
      { id: "posted", label: t("updates.posted"), value: (row) => row.update.posted?.getTime(), show: (row) => dateText(row.update.posted), width: "105px", level: 3 },
      {
        id: "decision",
        label: t("updates.decision"),
        value: (row) => order.indexOf(row.decision),
        show: (row) => badge(t(`decision.${row.decision}`), tones[row.decision]),
        width: "150px",
      },
      { id: "images", label: t("schedule.fits"), value: (row) => row.fits, show: (row) => `${row.fits} / ${this.chosen.size}`, width: "90px", numeric: true, level: 3 },
      { id: "reason", label: t("updates.reason"), value: (row) => row.reason, width: "2fr", level: 3 },
    ];
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    this.abort?.abort();
  }

  private get chosenImages(): Image[] {
    return (this.all.value ?? []).filter((one) => this.chosen.has(one.id));
  }

  private async loadUpdates() {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    this.choices = undefined;
    this.problem = undefined;
    this.asked = 0;
    this.unsupported = new Map();
    try {
      const found = await choicesFor(this.chosenImages, abort.signal, () => ++this.asked);
      if (!found) return;
      this.unsupported = found.unsupported;
      this.choices = found.choices;
      const there = new Set(this.choices.filter(selectable).map((one) => String(one.update.id)));
      this.picked = new Set([...this.picked].filter((one) => there.has(one)));
    } catch (error) {
      if (!abort.signal.aborted) this.problem = error as Error;
    }
  }

  private go(step: number) {
    if (step === 2 && this.step === 1) void this.loadUpdates();
    if (step === 3) {
      this.name ||= t("schedule.name.default", { date: new Date().toISOString().slice(0, 10) });
      void this.loadPlans();
      void this.loadClock();
    }
    this.step = step;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("h2")?.focus());
  }

  private async loadPlans() {
    this.plans = new Map();
    for (const image of this.chosenImages) {
      try {
        this.plans.set(image.id, await preview(image.id, [...this.picked].map(Number)));
      } catch (error) {
        this.plans.set(image.id, error as Error);
      }
      this.requestUpdate();
    }
  }

  private async loadClock() {
    try {
      this.clock ??= (await nextTimes("", 0)).site;
    } catch {
      // Without it the own time is kept in UTC.
    }
    void this.loadNext();
  }
  // When it would be by the rules of the server itself.
  private async loadNext() {
    const mine = ++this.asking;
    const { when } = this;
    if (!recurs(when)) return;
    if (place(when, this.clock).impossible) {
      this.next = undefined;
      return;
    }
    let next: Date[] | Error;
    try {
      next = (await nextTimes(await tokensOf(when, this.clock), 3)).times;
    } catch (error) {
      next = error as Error;
    }
    if (mine === this.asking) this.next = next;
  }

  private async pickGroup(id: number) {
    this.groupId = id;
    if (!id) return;
    try {
      const group = await get("SMS_AuthorizationList", id);
      const members = new Set((group.Updates as number[]).map(String));
      this.picked = new Set((this.choices ?? []).filter((one) => selectable(one) && members.has(String(one.update.id))).map((one) => String(one.update.id)));
    } catch (error) {
      notifyError(t("schedule.group.failed"), error);
    }
  }

  private get order(): Order {
    const group = (this.groupList.value ?? []).find((one) => one.id === this.groupId);
    return {
      name: this.name,
      images: this.chosenImages.map((one) => ({ id: one.id, name: one.name, upgrade: one.cls !== "SMS_ImagePackage" })),
      updates: [...this.picked].map(Number),
      group: group && { id: group.id, name: group.name },
      when: this.when,
      continueOnError: this.continueOnError,
      updatePoints: this.updatePoints,
      removeSuperseded: this.removeSuperseded,
    };
  }

  private async make() {
    if (this.making) return;
    this.making = true;
    try {
      if (this.when.kind === "rule") {
        const made = await create("WW_ServicingRule", ruleOf(this.order, await tokensOf(this.when, this.clock)));
        notify({ kind: "success", text: t("schedule.rule.made", { name: String(made.Name) }) });
        location.hash = "/runs";
        return;
      }
      const site = this.site ?? (await identity());
      const id = await carryOut(this.order, site, this.clock);
      notify({ kind: "success", text: t("schedule.made", { id: String(id) }) });
      if (this.when.kind === "now" && this.chosen.size === 1) {
        // The run appears within a moment; its page shows it from the beginning.
        for (let i = 0; i < 120; ++i) {
          const [run] = await list("WW_ServicingRun", { filter: `ScheduleID eq ${id}`, select: ["RunID"] });
          if (run) {
            location.hash = `/runs/${run.RunID}`;
            return;
          }
          await new Promise((done) => setTimeout(done, 250));
        }
      }
      location.hash = "/runs";
    } catch (error) {
      notifyError(t("schedule.failed"), error);
    } finally {
      this.making = false;
    }
  }

  // --- the steps -------------------------------------------------------------------------------
  private stepImages(): TemplateResult {
    if (this.all.error) return failure(this.all.error, () => this.all.run());
    if (!this.all.value) return busy();
    return html`<ww-table
      class="grow"
      name="schedule-images"
      .label=${t("schedule.step1")}
      selectable
      sortBy="name"
      .empty=${t("images.empty")}
      .columns=${this.imageColumns}
      .rows=${this.all.value}
      .key=${(row: Image) => row.id}
      .subline=${(row: Image) => `${row.build} · ${row.architecture}`}
      .unselectable=${(row: Image) => (row.scheduleState === 2 ? t("schedule.running") : rights.reason(row.cls === "SMS_ImagePackage" ? "image" : "upgrade", "modify") || undefined)}
      .selected=${this.chosen}
      @selection=${(event: CustomEvent) => (this.chosen = event.detail)}
    ></ww-table>`;
  }

  private stepUpdates(): TemplateResult {
    if (this.problem) return failure(this.problem, () => this.loadUpdates());
    if (!this.choices) return busy(t("schedule.asking", { done: this.asked, all: this.chosen.size }));
    const shown = this.view === "fit" ? this.choices.filter(selectable) : this.choices;
    const from = this.since ? new Date(`${this.since}T00:00:00`).getTime() : -Infinity;
    const to = this.until ? new Date(`${this.until}T23:59:59.999`).getTime() : Infinity;
    const dated = this.since !== "" || this.until !== "";
    const rows = shown.filter((one) => {
      if (this.architecture && !one.architectures.includes(this.architecture)) return false;
      const posted = one.update.posted?.getTime();
      return !dated || (posted !== undefined && posted >= from && posted <= to);
    });
    const built = [...new Set(this.choices.flatMap((one) => one.architectures))].sort();
    const filtered = rows.length !== shown.length;
    return html`
      ${[...this.unsupported].map(
        ([id, reason]) => html`<div class="note warn" role="note"><div><strong>${this.all.value?.find((one) => one.id === id)?.name ?? id}</strong><br />${reason}</div></div>`,
      )}
      <ww-table
        class="grow"
        name="schedule-updates"
        .label=${t("schedule.step2")}
        selectable
        .empty=${filtered ? t("schedule.filtered") : this.view === "fit" && this.choices.length ? t("schedule.none") : t("updates.empty")}
        .columns=${this.updateColumns}
        .rows=${rows}
        .key=${(row: Choice) => String(row.update.id)}
        .subline=${(row: Choice) => (row.update.article ? `KB${row.update.article}` : "")}
        .unselectable=${(row: Choice) => (selectable(row) ? undefined : row.reason || t(`decision.${row.decision}`))}
        .selected=${this.picked}
        .controls=${html`
          <select aria-label=${t("schedule.view")} .value=${this.view} @change=${(event: Event) => (this.view = (event.target as HTMLSelectElement).value as "fit")}>
            <option value="fit">${t("schedule.view.fit")}</option>
            <option value="all">${t("schedule.view.all")}</option>
          </select>
          <select aria-label=${t("schedule.group")} @change=${(event: Event) => this.pickGroup(Number((event.target as HTMLSelectElement).value))}>
            <option value="0">${t("schedule.group.none")}</option>
            ${(this.groupList.value ?? []).map((one: Group) => html`<option value=${one.id} ?selected=${one.id === this.groupId}>${one.name}</option>`)}
          </select>
          <select name="architecture" aria-label=${t("schedule.architecture")} @change=${(event: Event) => (this.architecture = (event.target as HTMLSelectElement).value)}>
            <option value="">${t("schedule.architecture.any")}</option>
            ${built.map((one) => html`<option value=${one} ?selected=${one === this.architecture}>${one}</option>`)}
          </select>
          <span class="t-dates"><label class="t-date"><span>${t("schedule.since")}</span><input type="date" name="since" .value=${this.since} max=${this.until || nothing} @change=${(event: Event) => (this.since = (event.target as HTMLInputElement).value)} /></label>
          <label class="t-date"><span>${t("schedule.until")}</span><input type="date" name="until" .value=${this.until} min=${this.since || nothing} @change=${(event: Event) => (this.until = (event.target as HTMLInputElement).value)} /></label></span>
        `}
        @selection=${(event: CustomEvent) => (this.picked = event.detail)}
      ></ww-table>
    `;
  }

  private stepWhen(): TemplateResult {
    const kinds: [When["kind"], TextKey][] = [
      ["now", "schedule.now"],
      ["at", "schedule.at"],
      ["recur", "schedule.recur"],
      ["rule", "schedule.rule"],
    ];
    const set = (change: Partial<When>) => {
      this.when = { ...this.when, ...change };
      void this.loadNext();
    };
    const check = (label: string, on: boolean, change: (on: boolean) => void, hint = "", reason?: string) =>
      html`<label class="check"
        ><input type="checkbox" .checked=${on} ?disabled=${!!reason} @change=${(event: Event) => change((event.target as HTMLInputElement).checked)} /><span
          >${label}${hint || reason ? html`<span class="hint">${reason ?? hint}</span>` : nothing}</span
        ></label
      >`;
    return html`<div class="columns">
      <section class="card">
        <h3>${t("schedule.when")}</h3>
        <div class="choices" role="radiogroup" aria-label=${t("schedule.when")}>
          ${kinds.map(
            ([kind, text]) => html`<label class="check"
              ><input type="radio" name="when" value=${kind} .checked=${this.when.kind === kind} @change=${() => set({ kind, at: this.when.at ?? soon() })} /><span
                >${t(text)}<span class="hint">${t(`${text}.hint` as TextKey)}</span></span
              ></label
            >`,
          )}
        </div>
        ${this.when.kind === "at"
          ? html`<label class="field"
              ><span>${t("schedule.time")}</span
              ><input
                type="datetime-local"
                .value=${localInput(this.when.at ?? soon())}
                @change=${(event: Event) => {
                  const value = new Date((event.target as HTMLInputElement).value);
                  if (!Number.isNaN(value.getTime())) set({ at: value });
                }}
              /><span class="hint">${t("schedule.utc", { zone: ownZone(), time: (this.when.at ?? soon()).toISOString().slice(0, 16).replace("T", " ") })}</span></label
            >`
          : nothing}
        ${recurs(this.when) ? recurrence({ when: this.when, clock: this.clock, next: this.next, set, retry: () => this.loadNext() }) : nothing}
      </section>
      <section class="card">
        <h3>${t("schedule.options")}</h3>
        <label class="field"><span>${t("schedule.name")}</span><input .value=${this.name} maxlength="200" @input=${(event: Event) => (this.name = (event.target as HTMLInputElement).value)} /></label>
        ${check(t("schedule.continue"), this.continueOnError, (on) => (this.continueOnError = on), t("schedule.continue.hint"))}
        ${check(t("schedule.points"), this.updatePoints, (on) => (this.updatePoints = on), t("schedule.points.hint"))}
        ${check(t("schedule.cleanup"), this.removeSuperseded, (on) => (this.removeSuperseded = on), "", t("schedule.cleanup.reason"))}
        <p class="hint">${t("schedule.rollout.hint")}</p>
      </section>
      ${summary({
        order: this.order,
        images: this.chosenImages,
        plans: this.plans,
        clock: this.clock,
        first: Array.isArray(this.next) ? this.next[0] : undefined,
        site: this.site,
        shown: this.equivalent,
        show: (equivalent) => (this.equivalent = equivalent),
      })}
    </div>`;
  }

  override render() {
    const steps: [number, TextKey][] = [
      [1, "schedule.step1"],
      [2, "schedule.step2"],
      [3, "schedule.step3"],
    ];
    const reason =
      this.step === 1 && !this.chosen.size
        ? t("images.choose")
        : this.step === 2 && !this.choices
          ? t("loading")
          : this.step === 2 && !this.picked.size
            ? t("schedule.pick")
            : this.step === 3 && recurs(this.when) && place(this.when, this.clock).impossible
              ? t("schedule.zone.impossible")
            : this.step === 3 && !this.name.trim()
              ? t("schedule.name.missing")
              : this.step === 3 && this.making
                ? t("schedule.making")
                : false;
    return html`<div class="page ${this.step < 3 ? "fill" : ""}">
      ${head(t("nav.schedule"))}
      <ol class="steps" aria-label=${t("schedule.steps")}>
        ${steps.map(
          ([number, text]) => html`<li aria-current=${this.step === number ? "step" : nothing} class=${number < this.step ? "done" : ""}>
            ${number < this.step ? html`<button class="plain" @click=${() => this.go(number)}><span class="number">${number}</span>${t(text)}</button>` : html`<span><span class="number">${number}</span>${t(text)}</span>`}
          </li>`,
        )}
      </ol>
      <h2 tabindex="-1" class="visually-hidden">${t(steps[this.step - 1]![1])}</h2>
      ${this.step === 1 ? this.stepImages() : this.step === 2 ? this.stepUpdates() : this.all.value ? this.stepWhen() : empty("")}
      <div class="foot">
        ${this.step > 1 ? html`<fluent-button @click=${() => this.go(this.step - 1)}>${t("back")}</fluent-button>` : nothing}
        <fluent-button
          id="next"
          appearance="primary"
          ?disabled-focusable=${!!reason}
          aria-disabled=${reason ? "true" : nothing}
          title=${reason || nothing}
          @click=${() => {
            if (reason) return;
            if (this.step < 3) this.go(this.step + 1);
            else void this.make();
          }}
          >${this.step < 3 ? t("next") : this.making ? t("schedule.making") : t("schedule.do")}</fluent-button
        >
        ${reason ? html`<span class="hint">${reason}</span>` : nothing}
      </div>
    </div>`;
  }
}

function soon(): Date {
  const date = new Date(Date.now() + 3600_000);
  date.setSeconds(0, 0);
  return date;
}
function localInput(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

// Schedule Updates in three steps: images, updates that fit, when.
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { get, list } from "../api/client.js";
import { images, type Image } from "../api/images.js";
import { rights } from "../api/rights.js";
import { asCommands, asRest, carryOut, identity, ruleOf, type Order, type SiteIdentity, type When } from "../api/schedules.js";
import { create } from "../api/client.js";
import { tokensOf } from "../api/schedules.js";
import { nextTimes, ownZone, place, sameClock, type Clock, type SiteClock } from "../api/times.js";
import { applicable, architectures, architecturesInTitle, groups, updates, type Answer, type Decision, type Group, type Update } from "../api/updates.js";
import { bytes, dateText, dateTime, dayTime, duration, t, utc, type TextKey } from "../text/index.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { notify, notifyError } from "../ui/notices.js";
import { badge, busy, copyable, empty, failure, head, when as whenText, type Tone } from "../ui/parts.js";
import type { Column } from "../ui/table.js";
import { preview, type Plan } from "../api/plans.js";

interface Choice {
  update: Update;
  decision: Decision; // over all images and indexes: the most that would happen
  fits: number; // images
  answers: { image: string; answer: Answer }[];
  reason: string;
  architectures: string[];
}
const tones: Record<Decision, Tone> = {
  install: "good",
  stage: "good",
  already_present: "plain",
  superseded: "plain",
  not_applicable: "plain",
  refused: "bad",
  no_content: "warn",
  unsupported: "bad",
  unknown: "plain",
};
const order: Decision[] = ["install", "stage", "unknown", "refused", "no_content", "unsupported", "already_present", "superseded", "not_applicable"];
const selectable = (choice: Choice) => choice.decision === "install" || choice.decision === "stage" || choice.decision === "unknown";

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
  @state() private equivalent: "cli" | "rest" = "cli";
  private unsupported = new Map<string, string>();
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

  // Which updates fit, image after image: the planner reads each of them.
  private async loadUpdates() {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    this.choices = undefined;
    this.problem = undefined;
    this.asked = 0;
    this.unsupported.clear();
    try {
      const [list, built] = await Promise.all([updates({ signal: abort.signal }), architectures({ signal: abort.signal })]);
      const byId = new Map<number, Choice>(
        list.map((update) => [
          update.id,
          { update, decision: "not_applicable", fits: 0, answers: [], reason: "", architectures: [...(built.get(update.id) ?? architecturesInTitle(update.title))].sort() },
        ]),
      );
      let unknown = false;
      for (const image of this.chosenImages) {
        const answers = (await applicable(image.id, undefined, abort.signal)) ?? (await this.asPlanned(image.id, list));
        if (abort.signal.aborted) return;
        ++this.asked;
        if (!answers) {
          unknown = true;
          break;
        }
        const fits = new Set<number>();
        for (const answer of answers) {
          if (answer.ci === 0) {
            this.unsupported.set(image.id, `${answer.reason} ${answer.next}`.trim());
            continue;
          }
          const choice = byId.get(answer.ci);
          if (!choice) continue;
          choice.answers.push({ image: image.id, answer });
          if (answer.decision === "install" || answer.decision === "stage") fits.add(answer.ci);
        }
        for (const id of fits) ++byId.get(id)!.fits;
      }
      for (const choice of byId.values()) {
        if (unknown) {
          const { update } = choice;
          choice.decision = !update.provisioned ? "no_content" : !update.serviceable ? "refused" : update.superseded ? "superseded" : "unknown";
          continue;
        }
        if (!choice.answers.length) {
          choice.decision = choice.update.superseded ? "superseded" : choice.update.provisioned ? "not_applicable" : "no_content";
          continue;
        }
        choice.answers.sort((a, b) => order.indexOf(a.answer.decision) - order.indexOf(b.answer.decision));
        choice.decision = choice.answers[0]!.answer.decision;
        choice.reason = choice.answers[0]!.answer.reason;
      }
      this.choices = [...byId.values()].sort((a, b) => order.indexOf(a.decision) - order.indexOf(b.decision) || (b.update.posted?.getTime() ?? 0) - (a.update.posted?.getTime() ?? 0));
      const there = new Set(this.choices.filter(selectable).map((one) => String(one.update.id)));
      this.picked = new Set([...this.picked].filter((one) => there.has(one)));
    } catch (error) {
      if (!abort.signal.aborted) this.problem = error as Error;
    }
  }

  // A site that does not answer the question as such can still plan everything that it has.
  private async asPlanned(id: string, all: Update[]): Promise<Answer[] | undefined> {
    const ids = all.filter((one) => one.provisioned && one.serviceable && !one.superseded && !one.expired).slice(0, 200);
    const plan = await preview(id, ids.map((one) => one.id));
    return plan?.steps.map((step) => ({ ci: step.ci, index: step.index, decision: step.decision, reason: step.reason, next: step.next, code: 0 }));
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
        for (let i = 0; i < 40; ++i) {
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
        ${this.when.kind === "recur" || this.when.kind === "rule" ? this.recurrence(set) : nothing}
      </section>
      <section class="card">
        <h3>${t("schedule.options")}</h3>
        <label class="field"><span>${t("schedule.name")}</span><input .value=${this.name} maxlength="200" @input=${(event: Event) => (this.name = (event.target as HTMLInputElement).value)} /></label>
        ${check(t("schedule.continue"), this.continueOnError, (on) => (this.continueOnError = on), t("schedule.continue.hint"))}
        ${check(t("schedule.points"), this.updatePoints, (on) => (this.updatePoints = on), t("schedule.points.hint"))}
        ${check(t("schedule.cleanup"), this.removeSuperseded, (on) => (this.removeSuperseded = on), "", t("schedule.cleanup.reason"))}
        <p class="hint">${t("schedule.rollout.hint")}</p>
      </section>
      ${this.summary()}
    </div>`;
  }

  private recurrence(set: (change: Partial<When>) => void): TemplateResult {
    const days = Array.from({ length: 7 }, (_, i) => new Date(Date.UTC(2023, 0, 1 + i)).toLocaleDateString(document.documentElement.lang, { weekday: "long", timeZone: "UTC" }));
    return html`
      <label class="field"
        ><span>${t("schedule.every")}</span
        ><select .value=${this.when.every} @change=${(event: Event) => set({ every: (event.target as HTMLSelectElement).value as When["every"] })}>
          <option value="patch-tuesday" ?selected=${this.when.every === "patch-tuesday"}>${t("schedule.every.patch")}</option>
          <option value="week" ?selected=${this.when.every === "week"}>${t("schedule.every.week")}</option>
          <option value="day" ?selected=${this.when.every === "day"}>${t("schedule.every.day")}</option>
        </select></label
      >
      ${this.when.every === "week"
        ? html`<label class="field"
            ><span>${t("schedule.day")}</span
            ><select @change=${(event: Event) => set({ day: Number((event.target as HTMLSelectElement).value) })}>
              ${days.map((day, at) => html`<option value=${at + 1} ?selected=${this.when.day === at + 1}>${day}</option>`)}
            </select></label
          >`
        : nothing}
      ${this.when.every === "patch-tuesday"
        ? html`<label class="field"
            ><span>${t("schedule.offset")}</span
            ><input type="number" min="0" max="7" .value=${String(this.when.offset)} @change=${(event: Event) => set({ offset: Math.max(0, Math.min(7, Number((event.target as HTMLInputElement).value))) })}
          /></label>`
        : nothing}
      <label class="field"
        ><span>${t("schedule.clock")}</span
        ><input
          type="time"
          .value=${`${String(this.when.hour).padStart(2, "0")}:${String(this.when.minute).padStart(2, "0")}`}
          @change=${(event: Event) => {
            const [hour, minute] = (event.target as HTMLInputElement).value.split(":").map(Number);
            if (hour !== undefined && minute !== undefined) set({ hour, minute });
          }}
        /></label
      >
      <label class="field"
        ><span>${t("schedule.zone")}</span
        ><select name="clock" @change=${(event: Event) => set({ clock: (event.target as HTMLSelectElement).value as Clock })}>
          ${this.clocks().map(([clock, text]) => html`<option value=${clock} ?selected=${clock === this.when.clock}>${text}</option>`)}</select
        ><span class="hint">${this.zoneHint()}</span></label
      >
      ${this.nextOnes()}
    `;
  }
  private clocks(): [Clock, string][] {
    const own: [Clock, string] = ["local", t("schedule.zone.local", { zone: ownZone() })];
    const utc: [Clock, string] = ["utc", "UTC"];
    const site = this.clock;
    if (!site || sameClock(site.zone)) return [own, utc];
    return [own, ["site", t("schedule.zone.site", { zone: `${site.zone}, ${offsetText(site.offset)}` })], utc];
  }
  private zoneHint(): TemplateResult {
    const placed = place(this.when, this.clock);
    if (placed.impossible) return html`<strong>${t("schedule.zone.impossible")}</strong>`;
    if (this.when.clock === "utc") return html`${t("schedule.zone.utc.hint")}`;
    if (!placed.utc) return html`${t("schedule.zone.site.hint", { zone: this.clock?.zone ?? "" })}`;
    const time = `${String(placed.hour).padStart(2, "0")}:${String(placed.minute).padStart(2, "0")}`;
    return html`${t("schedule.zone.kept", { time })}${placed.moves ? ` ${t("schedule.zone.moves")}` : nothing}`;
  }
  private nextOnes(): TemplateResult {
    const { next } = this;
    if (place(this.when, this.clock).impossible) return html``;
    if (next instanceof Error) return failure(next, () => this.loadNext());
    return html`<div class="next-times" aria-live="polite">
      <span>${t("schedule.next")}</span>
      ${next
        ? next.length
          ? html`<ol>${next.map((one) => html`<li><time datetime=${one.toISOString()} title=${utc(one)}>${dayTime(one)}</time> <span class="hint">${utc(one).slice(0, 16)} UTC</span></li>`)}</ol>`
          : html`<p class="hint">${t("schedule.next.never")}</p>`
        : html`<p class="hint">${t("loading")}</p>`}
    </div>`;
  }

  private summary(): TemplateResult {
    const plan = (image: Image) => {
      const one = this.plans.get(image.id);
      if (!this.plans.has(image.id)) return busy(t("schedule.planning"));
      if (one instanceof Error) return html`<p class="hint">${one.message}</p>`;
      if (!one) return html`<p class="hint">${t("schedule.noplan")}</p>`;
      const several = new Set(one.steps.map((step) => step.index)).size > 1;
      return html`
        <ol class="plan">
          ${one.steps.map(
            (step) => html`<li>${badge(t(`decision.${step.decision}`), tones[step.decision])} ${step.title || `CI ${step.ci}`}${several && step.index ? html` <span class="index">· ${t("run.index")} ${step.index}</span>` : nothing}${step.reason && step.decision !== "install" ? html`<span class="hint">${step.reason} ${step.next}</span>` : nothing}</li>`,
          )}
        </ol>
        <p class="hint">
          ${one.buildBefore ? html`${one.buildBefore} → <strong>${one.buildAfter || one.buildBefore}</strong> · ` : nothing}${t("schedule.bytes", { size: bytes(one.bytes) })}${one.seconds
            ? html` · ${t("schedule.estimate", { time: duration(one.seconds) })}`
            : one.steps.some((step) => step.decision === "install" || step.decision === "stage")
              ? html` · ${t("schedule.estimate.none")}`
              : nothing}
        </p>
      `;
    };
    const text =
      this.when.kind === "now"
        ? t("schedule.now")
        : this.when.kind === "at"
          ? dateTime(this.when.at)
          : `${t(`schedule.every.${this.when.every === "patch-tuesday" ? "patch" : this.when.every}` as TextKey)}, ${String(this.when.hour).padStart(2, "0")}:${String(this.when.minute).padStart(2, "0")} (${this.when.clock === "utc" ? "UTC" : this.when.clock === "site" ? (this.clock?.zone ?? "") : ownZone()})`;
    const estimates = this.chosenImages.map((image) => this.plans.get(image.id)).filter((one): one is Plan => !!one && !(one instanceof Error) && one.seconds > 0);
    const whole = estimates.reduce((sum, one) => sum + one.seconds, 0);
    const first = Array.isArray(this.next) ? this.next[0] : undefined;
    const commands = asCommands(this.order, this.clock, first);
    return html`<section class="card wide" aria-label=${t("schedule.summary")}>
      <h3>${t("schedule.summary")}</h3>
      <p>${t("schedule.summary.text", { images: this.chosen.size, updates: this.picked.size, when: text })}${recurs(this.when) && first ? html` ${t("schedule.first", { time: dayTime(first) })}` : nothing}</p>
      ${estimates.length ? html`<p class="estimate">${this.chosen.size === 1 ? t("schedule.estimate.one", { time: duration(whole) }) : t("schedule.estimate.all", { time: duration(whole), n: estimates.length, all: this.chosen.size })}</p>` : nothing}
      ${this.chosenImages.slice(0, 20).map((image) => html`<div class="plan-image"><h4>${image.name}</h4>${plan(image)}</div>`)}
      <div class="equivalents">
        <h4>${t("schedule.equivalent")}</h4>
        <div class="switcher">
          <button class="plain" aria-pressed=${this.equivalent === "cli"} @click=${() => (this.equivalent = "cli")}>${t("schedule.cli")}</button>
          <button class="plain" aria-pressed=${this.equivalent === "rest"} @click=${() => (this.equivalent = "rest")}>${t("schedule.rest")}</button>
        </div>
        ${this.equivalent === "cli" && commands === undefined
          ? html`<p class="hint">${t("schedule.cli.none")}</p>`
          : copyable(this.equivalent === "cli" ? commands! : asRest(this.order, this.site ?? { code: "", server: "" }, this.clock), t("schedule.equivalent"))}
      </div>
    </section>`;
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

const recurs = (when: When) => when.kind === "recur" || when.kind === "rule";
function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "−" : "+"}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
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

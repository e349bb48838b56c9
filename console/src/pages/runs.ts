import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call, change, list, remove, type Row } from "../api/client.js";
import { rights } from "../api/rights.js";
import { fraction, secondsLeft, usual, weightsFrom, type Weights } from "../api/estimate.js";
import { apply, isOver, onRun, Rate, runs, seconds, type Run } from "../api/runs.js";
import { bytes, duration, numberText, t, time, word } from "../text/index.js";
import { ask } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import "../ui/next-time.js";
import { notify, notifyError } from "../ui/notices.js";
import { bar, busy, button, empty, failure, head, runBadge, when } from "../ui/parts.js";
import type { Column } from "../ui/table.js";

// How far the whole run is and what is left of it; then "Applying 3 of 6" with bytes and rate.
export function liveLine(run: Run, rate: Rate | undefined, weights: Weights = usual) {
  const parts: string[] = [];
  const whole = fraction(run, weights);
  const left = secondsLeft(run, weights);
  if (whole > 0) parts.push(`${numberText(Math.floor(whole * 100))} %`);
  if (left !== undefined) parts.push(t("run.left", { time: roughly(left) }));
  if (run.phaseCount) parts.push(t("run.phase.of", { phase: word("phase", run.phase), number: run.phaseNumber, count: run.phaseCount }));
  if (run.total) parts.push(`${bytes(run.done)} / ${bytes(run.total)}`);
  else if (run.done) parts.push(bytes(run.done));
  if (rate && rate.perSecond > 0) parts.push(`${bytes(rate.perSecond)}/s`);
  return parts.join(" · ");
}

// Nobody knows it to the second.
function roughly(seconds: number): string {
  const step = seconds < 20 ? 1 : seconds < 120 ? 10 : seconds < 1200 ? 60 : 300;
  return duration(Math.max(Math.round(seconds / step) * step, 1));
}
export function wholeBar(run: Run, weights: Weights, label: string) {
  const whole = fraction(run, weights);
  return run.state === "Queued" || whole === 0 ? bar(0, 0, label) : bar(whole * 1000, 1000, label);
}

export async function cancelSchedule(schedule: number) {
  await change("SMS_ImageServicingSchedule", schedule, { Action: 2 });
}

@customElement("ww-runs")
export class Runs extends PageElement {
  @state() private live = new Map<number, Run>();
  private rates = new Map<number, Rate>();
  private stop?: () => void;
  private recent = new Loader(this, async (options) => {
    const all = await runs(undefined, options, 500);
    this.live = new Map(all.filter((one) => !isOver(one.state)).map((one) => [one.id, one]));
    return all;
  });
  private waiting = new Loader(
    this,
    (options) => list("SMS_ImageServicingSchedule", { filter: "State eq 1", select: ["ScheduleID", "Name", "Schedule", "State", "Description"] }, options),
    ["SMS_ImageServicingSchedule"],
  );
  private rules = new Loader(this, (options) => list("WW_ServicingRule", {}, options), ["WW_ServicingRule"]);
  private columns: Column<Run>[] = [];

  override connectedCallback() {
    super.connectedCallback();
    this.columns = [
      { id: "name", label: t("run.image"), value: (row) => row.name, width: "2fr" },
      { id: "id", label: t("run.id"), value: (row) => row.id, width: "70px", numeric: true, level: 2 },
      { id: "state", label: t("run.state"), value: (row) => word("state", row.state), show: (row) => runBadge(row.state), width: "145px" },
      { id: "started", label: t("run.started"), value: (row) => row.started?.getTime(), show: (row) => when(row.started), width: "1.2fr", level: 2 },
      { id: "took", label: t("run.took"), value: (row) => seconds(row), show: (row) => (row.started ? duration(seconds(row)!) : "–"), width: "110px", numeric: true, level: 2 },
      { id: "build", label: t("run.build"), value: (row) => row.buildAfter, show: (row) => (row.buildAfter ? row.buildAfter : "–"), width: "1fr", level: 3 },
      { id: "reason", label: t("run.reason"), value: (row) => row.reason, width: "2fr", level: 3 },
      { id: "server", label: t("run.server"), value: (row) => row.server, width: "1fr", level: 3, hidden: true },
    ];
    this.stop = onRun((event) => {
      const id = Number(event.RunID);
      const rate = this.rates.get(id) ?? new Rate();
      rate.take(event);
      this.rates.set(id, rate);
      const known = this.live.get(id);
      if (event.Over || !known) {
        this.rates.delete(event.Over ? id : -1);
        void this.recent.run(true);
        return;
      }
      this.live = new Map(this.live).set(id, apply(known, event));
    });
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
  }

  private weights = (image: string) => weightsFrom(this.recent.value ?? [], image);

  private cancel(run: Run) {
    ask({
      title: t("run.cancel.title", { name: run.name }),
      text: t("run.cancel.text"),
      confirm: t("run.cancel"),
      danger: true,
      run: async () => {
        await cancelSchedule(run.schedule);
        notify({ kind: "info", text: t("run.cancelling") });
      },
    });
  }
  private async act(what: string, work: () => Promise<unknown>, again: () => unknown) {
    try {
      await work();
      again();
    } catch (error) {
      notifyError(what, error);
    }
  }

  override render() {
    if (this.recent.error) return html`<div class="page">${head(t("nav.runs"))}${failure(this.recent.error, () => this.recent.run())}</div>`;
    const live = [...this.live.values()].sort((a, b) => Number(a.state === "Queued") - Number(b.state === "Queued") || a.id - b.id);
    return html`<div class="page">
      ${head(t("nav.runs"), [{ label: t("images.schedule"), icon: "calendar", primary: true, run: () => (location.hash = "/schedule"), reason: rights.reason("image", "modify") }])}
      <section aria-label=${t("runs.live")}>
        <h2>${t("runs.live")}</h2>
        ${!this.recent.value
          ? busy()
          : live.length === 0
            ? empty(t("runs.none"), html`<a href="#/schedule">${t("images.schedule")}</a>`)
            : html`<ul class="cards live">
                ${live.slice(0, 100).map(
                  (run) => html`<li class="card">
                    <div class="card-head"><a href="#/runs/${run.id}">${run.name}</a>${runBadge(run.state)}</div>
                    ${wholeBar(run, this.weights(run.image), `${run.name}: ${word("state", run.state)}`)}
                    <div class="card-foot">
                      <span class="hint">${run.cancelRequested ? t("run.cancelling") : run.state === "Queued" ? t("run.queued") : liveLine(run, this.rates.get(run.id), this.weights(run.image))}</span>
                      ${button({ label: t("run.cancel"), run: () => this.cancel(run), reason: rights.reason("image", "modify") || (run.cancelRequested && t("run.cancelling")) })}
                    </div>
                  </li>`,
                )}
              </ul>`}
      </section>
      ${this.waiting.value?.length
        ? html`<section aria-label=${t("runs.waiting")}>
            <h2>${t("runs.waiting")}</h2>
            <ul class="cards">
              ${this.waiting.value.map((one: Row) => html`<li class="card">
                <div class="card-head"><strong>${one.Name || `${t("schedule.id")} ${one.ScheduleID}`}</strong><span><ww-next-time .schedule=${one.Schedule ?? ""}></ww-next-time></span></div>
                <div class="card-foot">
                  <span class="hint">${one.Description}</span>
                  <span class="commands">
                    ${button({ label: t("runs.now"), reason: rights.reason("image", "modify"), run: () => this.act(t("schedule.failed"), () => change("SMS_ImageServicingSchedule", one.ScheduleID, { Action: 1 }), () => this.waiting.run(true)) })}
                    ${button({
                      label: t("delete"),
                      reason: rights.reason("image", "modify"),
                      run: () => ask({ title: t("runs.drop"), text: one.Name ?? "", confirm: t("delete"), danger: true, run: async () => { await remove("SMS_ImageServicingSchedule", one.ScheduleID); await this.waiting.run(true); } }),
                    })}
                  </span>
                </div>
              </li>`)}
            </ul>
          </section>`
        : nothing}
      ${this.rules.value?.length
        ? html`<section aria-label=${t("runs.rules")}>
            <h2>${t("runs.rules")}</h2>
            <ul class="cards">
              ${this.rules.value.map((one: Row) => html`<li class="card">
                <div class="card-head"><strong>${one.Name}</strong><span>${one.Enabled ? html`<ww-next-time .schedule=${one.Schedule ?? ""}></ww-next-time>` : t("rule.off")}</span></div>
                <p class="hint">${one.LastResult ? html`${t("rule.last", { result: one.LastResult })} ${when(time(one.LastEvaluation))}` : t("rule.never")}</p>
                <div class="commands">
                  ${button({ label: t("rule.now"), reason: rights.reason("image", "modify"), run: () => this.act(t("rule.failed"), () => call("WW_ServicingRule", "EvaluateNow", { RuleID: one.RuleID }), () => this.rules.run(true)) })}
                  ${button({ label: one.Enabled ? t("rule.disable") : t("rule.enable"), reason: rights.reason("image", "modify"), run: () => this.act(t("rule.failed"), () => change("WW_ServicingRule", one.RuleID, { Enabled: !one.Enabled }), () => this.rules.run(true)) })}
                  ${button({ label: t("delete"), danger: true, reason: rights.reason("image", "modify"), run: () => ask({ title: t("rule.drop"), text: one.Name, confirm: t("delete"), danger: true, run: async () => { await remove("WW_ServicingRule", one.RuleID); await this.rules.run(true); } }) })}
                </div>
              </li>`)}
            </ul>
          </section>`
        : nothing}
      <section aria-label=${t("runs.recent")}>
        <h2>${t("runs.recent")}</h2>
        ${this.recent.value
          ? html`<ww-table
              flat
              name="runs"
              .label=${t("runs.recent")}
              sortBy="id"
              descending
              .empty=${t("runs.never")}
              .columns=${this.columns}
              .rows=${this.recent.value.filter((one) => isOver(one.state))}
              .key=${(row: Run) => String(row.id)}
              .link=${(row: Run) => `/runs/${row.id}`}
              .subline=${(row: Run) => when(row.started)}
            ></ww-table>`
          : nothing}
      </section>
    </div>`;
  }
}

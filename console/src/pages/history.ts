// What was done: numbers, trends of duration and size, and every run.
import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { runs, seconds, isOver, type Run } from "../api/runs.js";
import { bytes, dateTime, duration, numberText, t, word } from "../text/index.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { busy, empty, failure, head, runBadge, when } from "../ui/parts.js";
import type { Column } from "../ui/table.js";

export interface Series {
  label: string;
  unit: (value: number) => string;
  steps?: number[]; // between marks
  points: [number, number][]; // seconds, value
}

const shortest = 3600; // seconds
const day = 86_400;
// A mark of the axis of time, as fine as the marks are.
function mark(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  const parts: Intl.DateTimeFormatOptions = step >= 28 * day ? { month: "short", year: "numeric" } : step >= day ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" };
  return date.toLocaleString(document.documentElement.lang, parts);
}

@customElement("ww-plot")
export class Plot extends PageElement {
  @property({ attribute: false }) series!: Series;
  private plot?: { destroy(): void; setSize(size: { width: number; height: number }): void };
  private size = new ResizeObserver(() => this.plot?.setSize({ width: this.clientWidth, height: 220 }));
  private dark?: MutationObserver;

  override connectedCallback() {
    super.connectedCallback();
    this.size.observe(this);
    this.dark = new MutationObserver(() => void this.draw());
    this.dark.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    this.size.disconnect();
    this.dark?.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }
  override updated(changed: PropertyValues<this>) {
    if (changed.has("series")) void this.draw();
  }
  private async draw() {
    const { default: uPlot } = await import("uplot");
    if (!this.isConnected) return;
    this.plot?.destroy();
    const css = getComputedStyle(document.documentElement);
    const ink = css.getPropertyValue("--colorNeutralForeground2").trim() || "#424242";
    const grid = css.getPropertyValue("--colorNeutralStroke2").trim() || "#e0e0e0";
    const line = css.getPropertyValue("--colorCompoundBrandBackground").trim() || "#0f6cbd";
    const { series } = this;
    const at = series.points.map(([x]) => x);
    const [first, last] = [at[0] ?? 0, at.at(-1) ?? 0];
    this.plot = new uPlot(
      {
        width: this.clientWidth || 400,
        height: 220,
        cursor: { y: false },
        legend: { live: true },
        // One point, or several within minutes, would be lost in a scale of years.
        scales: { x: { range: (_, min, max) => (last - first < shortest ? [(first + last - shortest) / 2, (first + last + shortest) / 2] : [min, max]) }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [
          { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, values: (_, marks, __, ___, step) => marks.map((one) => mark(one, step)) },
          { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, size: 70, incrs: series.steps, values: (_, values) => values.map(series.unit) },
        ],
        series: [
          { label: t("run.started"), value: (_, value) => (value == null ? "–" : dateTime(new Date(value * 1000))) },
          { label: series.label, stroke: line, width: 2, points: { size: 6 }, value: (_, value) => (value == null ? "–" : series.unit(value)) },
        ],
      },
      [at, series.points.map(([, y]) => y)],
      this.querySelector<HTMLElement>(".plot-area")!,
    );
  }
  override render() {
    const values = this.series.points.map(([, value]) => value);
    const text = values.length ? t("plot.text", { label: this.series.label, n: values.length, least: this.series.unit(Math.min(...values)), most: this.series.unit(Math.max(...values)) }) : "";
    return html`<figure aria-label=${text}><figcaption>${this.series.label}</figcaption><div class="plot-area" aria-hidden="true"></div></figure>`;
  }
}

@customElement("ww-history")
export class HistoryPage extends PageElement {
  @state() private image = "";
  private all = new Loader(this, (options) => runs("Finished ne null", options, 5000), ["SMS_ImageUpdateHistory"]);
  private columns: Column<Run>[] = [];

  override connectedCallback() {
    super.connectedCallback();
    this.columns = [
      { id: "name", label: t("run.image"), value: (row) => row.name, width: "1.6fr" },
      { id: "id", label: t("run.id"), value: (row) => row.id, width: "70px", numeric: true, level: 2 },
      { id: "state", label: t("run.state"), value: (row) => word("state", row.state), show: (row) => runBadge(row.state), width: "145px" },
      { id: "started", label: t("run.started"), value: (row) => row.started?.getTime(), show: (row) => when(row.started), width: "1.2fr", level: 2 },
      { id: "took", label: t("run.took"), value: (row) => seconds(row), show: (row) => (row.started ? duration(seconds(row)!) : "–"), width: "110px", numeric: true, level: 2 },
      { id: "updates", label: t("nav.updates"), value: (row) => row.updates.length, width: "90px", numeric: true, level: 3, hidden: true },
      { id: "build", label: t("run.build"), value: (row) => row.buildAfter, width: "110px", level: 3 },
      { id: "size", label: t("run.size"), value: (row) => row.sizeAfter, show: (row) => (row.sizeAfter ? bytes(row.sizeAfter) : "–"), width: "90px", numeric: true, level: 3 },
      { id: "code", label: t("status.error"), value: (row) => row.errorCode, width: "1fr", level: 3, hidden: true },
      { id: "reason", label: t("run.reason"), value: (row) => row.reason, width: "1.6fr", level: 3 },
    ];
  }

  override render() {
    if (this.all.error) return html`<div class="page">${head(t("nav.history"))}${failure(this.all.error, () => this.all.run())}</div>`;
    const all = this.all.value?.filter((one) => isOver(one.state));
    if (!all) return html`<div class="page">${head(t("nav.history"))}${busy()}</div>`;
    const names = new Map(all.map((one) => [one.image, one.name]));
    const shown = this.image ? all.filter((one) => one.image === this.image) : all;
    const good = shown.filter((one) => one.state === "Succeeded" && one.started).sort((a, b) => a.started!.getTime() - b.started!.getTime());
    const took = good.map((one) => seconds(one)!).sort((a, b) => a - b);
    const tiles: [string, string][] = [
      [t("history.runs"), numberText(shown.length)],
      [t("history.succeeded"), shown.length ? `${numberText((100 * shown.filter((one) => one.state === "Succeeded").length) / shown.length)} %` : "–"],
      [t("history.failed"), numberText(shown.filter((one) => one.state === "Failed").length)],
      [t("history.median"), took.length ? duration(took[took.length >> 1]!) : "–"],
    ];
    return html`<div class="page">
      ${head(t("nav.history"))}
      ${all.length === 0
        ? empty(t("runs.never"), html`<a href="#/schedule">${t("images.schedule")}</a>`)
        : html`
            <div class="inline">
              <label class="field"><span>${t("run.image")}</span><select @change=${(event: Event) => (this.image = (event.target as HTMLSelectElement).value)}>
                <option value="">${t("history.all")}</option>
                ${[...names].sort((a, b) => a[1].localeCompare(b[1])).map(([id, name]) => html`<option value=${id} ?selected=${id === this.image}>${name}</option>`)}
              </select></label>
            </div>
            <dl class="tiles">${tiles.map(([name, value]) => html`<div class="card"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
            ${good.length > 1
              ? html`<div class="columns">
                  <section class="card"><ww-plot .series=${{ label: t("history.duration"), unit: duration, steps: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 36000, 86400], points: good.map((one) => [one.started!.getTime() / 1000, seconds(one)!]) }}></ww-plot></section>
                  <section class="card"><ww-plot .series=${{ label: t("history.size"), unit: bytes, points: good.filter((one) => one.sizeAfter).map((one) => [one.started!.getTime() / 1000, one.sizeAfter]) }}></ww-plot></section>
                </div>`
              : nothing}
            <ww-table
              flat
              name="history"
              .label=${t("nav.history")}
              sortBy="id"
              descending
              .empty=${t("runs.never")}
              .columns=${this.columns}
              .rows=${shown}
              .key=${(row: Run) => String(row.id)}
              .link=${(row: Run) => `/runs/${row.id}`}
              .subline=${(row: Run) => when(row.started)}
            ></ww-table>
          `}
    </div>`;
  }
}

// One run: while it works its phases, bytes and log; afterwards what it proved and changed.
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { get, list, type Row } from "../api/client.js";
import { stream } from "../api/events.js";
import { rights } from "../api/rights.js";
import { usual, weightsOf } from "../api/estimate.js";
import { asCmTrace, messagesOf } from "../api/log.js";
import { apply, isOver, onRun, Rate, runOf, seconds, type Run } from "../api/runs.js";
import { bytes, duration, numberText, t, time, word, type TextKey } from "../text/index.js";
import { ask } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { Loader } from "../ui/loader.js";
import { notify } from "../ui/notices.js";
import { badge, busy, facts, failure, head, runBadge, when, type Tone } from "../ui/parts.js";
import { cancelSchedule, liveLine, wholeBar } from "./runs.js";
import { messageText } from "../text/messages.js";

const states = ["Queued", "Staging", "Planning", "Applying", "Verifying", "Publishing", "Distributing", "Succeeded"];
// Where a run was in the phases of its job.
const stateOfPhase: Record<string, string> = { plan: "Planning", payload: "Applying", edit: "Applying", commit: "Applying", verify: "Verifying", publish: "Publishing" };
const decisionTones: Record<string, Tone> = { installed: "good", staged: "good", refused: "bad", failed: "bad" };

@customElement("ww-run")
export class RunPage extends PageElement {
  @property({ attribute: false }) runId = 0;
  @state() private run?: Run;
  private rate = new Rate();
  private samples: { at: number; state: string }[] = [];
  private stop?: () => void;
  private loaded = 0;
  private missed = false;

  private row = new Loader(this, async (options) => {
    this.missed = false;
    const row = await get("WW_ServicingRun", this.runId, options);
    this.run = runOf(row);
    this.loaded = this.runId;
    // What the stream told while the row was on its way may be newer than the row.
    if (this.missed && !isOver(this.run.state)) setTimeout(() => void this.row.run(true), 200);
    return row;
  });
  private titles = new Loader(this, async (options) => {
    const ids: number[] = (await get("WW_ServicingRun", this.runId, options)).UpdateIDs ?? [];
    if (!ids.length) return new Map<number, string>();
    const rows = await list("SMS_SoftwareUpdate", { filter: ids.slice(0, 200).map((id) => `CI_ID eq ${id}`).join(" or "), select: ["CI_ID", "LocalizedDisplayName"] }, options);
    return new Map(rows.map((one) => [one.CI_ID as number, one.LocalizedDisplayName as string]));
  });
  private weights = new Loader(this, async (options) => weightsOf((await get("WW_ServicingRun", this.runId, options)).ImagePackageID, options));
  private log = new Loader(this, async (options) => {
    return messagesOf(await get("WW_ServicingRun", this.runId, options), options);
  });

  override connectedCallback() {
    super.connectedCallback();
    this.stop = onRun((event) => {
      if (Number(event.RunID) !== this.runId) return;
      this.missed = true;
      if (!this.run) return;
      this.rate.take(event);
      if (event.State !== this.run.state) this.samples.push({ at: Date.now(), state: event.State });
      this.run = apply(this.run, event);
      if (event.Over) {
        void this.row.run(true);
        void this.log.run(true);
      }
    });
    stream.addEventListener("message", this.onMessage);
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
    stream.removeEventListener("message", this.onMessage);
  }
  override updated() {
    if (this.loaded && this.loaded !== this.runId) {
      this.loaded = this.runId;
      this.run = undefined;
      void this.row.run();
      void this.log.run();
      void this.titles.run();
      void this.weights.run();
    }
  }
  private waiting = 0;
  private onMessage = (event: Event) => {
    const message = (event as CustomEvent).detail;
    if (message.Component !== "SMS_OFFLINE_SERVICING_MANAGER" || this.waiting) return;
    this.waiting = window.setTimeout(() => {
      this.waiting = 0;
      void this.log.run(true);
    }, 500);
  };

  private cancel(run: Run) {
    ask({
      title: t("run.cancel.title", { name: run.name }),
      text: t("run.cancel.text"),
      confirm: t("run.cancel"),
      danger: true,
      run: async () => {
        await cancelSchedule(run.schedule);
        this.run = { ...this.run!, cancelRequested: true };
        notify({ kind: "info", text: t("run.cancelling") });
      },
    });
  }
  private save(name: string, type: string, content: string) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  private phases(run: Run): TemplateResult {
    const failed = run.state === "Failed" || run.state === "Cancelled";
    const at = states.indexOf(failed ? (stateOfPhase[run.phase] ?? (run.started ? "Staging" : "Queued")) : run.state);
    return html`<ol class="phases" aria-label=${t("run.phases")}>
      ${states.map((state, index) => {
        const done = index < at || run.state === "Succeeded";
        const here = index === at && run.state !== "Succeeded";
        return html`<li class=${done ? "done" : here ? (failed ? "stopped" : "here") : ""} aria-current=${here ? "step" : nothing}>
          <span class="dot">${done ? icon("check") : here && failed ? icon("close") : nothing}</span><span>${word("state", state)}</span>
        </li>`;
      })}
    </ol>`;
  }

  private report(run: Run): Row | undefined {
    try {
      return run.row.Report ? JSON.parse(run.row.Report) : undefined;
    } catch {
      return undefined;
    }
  }

  private timings(report: Row): TemplateResult {
    const parts = Object.entries(report.seconds ?? {}).filter(([name, value]) => name !== "total" && typeof value === "number") as [string, number][];
    const total = parts.reduce((sum, [, value]) => sum + value, 0);
    if (!total) return html``;
    return html`<section class="card" aria-label=${t("run.timings")}>
      <h3>${t("run.timings")}</h3>
      <ul class="timings">
        ${parts.map(([name, value]) => html`<li>
          <span>${word("timing", name)}</span><meter min="0" max=${total} value=${value} aria-label=${word("timing", name)}></meter><span class="numeric">${numberText(value, 2)} s</span>
        </li>`)}
      </ul>
      <p class="hint">${t("run.io", { read: bytes(report.bytes?.read), written: bytes(report.bytes?.written) })}</p>
    </section>`;
  }

  private result(run: Run, report: Row | undefined): TemplateResult {
    return html`
      ${run.state === "Failed" || run.state === "Cancelled"
        ? html`<div class="note ${run.state === "Failed" ? "bad" : "warn"}" role="alert">
            ${icon(run.state === "Failed" ? "error" : "warning")}
            <div>
              <strong>${t("run.unchanged", { name: run.name })}</strong>
              ${run.reason ? html`<p>${run.reason}</p>` : nothing} ${run.next ? html`<p>${run.next}</p>` : nothing}
              ${run.errorCode
                ? html`<p class="code">${t("error.code", { code: run.hresult ? `${run.errorCode} · 0x${(run.hresult >>> 0).toString(16).toUpperCase().padStart(8, "0")}` : run.errorCode })}</p>`
                : nothing}
              ${run.failedUpdate ? html`<p>${t("run.failed.update")}: <a href="#/updates/${run.failedUpdate}">${this.titles.value?.get(run.failedUpdate) ?? run.failedUpdate}</a></p>` : nothing}
            </div>
          </div>`
        : run.state === "Succeeded"
          ? html`<div class="note good">${icon("check")}<div>
              <strong>${run.buildAfter && run.buildAfter !== run.buildBefore ? t("run.updated", { name: run.name, build: run.buildAfter }) : t("run.done", { name: run.name })}</strong>
              <p>${t("run.proof")}</p></div></div>`
          : nothing}
      ${(report?.indexes as Row[] | undefined)?.map(
        (index) => html`<section class="card" aria-label="${t("run.index")} ${index.index}">
          <h3>${t("run.index")} ${index.index}${index.name ? `: ${index.name}` : ""}</h3>
          <p class="hint">
            ${index.build_before} → <strong>${index.build_after || index.build_before}</strong>
            ${index.files ? html` · ${t("run.files", { added: index.files.added, replaced: index.files.replaced, removed: index.files.removed })}` : nothing}
            ${index.registry ? html` · ${t("run.registry", { set: index.registry.values_set, removed: index.registry.values_removed })}` : nothing}
          </p>
          <div class="scroll-x" tabindex="0" role="region" aria-label=${t("run.updates")}>
            <table class="plain-table">
              <thead><tr><th scope="col">${t("updates.title")}</th><th scope="col">${t("updates.decision")}</th><th scope="col">${t("updates.reason")}</th></tr></thead>
              <tbody>
                ${(index.updates as Row[]).map((one) => html`<tr>
                  <td class="wrap">${one.kb ? html`<strong>${one.kb}</strong> ` : nothing}<span class="wrap">${one.identity || one.input}</span></td>
                  <td>${badge(t(`decision.${one.decision}` as TextKey), decisionTones[one.decision] ?? "plain")}</td>
                  <td class="wrap">${one.reason}${one.next_step ? html` <span class="hint">${one.next_step}</span>` : nothing}${one.symbol && one.symbol !== "S_OK" ? html` <span class="code">${one.hresult} ${one.symbol}</span>` : nothing}</td>
                </tr>`)}
              </tbody>
            </table>
          </div>
        </section>`,
      )}
    `;
  }

  private messages(): TemplateResult {
    const lines = this.log.value;
    return html`<section class="card" aria-label=${t("run.log")}>
      <h3>${t("run.log")}</h3>
      ${this.log.error
        ? failure(this.log.error, () => this.log.run())
        : !lines
          ? busy()
          : html`<ol class="log" tabindex="0" aria-label=${t("run.log")}>
              ${lines.map((one) => {
                const severity = one.Severity >>> 0;
                const tone = severity === 0xc0000000 ? "bad" : severity === 0x80000000 ? "warn" : "";
                return html`<li class=${tone}>
                  <span class="log-time">${when(time(one.Time))}</span><span class="log-id">${one.MessageID}</span><span>${messageText(one)}</span>
                </li>`;
              })}
              ${lines.length ? nothing : html`<li>${t("run.log.empty")}</li>`}
            </ol>`}
    </section>`;
  }

  override render() {
    const run = this.run;
    if (this.row.error && !run) return html`<div class="page">${head(t("run.title", { id: this.runId }))}${failure(this.row.error, () => this.row.run())}</div>`;
    if (!run) return html`<div class="page">${head(t("run.title", { id: this.runId }))}${busy()}</div>`;
    const over = isOver(run.state);
    const report = over ? this.report(run) : undefined;
    const took = seconds(run);
    return html`<div class="page">
      ${head(
        html`${run.name} ${runBadge(run.state)}`,
        [
          !over && {
            label: t("run.cancel"),
            icon: "close",
            danger: true,
            id: "cancel-run",
            reason: rights.reason("image", "modify") || (run.cancelRequested && t("run.cancelling")),
            run: () => this.cancel(run),
          },
          over && !!run.row.Report && { label: t("run.report"), icon: "download", id: "save-report", run: () => this.save(`run-${run.id}.json`, "application/json", run.row.Report) },
          !!this.log.value?.length && {
            label: t("run.log.save"),
            icon: "download",
            id: "save-log",
            run: () =>
              this.save(`run-${run.id}.log`, "text/plain", asCmTrace(run, report, this.log.value!, messageText)),
          },
        ],
        html`<a class="crumb" href="#/runs">${t("nav.runs")}</a>`,
      )}
      ${this.phases(run)}
      ${over
        ? nothing
        : html`<section class="card" aria-label=${t("run.progress")} aria-live="off">
            ${wholeBar(run, this.weights.value ?? usual, t("run.progress"))}
            <p>${run.cancelRequested ? t("run.cancelling") : run.state === "Queued" ? t("run.queued") : liveLine(run, this.rate, this.weights.value)}</p>
          </section>`}
      ${facts([
        [t("run.id"), run.id],
        [t("run.image"), html`<a href="#/images/${run.image}">${run.image}</a>`],
        [t("schedule.id"), run.schedule],
        [t("run.started"), when(run.started)],
        [t("run.took"), took === undefined ? "–" : duration(took)],
        [t("run.server"), run.server],
        [t("run.attempt"), run.attempt],
        ...(run.newVersion ? ([[t("run.version"), run.newVersion]] as [string, unknown][]) : []),
        ...(run.sizeAfter ? ([[t("run.size"), `${bytes(run.sizeBefore)} → ${bytes(run.sizeAfter)}`]] as [string, unknown][]) : []),
      ])}
      ${this.result(run, report)} ${report ? this.timings(report) : nothing} ${this.messages()}
    </div>`;
  }
}

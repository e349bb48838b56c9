// One image: what it is, what it has, what is planned, its versions, where it lies.
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, callOn, change, create, get, list, remove, type Row } from "../api/client.js";
import { architecture, imageClasses } from "../api/images.js";
import { contents, difference, type Difference, type Installed } from "../api/contents.js";
import { rights } from "../api/rights.js";
import { bytes, dateTime, t, time, word, type TextKey } from "../text/index.js";
import { ask, field, openDialog } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import "../ui/next-time.js";
import { notify, notifyError } from "../ui/notices.js";
import { badge, bar, busy, button, empty, facts, failure, head, revealTab, when, type Action, type Tone } from "../ui/parts.js";
import type { Column } from "../ui/table.js";

// What a point has of a version.
const received = (one: Row) => (one.BytesTotal ? `${bytes(one.State === 3 ? one.BytesTotal : one.BytesDone)} / ${bytes(one.BytesTotal)}` : "–");
const tabs = ["summary", "installed", "status", "servicing", "versions", "content"] as const;
type Tab = (typeof tabs)[number];

const packageTones: Record<string, Tone> = { Installed: "good", Staged: "busy", Superseded: "plain" };
const statusTones: Record<number, Tone> = { 1: "plain", 2: "good", 3: "warn", 4: "warn", 5: "good" };
const pointTones: Record<number, Tone> = { 3: "good", 5: "bad", 4: "warn", 1: "busy", 2: "busy" };

async function find(id: string, options: { signal: AbortSignal; background: boolean }): Promise<Row> {
  const filter = `PackageID eq '${id.replaceAll("'", "''")}'`;
  for (const cls of ["SMS_ImagePackage", "SMS_OperatingSystemInstallPackage"]) {
    const [row] = await list(cls, { filter }, options);
    if (row) return row;
  }
  return get("SMS_ImagePackage", id, options); // says what is missing in the service's own words
}

@customElement("ww-image")
export class ImagePage extends PageElement {
  @property({ attribute: false }) packageId = "";
  @property({ attribute: false }) tab: Tab = "summary";
  @state() private from = 0;
  @state() private to = 0;
  private loaded = "";
  private key = () => this.packageId;

  private image = new Loader(this, (options) => find(this.packageId, options), imageClasses, this.key);
  private indexes = new Loader(
    this,
    (options) => list("SMS_ImageInformation", { filter: `PackageID eq '${this.packageId}'` }, options),
    ["SMS_ImagePackage", "SMS_OperatingSystemInstallPackage"],
    this.key,
  );
  private versions = new Loader(
    this,
    (options) => list("WW_ImageVersion", { filter: `PackageID eq '${this.packageId}'`, orderby: "SourceVersion desc" }, options),
    ["WW_ImageVersion"],
    this.key,
  );
  private installed?: Loader<Installed[]>;
  private status?: Loader<Row[]>;
  private servicing?: Loader<{ schedules: Row[]; updates: Map<number, Row[]>; history: Row[] }>;
  private points?: Loader<{ progress: Row[]; all: Row[]; groups: Row[] }>;
  private diff?: Loader<Difference>;

  override willUpdate() {
    if (this.loaded && this.loaded !== this.packageId) {
      this.installed = this.status = this.servicing = this.points = this.diff = undefined;
      this.image.value = undefined;
      for (const one of [this.image, this.indexes, this.versions]) void one.run();
    }
    this.loaded = this.packageId;
    // A tab loads when somebody looks at it.
    if (this.tab === "installed") this.installed ??= new Loader(this, (options) => contents(this.packageId, undefined, options.signal), ["WW_ImageVersion"], this.key);
    if (this.tab === "status") {
      this.status ??= new Loader(this, (options) => list("SMS_ImageUpdateStatus", { filter: `ImagePackageID eq '${this.packageId}'` }, options), ["SMS_ImageUpdateStatus"], this.key);
    }
    if (this.tab === "servicing") this.servicing ??= new Loader(this, (options) => this.readServicing(options), imageClasses, this.key);
    if (this.tab === "content") this.points ??= new Loader(this, (options) => this.readPoints(options), ["WW_DistributionProgress", "SMS_DistributionPoint"], this.key);
  }

  private async readServicing(options: { signal: AbortSignal; background: boolean }) {
    const joins = await list("SMS_ImageServicingScheduledImage", { filter: `ImagePackageID eq '${this.packageId}'` }, options);
    const ids = joins.map((one) => one.ScheduleID as number);
    const history = await list("WW_ServicingRun", { filter: `ImagePackageID eq '${this.packageId}'`, select: ["RunID", "State", "RunDateTime", "Finished", "BuildBefore", "BuildAfter", "Reason", "ScheduleID"], orderby: "RunID desc", top: 100 }, options);
    if (!ids.length) return { schedules: [], updates: new Map<number, Row[]>(), history };
    const any = ids.map((id) => `ScheduleID eq ${id}`).join(" or ");
    const [schedules, members] = await Promise.all([
      list("SMS_ImageServicingSchedule", { filter: any, orderby: "ScheduleID desc" }, options),
      list("SMS_ImageServicingScheduledUpdate", { filter: any }, options),
    ]);
    const wanted = [...new Set(members.map((one) => one.UpdateID as number))].slice(0, 200);
    const titles = wanted.length
      ? await list("SMS_SoftwareUpdate", { filter: wanted.map((id) => `CI_ID eq ${id}`).join(" or "), select: ["CI_ID", "LocalizedDisplayName", "ArticleID"] }, options)
      : [];
    const byId = new Map(titles.map((one) => [one.CI_ID as number, one]));
    const updates = new Map<number, Row[]>();
    for (const one of members) {
      const list = updates.get(one.ScheduleID) ?? [];
      list.push(byId.get(one.UpdateID) ?? { CI_ID: one.UpdateID });
      updates.set(one.ScheduleID, list);
    }
    return { schedules, updates, history };
  }
  private async readPoints(options: { signal: AbortSignal; background: boolean }) {
    const [progress, all, groups] = await Promise.all([
      list("WW_DistributionProgress", { filter: `PackageID eq '${this.packageId}'` }, options),
      list("SMS_DistributionPointInfo", { select: ["NALPath", "ServerName", "Name", "SiteCode"] }, options),
      list("SMS_DistributionPointGroup", { select: ["GroupID", "Name"] }, options),
    ]);
    return { progress, all, groups };
  }

  private get kind() {
    return this.image.value?.__CLASS === "SMS_OperatingSystemInstallPackage" ? "upgrade" : "image";
  }
  private get cls(): string {
    return this.image.value?.__CLASS ?? "SMS_ImagePackage";
  }
  private async act(what: string, work: () => Promise<unknown>, done?: string) {
    try {
      await work();
      if (done) notify({ kind: "success", text: done });
    } catch (error) {
      notifyError(what, error);
    }
  }

  // --- tabs --------------------------------------------------------------------------------------
  private summary(image: Row): TemplateResult {
    return html`
      ${facts([
        [t("images.id"), image.PackageID],
        [t("images.version"), image.Version],
        [t("images.build"), image.ImageOSVersion],
        [t("images.path"), html`<span class="wrap">${image.PkgSourcePath}</span>`],
        [t("image.sourceVersion"), image.SourceVersion],
        [t("image.stored"), image.StoredPkgVersion === image.SourceVersion ? t("yes") : badge(t("image.taking"), "busy")],
        [t("image.sourceDate"), when(time(image.SourceDate))],
        [t("description"), image.Description],
      ])}
      <h2>${t("image.indexes")}</h2>
      ${this.indexes.error
        ? failure(this.indexes.error, () => this.indexes.run())
        : !this.indexes.value
          ? busy()
          : this.indexes.value.length === 0
            ? empty(t("image.noindexes"))
            : html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("image.indexes")}>
                <table class="plain-table">
                  <thead><tr>
                    <th scope="col">${t("run.index")}</th><th scope="col">${t("images.edition")}</th><th scope="col">${t("images.build")}</th>
                    <th scope="col">${t("images.architecture")}</th><th scope="col">${t("images.language")}</th><th scope="col">${t("image.type")}</th>
                  </tr></thead>
                  <tbody>
                    ${this.indexes.value.map((one, at) => html`<tr>
                      <td>${one.Index ?? at + 1}</td><td>${one.Name}</td><td>${one.OSVersion}</td><td>${architecture(String(one.Architecture))}</td><td>${one.Language}</td><td>${one.ProductType}</td>
                    </tr>`)}
                  </tbody>
                </table>
              </div>`}
    `;
  }

  private installedTab(): TemplateResult {
    const loader = this.installed!;
    if (loader.error) return failure(loader.error, () => loader.run());
    if (!loader.value) return busy(t("image.reading"));
    const columns: Column<Installed>[] = [
      { id: "kb", label: t("installed.kb"), value: (row) => row.kb || row.identity, show: (row) => html`<span title=${row.identity}>${row.kb || row.identity.split("~")[0]}</span>`, width: "1.6fr" },
      { id: "index", label: t("run.index"), value: (row) => row.index, width: "70px", numeric: true, level: 2 },
      { id: "state", label: t("installed.state"), value: (row) => row.state, show: (row) => badge(word("package", row.state), packageTones[row.state] ?? "warn"), width: "130px" },
      { id: "type", label: t("installed.type"), value: (row) => row.releaseType, width: "1fr", level: 3 },
      { id: "version", label: t("images.version"), value: (row) => row.version, width: "1fr", level: 2 },
      { id: "date", label: t("installed.date"), value: (row) => row.installed?.getTime(), show: (row) => when(row.installed), width: "1.2fr", level: 2 },
      { id: "by", label: t("installed.by"), value: (row) => row.supersededBy, width: "1fr", level: 3 },
      { id: "identity", label: t("installed.identity"), value: (row) => row.identity, width: "3fr", level: 3, hidden: true },
    ];
    return html`<ww-table
      class="grow"
      name="installed"
      .label=${t("tab.installed")}
      sortBy="date"
      descending
      .empty=${t("installed.empty")}
      .columns=${columns}
      .rows=${loader.value}
      .key=${(row: Installed) => `${row.index}/${row.identity}`}
      .subline=${(row: Installed) => `${row.version} · ${dateTime(row.installed)}`}
    ></ww-table>`;
  }

  private statusTab(): TemplateResult {
    const loader = this.status!;
    if (loader.error) return failure(loader.error, () => loader.run());
    if (!loader.value) return busy();
    const columns: Column<Row>[] = [
      { id: "title", label: t("updates.title"), value: (row) => row.UpdateTitle, show: (row) => html`<a href="#/updates/${row.UpdateID}">${row.UpdateTitle || row.UpdateID}</a>`, width: "2fr" },
      { id: "index", label: t("run.index"), value: (row) => row.ImageIndex, width: "70px", numeric: true, level: 2 },
      { id: "status", label: t("images.status"), value: (row) => row.UpdateStatus, show: (row) => badge(word("updatestatus", String(row.UpdateStatus ?? 0)), statusTones[row.UpdateStatus] ?? "plain"), width: "165px" },
      { id: "error", label: t("status.error"), value: (row) => row.UpdateInstallationStatus, show: (row) => (row.UpdateInstallationStatus ? html`<span class="code">0x${(row.UpdateInstallationStatus >>> 0).toString(16).toUpperCase()}</span>` : "–"), width: "105px", level: 3 },
      { id: "applied", label: t("status.applied"), value: (row) => row.AppliedDateTime, show: (row) => when(time(row.AppliedDateTime)), width: "185px", level: 2 },
    ];
    return html`
      <div class="commands">
        ${button({
          label: t("status.scan"),
          icon: "refresh",
          reason: rights.reason(this.kind, "modify"),
          run: () => this.act(t("status.scan.failed"), () => create("SMS_ImageServicingScanRequest", { ImagePackageID: this.packageId }), t("status.scanning")),
        })}
      </div>
      <ww-table
        class="grow"
        name="status"
        .label=${t("tab.status")}
        .empty=${t("status.empty")}
        .columns=${columns}
        .rows=${loader.value}
        .key=${(row: Row) => `${row.ImageIndex}/${row.UpdateID}`}
        .subline=${(row: Row) => `${t("run.index")} ${row.ImageIndex}`}
      ></ww-table>
    `;
  }

  private servicingTab(): TemplateResult {
    const loader = this.servicing!;
    if (loader.error) return failure(loader.error, () => loader.run());
    if (!loader.value) return busy();
    const { schedules, updates, history } = loader.value;
    return html`
      ${schedules.length
        ? html`<ul class="cards">
            ${schedules.slice(0, 20).map((one) => html`<li class="card">
              <div class="card-head"><strong>${one.Name || `${t("schedule.id")} ${one.ScheduleID}`}</strong>${badge(t(`schedule.state.${(one.State ?? 0) as 1}`), one.State === 3 ? "good" : one.State === 4 ? "bad" : one.State === 2 ? "busy" : "plain")}</div>
              <p class="hint">
                ${one.State === 1 && one.Schedule ? html`${t("servicing.next")}: <ww-next-time .schedule=${one.Schedule}></ww-next-time> · ` : nothing}${t("servicing.last")}: ${when(time(one.LastRunDateTime))}
                ${one.ContinueOnError ? html` · ${t("schedule.continue")}` : nothing}${one.UpdateDP ? html` · ${t("schedule.points")}` : nothing}
              </p>
              <ul class="names">${(updates.get(one.ScheduleID) ?? []).slice(0, 12).map((update) => html`<li><a href="#/updates/${update.CI_ID}">${update.LocalizedDisplayName ?? update.CI_ID}</a></li>`)}</ul>
              ${one.State === 1 || one.State === 2
                ? html`<div class="commands">${button({
                    label: one.State === 2 ? t("run.cancel") : t("servicing.cancel"),
                    reason: rights.reason(this.kind, "modify"),
                    run: () => ask({ title: t("servicing.cancel"), text: t("run.cancel.text"), confirm: t("servicing.cancel"), danger: true, run: () => change("SMS_ImageServicingSchedule", one.ScheduleID, { Action: 2 }) }),
                  })}</div>`
                : nothing}
            </li>`)}
          </ul>`
        : empty(t("servicing.none"), html`<a href="#/schedule?images=${this.packageId}">${t("images.schedule")}</a>`)}
      ${history.length
        ? html`<h2>${t("servicing.history")}</h2>
            <div class="scroll-x" tabindex="0" role="region" aria-label=${t("servicing.history")}><table class="plain-table">
              <thead><tr><th scope="col">${t("run.id")}</th><th scope="col">${t("run.state")}</th><th scope="col">${t("run.started")}</th><th scope="col" class="roomy">${t("run.build")}</th><th scope="col" class="roomy">${t("run.reason")}</th></tr></thead>
              <tbody>${history.map((one) => html`<tr>
                <td><a href="#/runs/${one.RunID}">${one.RunID}</a></td><td>${word("state", one.State)}</td><td>${when(time(one.RunDateTime))}</td>
                <td class="roomy">${one.BuildAfter ? (one.BuildBefore && one.BuildBefore !== one.BuildAfter ? `${one.BuildBefore} → ${one.BuildAfter}` : one.BuildAfter) : "–"}</td><td class="wrap roomy">${one.Reason}</td></tr>`)}</tbody>
            </table></div>`
        : nothing}
    `;
  }

  private versionsTab(): TemplateResult {
    const loader = this.versions;
    if (loader.error) return failure(loader.error, () => loader.run());
    if (!loader.value) return busy();
    const rows = loader.value;
    if (!rows.length) return empty(t("versions.none"), t("versions.none.hint"));
    const from = this.from || rows[1]?.SourceVersion || 0;
    const to = this.to || rows[0]!.SourceVersion;
    const act = (method: string, version: number) => this.act(t("versions.failed"), () => call("WW_ImageVersion", method, { PackageID: this.packageId, SourceVersion: version }));
    const reason = rights.reason(this.kind, "modify");
    return html`
      <div class="scroll-x" tabindex="0" role="region" aria-label=${t("tab.versions")}>
        <table class="plain-table">
          <thead><tr>
            <th scope="col">${t("versions.version")}</th><th scope="col">${t("versions.created")}</th><th scope="col" class="roomy">${t("images.build")}</th><th scope="col" class="numeric roomy">${t("versions.size")}</th>
            <th scope="col" class="roomy">${t("versions.origin")}</th><th scope="col"><span class="visually-hidden">${t("actions")}</span></th>
          </tr></thead>
          <tbody>
            ${rows.map((one) => html`<tr>
              <td>${one.SourceVersion} ${one.Current ? badge(t("versions.current"), "good") : nothing} ${one.Pinned ? badge(t("versions.pinned"), "plain") : nothing} ${one.WriteBackPending ? badge(t("versions.writing"), "busy") : nothing}</td>
              <td>${when(time(one.Created))}<p class="hint tight">${one.OSVersion} · ${bytes(one.Size)}</p></td>
              <td class="roomy">${one.OSVersion}</td><td class="numeric roomy">${bytes(one.Size)}</td>
              <td class="roomy">${t(`versions.origin.${(one.Origin || 1) as 1}`)}${one.RunID ? html` <a href="#/runs/${one.RunID}">${t("run.id")} ${one.RunID}</a>` : one.BasedOn ? html` (${one.BasedOn})` : nothing}</td>
              <td class="commands">
                ${button({ label: one.Pinned ? t("versions.unpin") : t("versions.pin"), reason, run: () => act(one.Pinned ? "Unpin" : "Pin", one.SourceVersion) })}
                ${one.Current ? nothing : button({ label: t("versions.rollback"), icon: "undo", reason, run: () => this.rollBack(one) })}
              </td>
            </tr>`)}
          </tbody>
        </table>
      </div>
      ${rows.length > 1
        ? html`<section class="card" aria-label=${t("versions.diff")}>
            <h2>${t("versions.diff")}</h2>
            <div class="inline">
              ${this.versionSelect(t("versions.old"), rows, from, (value) => (this.from = value))} ${this.versionSelect(t("versions.new"), rows, to, (value) => (this.to = value))}
              ${button({ label: t("versions.compare"), icon: "diff", primary: true, id: "compare", reason: from === to && t("versions.same"), run: () => this.compare(from, to) })}
            </div>
            ${this.diffShown()}
          </section>`
        : nothing}
    `;
  }
  private versionSelect(label: string, rows: Row[], chosen: number, pick: (value: number) => void): TemplateResult {
    return html`<label class="field"><span>${label}</span><select @change=${(event: Event) => pick(Number((event.target as HTMLSelectElement).value))}>
      ${rows.map((one) => html`<option value=${one.SourceVersion} ?selected=${one.SourceVersion === chosen}>${one.SourceVersion}${one.OSVersion ? ` (${one.OSVersion})` : ""}</option>`)}
    </select></label>`;
  }
  private compare(from: number, to: number) {
    if (this.diff) this.removeController(this.diff);
    this.diff = new Loader(this, (options) => difference(this.packageId, from, to, options.signal));
    this.requestUpdate();
  }
  private diffShown(): TemplateResult | typeof nothing {
    const loader = this.diff;
    if (!loader) return nothing;
    if (loader.error) return failure(loader.error, () => loader.run());
    if (!loader.value) return busy(t("versions.comparing"));
    return html`${loader.value.indexes.map((index) => {
      const part = (title: string, lines: [string, string][]) => html`<details ?open=${lines.length > 0 && lines.length <= 20}>
        <summary>${title} <span class="count">${lines.length}</span></summary>
        <ul class="diff">
          ${lines.slice(0, 500).map(([sign, text]) => html`<li class=${sign === "+" ? "added" : sign === "−" ? "removed" : "changed"}><span aria-hidden="true">${sign}</span> ${text}</li>`)}
          ${lines.length > 500 ? html`<li class="hint">${t("more", { n: lines.length - 500 })}</li>` : nothing}
        </ul>
      </details>`;
      return html`<h3>${t("run.index")} ${index.index} ${index.name}</h3>
        ${index.identical
          ? html`<p>${t("versions.identical")}</p>`
          : html`${index.buildOld !== index.buildNew ? html`<p>${index.buildOld} → <strong>${index.buildNew}</strong></p>` : nothing}
              ${part(t("diff.packages"), index.packages)} ${part(t("diff.components"), index.components)} ${part(t("diff.files"), index.files)} ${part(t("diff.registry"), index.registry)}`}`;
    })}`;
  }
  private rollBack(version: Row) {
    openDialog({
      title: t("versions.rollback.title", { version: version.SourceVersion }),
      body: () => html`<p>${t("versions.rollback.text", { version: version.SourceVersion, build: version.OSVersion || "–" })}</p>
        <label class="check"><input type="checkbox" name="points" checked /><span>${t("schedule.points")}</span></label>`,
      confirm: t("versions.rollback"),
      run: async (data) => {
        const answer = await call("WW_ImageVersion", "RollBack", { PackageID: this.packageId, SourceVersion: version.SourceVersion, UpdateDP: data.has("points") });
        notify({ kind: "success", text: t("versions.rolled", { version: answer.NewVersion }) });
        await this.versions.run(true);
        void this.image.run(true);
      },
    });
  }

  private contentTab(): TemplateResult {
    const loader = this.points!;
    if (loader.error) return failure(loader.error, () => loader.run());
    if (!loader.value) return busy();
    const { progress, all, groups } = loader.value;
    const there = new Set(progress.map((one) => one.ServerNALPath));
    const free = all.filter((one) => !there.has(one.NALPath));
    const name = (path: string) => all.find((one) => one.NALPath === path)?.ServerName ?? path.split("\\").find((one) => one && !one.includes("[") && !one.includes("Display")) ?? path;
    return html`
      <div class="commands">
        ${button({
          label: t("content.distribute"),
          icon: "upload",
          primary: true,
          id: "distribute",
          reason: rights.reason(this.kind, "distribute") || (!all.length && t("content.nopoints")) || (!free.length && t("content.everywhere")),
          run: () =>
            openDialog({
              title: t("content.distribute"),
              confirm: t("content.distribute"),
              body: () => html`<fieldset><legend>${t("nav.points")}</legend>${free.map((one) => html`<label class="check"><input type="checkbox" name="point" value=${one.NALPath} checked /><span>${one.ServerName ?? one.Name}</span></label>`)}</fieldset>
                ${groups.length ? html`<fieldset><legend>${t("points.groups")}</legend>${groups.map((one) => html`<label class="check"><input type="checkbox" name="group" value=${one.GroupID} /><span>${one.Name}</span></label>`)}</fieldset>` : nothing}`,
              run: async (data) => {
                const points = data.getAll("point").map(String);
                if (points.length) {
                  const site = (path: string) => all.find((one) => one.NALPath === path)?.SiteCode ?? "";
                  await callOn(this.cls, this.packageId, "AddDistributionPoints", { SiteCode: points.map(site), NALPath: points });
                }
                for (const group of data.getAll("group")) await callOn("SMS_DistributionPointGroup", String(group), "AddPackages", { PackageIDs: [this.packageId] });
                await loader.run(true);
              },
            }),
        })}
      </div>
      ${progress.length
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("tab.content")}><table class="plain-table">
            <thead><tr><th scope="col">${t("points.point")}</th><th scope="col">${t("run.state")}</th><th scope="col" class="roomy">${t("versions.version")}</th><th scope="col" class="roomy">${t("content.progress")}</th><th scope="col" class="numeric roomy">${t("content.sent")}</th><th scope="col" class="roomy">${t("content.last")}</th><th scope="col"><span class="visually-hidden">${t("actions")}</span></th></tr></thead>
            <tbody>${progress.map((one) => html`<tr>
              <td>${name(one.ServerNALPath)}</td>
              <td>${badge(t(`point.state.${one.State as 1}`), pointTones[one.State] ?? "plain")}<p class="hint tight">${received(one)}</p>${one.Problem ? html`<p class="hint">${one.Problem}</p>` : nothing}</td>
              <td class="roomy">${one.SourceVersion}</td>
              <td class="roomy">${one.BytesTotal ? html`${bar(one.State === 3 ? one.BytesTotal : one.BytesDone, one.BytesTotal, t("content.progress"))}<span class="hint">${received(one)}</span>` : received(one)}</td>
              <td class="numeric roomy">${bytes(one.BytesSent)}</td><td class="roomy">${when(time(one.LastUpdate ?? one.MessageTime), true)}</td>
              <td class="commands">${button({
                label: t("remove"),
                reason: rights.reason(this.kind, "distribute"),
                run: () => ask({ title: t("content.remove"), text: t("content.remove.text", { point: name(one.ServerNALPath) }), confirm: t("remove"), danger: true, run: async () => { await remove("SMS_DistributionPoint", { PackageID: this.packageId, ServerNALPath: one.ServerNALPath }); await loader.run(true); } }),
              })}</td>
            </tr>`)}</tbody>
          </table></div>`
        : empty(t("content.none"))}
    `;
  }

  private edit(image: Row) {
    openDialog({
      title: t("image.edit"),
      confirm: t("save"),
      body: () => html`${field({ name: "Name", label: t("images.name"), value: image.Name, required: true })} ${field({ name: "Version", label: t("images.version"), value: image.Version })} ${field({ name: "Description", label: t("description"), value: image.Description })}`,
      run: async (data) => {
        await change(this.cls, this.packageId, Object.fromEntries([...data.entries()].map(([name, value]) => [name, String(value)])));
        await this.image.run(true);
      },
    });
  }

  override render() {
    const image = this.image.value;
    const crumb = html`<a class="crumb" href="#/images">${t("nav.images")}</a>`;
    if (this.image.error) return html`<div class="page">${head(this.packageId, [], crumb)}${failure(this.image.error, () => this.image.run())}</div>`;
    if (!image) return html`<div class="page">${head(this.packageId, [], crumb)}${busy()}</div>`;
    const reason = rights.reason(this.kind, "modify");
    const actions: Action[] = [
      { label: t("images.schedule"), icon: "calendar", primary: true, reason, run: () => (location.hash = `/schedule?images=${this.packageId}`) },
      { label: t("images.refresh"), icon: "refresh", reason, run: () => this.act(t("images.refresh.failed", { id: this.packageId }), () => callOn(this.cls, this.packageId, "RefreshPkgSource"), t("images.refreshed", { id: this.packageId })) },
      { label: t("edit"), reason, run: () => this.edit(image) },
    ];
    const fill = this.tab === "installed" || this.tab === "status";
    return html`<div class="page ${fill ? "fill" : ""}">
      ${head(image.Name, actions, crumb)}
      <div class="tabs" role="tablist" aria-label=${t("image.tabs")} @keydown=${this.onTabKey}>
        ${tabs.map((one) => html`<a role="tab" id="tab-${one}" href="#/images/${this.packageId}/${one}" aria-selected=${String(this.tab === one)} tabindex=${this.tab === one ? 0 : -1}>${t(`tab.${one}` as TextKey)}</a>`)}
      </div>
      <div class="tab-body" role="tabpanel" aria-labelledby="tab-${this.tab}">
        ${this.tab === "installed" ? this.installedTab() : this.tab === "status" ? this.statusTab() : this.tab === "servicing" ? this.servicingTab() : this.tab === "versions" ? this.versionsTab() : this.tab === "content" ? this.contentTab() : this.summary(image)}
      </div>
    </div>`;
  }
  override updated() {
    revealTab(this, this.tab);
  }
  private onTabKey = (event: KeyboardEvent) => {
    const move = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!move) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(this.tab) + move + tabs.length) % tabs.length]!;
    location.hash = `/images/${this.packageId}/${next}`;
    requestAnimationFrame(() => this.querySelector<HTMLElement>(`#tab-${next}`)?.focus());
  };
}

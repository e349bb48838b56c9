import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call, create, remove } from "../api/client.js";
import { rights } from "../api/rights.js";
import { updateClasses, updates, type Update } from "../api/updates.js";
import { send, type Upload } from "../api/uploads.js";
import { bytes, dateText, t, type TextKey } from "../text/index.js";
import { ask, field, openDialog } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { Loader } from "../ui/loader.js";
import { describe, notify } from "../ui/notices.js";
import { badge, bar, busy, failure, head } from "../ui/parts.js";
import type { Column } from "../ui/table.js";

export function updateBadge(row: Update) {
  if (row.expired) return badge(t("updates.expired"), "warn");
  if (row.superseded) return badge(t("decision.superseded"), "plain");
  if (!row.serviceable) return badge(t("updates.notOffline"), "warn");
  return row.provisioned ? badge(t("updates.ready"), "good") : badge(t("decision.no_content"), "warn");
}
const stateText = (row: Update) => (row.expired ? t("updates.expired") : row.superseded ? t("decision.superseded") : row.provisioned ? t("updates.ready") : t("decision.no_content"));

@customElement("ww-updates")
export class Updates extends PageElement {
  @state() private selected = new Set<string>();
  @state() private uploads: Upload[] = [];
  @state() private over = false;
  @state() private show: "current" | "all" = "current";
  private abort = new AbortController();
  private all = new Loader(this, (options) => updates(options), updateClasses);
  private columns: Column<Update>[] = [];

  override connectedCallback() {
    super.connectedCallback();
    this.columns = [
      { id: "title", label: t("updates.title"), value: (row) => row.title, width: "4fr" },
      { id: "article", label: t("updates.article"), value: (row) => (row.article ? `KB${row.article}` : ""), width: "110px", level: 2 },
      { id: "posted", label: t("updates.posted"), value: (row) => row.posted?.getTime(), show: (row) => dateText(row.posted), width: "110px", level: 2 },
      { id: "size", label: t("versions.size"), value: (row) => row.size, show: (row) => (row.size ? bytes(row.size * 1024) : "–"), width: "90px", numeric: true, level: 3 },
      { id: "state", label: t("images.status"), value: stateText, show: updateBadge, width: "150px" },
      { id: "id", label: "CI_ID", value: (row) => row.id, width: "100px", numeric: true, level: 3, hidden: true },
    ];
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    this.abort.abort();
    this.abort = new AbortController();
  }

  private take(files: FileList | null) {
    if (!files?.length) return;
    const fresh = [...files].map((file): [File, Upload] => [file, { name: file.name, size: file.size, done: 0, state: "waiting" }]);
    this.uploads = [...this.uploads, ...fresh.map(([, one]) => one)];
    void this.sendAll(fresh, this.abort.signal);
  }
  // One after the other: the line is the same for all.
  private async sendAll(files: [File, Upload][], signal: AbortSignal) {
    for (const [file, upload] of files) {
      try {
        await send(file, upload, () => this.requestUpdate(), signal);
        if (upload.state === "done") notify({ kind: "success", text: t(`import.${upload.decision}` as TextKey, { name: upload.title || upload.name }) });
      } catch (error) {
        if (signal.aborted) return;
        upload.state = "failed";
        upload.error = error;
      }
      this.requestUpdate();
    }
    void this.all.run(true);
  }

  private choose() {
    this.querySelector<HTMLInputElement>("input[type=file]")!.click();
  }
  private fromServer() {
    openDialog({
      title: t("import.server"),
      confirm: t("import"),
      body: () => html`${field({ name: "path", label: t("import.path"), hint: t("import.path.hint"), required: true })}
        <label class="check"><input type="checkbox" name="scan" /><span>${t("import.scan")}<span class="hint">${t("import.scan.hint")}</span></span></label>`,
      run: async (data) => {
        if (data.has("scan")) {
          const answer = await call("WW_UpdateCatalog", "ImportScanCatalog", { Path: String(data.get("path")) });
          notify({ kind: "success", text: t("import.scanned", { n: answer.Updates, made: answer.Created }) });
        } else {
          const answer = await call("WW_UpdateCatalog", "ImportContent", { Path: String(data.get("path")) });
          const files = answer.Files as { Decision: string; Reason: string; Path: string }[];
          const failed = files.filter((one) => one.Decision === "failed");
          notify({ kind: failed.length ? "error" : "success", text: t("import.folder", { n: answer.CI_IDs?.length ?? 0 }), cause: failed.map((one) => `${one.Path}: ${one.Reason}`).slice(0, 3).join("\n") });
        }
        await this.all.run(true);
      },
    });
  }
  private group() {
    openDialog({
      title: t("groups.new"),
      confirm: t("add"),
      body: () => html`${field({ name: "name", label: t("images.name"), required: true })} ${field({ name: "description", label: t("description") })}<p class="hint">${t("groups.with", { n: this.selected.size })}</p>`,
      run: async (data) => {
        const made = await create("SMS_AuthorizationList", {
          LocalizedInformation: [{ DisplayName: String(data.get("name")), Description: String(data.get("description") ?? ""), LocaleID: 1033 }],
          Updates: [...this.selected].map(Number),
        });
        notify({ kind: "success", text: t("groups.made"), link: { href: `#/groups/${made.CI_ID}`, text: t("open") } });
      },
    });
  }
  private drop() {
    const names = this.all.value!.filter((one) => this.selected.has(String(one.id))).map((one) => one.title);
    ask({
      title: t("updates.delete", { n: names.length }),
      text: t("updates.delete.text"),
      items: names,
      confirm: t("delete"),
      danger: true,
      run: async () => {
        for (const id of this.selected) await remove("SMS_SoftwareUpdate", Number(id));
        this.selected = new Set();
        await this.all.run(true);
      },
    });
  }

  private uploadRow(one: Upload) {
    const problem = one.error ? describe(one.error) : undefined;
    return html`<li class="card">
      <div class="card-head"><span>${one.name}</span>${badge(t(`upload.${one.state}`), one.state === "done" ? "good" : one.state === "failed" ? "bad" : "busy")}</div>
      ${one.state === "sending" || one.state === "importing"
        ? html`${bar(one.done, one.state === "importing" ? 0 : one.size, one.name)}<span class="hint">${bytes(one.done)} / ${bytes(one.size)}</span>`
        : nothing}
      ${one.title ? html`<span>${one.ci ? html`<a href="#/updates/${one.ci}">${one.title}</a>` : one.title}</span>` : nothing}
      ${one.reason || problem ? html`<span class="hint">${one.reason || `${problem!.text} ${problem!.next}`}</span>` : nothing}
    </li>`;
  }

  override render() {
    const none = this.selected.size === 0 && t("schedule.pick");
    const may = rights.reason("update", "create");
    const rows = this.all.value && (this.show === "all" ? this.all.value : this.all.value.filter((one) => !one.superseded && !one.expired));
    return html`<div
      class="page fill drop ${this.over ? "over" : ""}"
      @dragover=${(event: DragEvent) => {
        if (may || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        this.over = true;
      }}
      @dragleave=${(event: DragEvent) => {
        if (!(event.currentTarget as HTMLElement).contains(event.relatedTarget as Node)) this.over = false;
      }}
      @drop=${(event: DragEvent) => {
        event.preventDefault();
        this.over = false;
        if (!may) this.take(event.dataTransfer?.files ?? null);
      }}
    >
      ${head(t("nav.updates"), [
        { label: t("import"), icon: "upload", primary: true, id: "import", reason: may, run: () => this.choose() },
        { label: t("import.server"), icon: "server", reason: may, run: () => this.fromServer() },
        { label: t("groups.new"), icon: "group", reason: rights.reason("group", "create") || none, run: () => this.group() },
        { label: t("delete"), icon: "trash", danger: true, reason: rights.reason("update", "delete") || none, run: () => this.drop() },
      ])}
      <input type="file" hidden multiple accept=".msu,.cab,.psf,.wim,.zip" aria-label=${t("import")} @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        this.take(input.files);
        input.value = "";
      }} />
      ${may ? nothing : html`<p class="drop-hint hint">${icon("upload")}${t("import.drop")}</p>`}
      ${this.uploads.length ? html`<ul class="cards" aria-label=${t("import.uploads")}>${this.uploads.slice(-6).map((one) => this.uploadRow(one))}</ul>` : nothing}
      ${this.all.error
        ? failure(this.all.error, () => this.all.run())
        : rows
          ? html`<ww-table
              class="grow"
              name="updates"
              .label=${t("nav.updates")}
              selectable
              sortBy="posted"
              descending
              .empty=${t("updates.empty")}
              .columns=${this.columns}
              .rows=${rows}
              .key=${(row: Update) => String(row.id)}
              .link=${(row: Update) => `/updates/${row.id}`}
              .subline=${(row: Update) => (row.article ? `KB${row.article}` : "")}
              .selected=${this.selected}
              .controls=${html`<select aria-label=${t("updates.show")} @change=${(event: Event) => (this.show = (event.target as HTMLSelectElement).value as "all")}>
                <option value="current" ?selected=${this.show === "current"}>${t("updates.show.current")}</option><option value="all" ?selected=${this.show === "all"}>${t("updates.show.all")}</option>
              </select>`}
              @selection=${(event: CustomEvent) => (this.selected = event.detail)}
            ></ww-table>`
          : busy()}
    </div>`;
  }
}

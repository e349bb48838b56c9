import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { callOn, create, remove } from "../api/client.js";
import { imageClasses, images, type Image } from "../api/images.js";
import { rights } from "../api/rights.js";
import { t } from "../text/index.js";
import { ask, field, openDialog } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { notify, notifyError } from "../ui/notices.js";
import { badge, busy, failure, head, when } from "../ui/parts.js";
import type { Column } from "../ui/table.js";

export function scheduleState(image: Image) {
  switch (image.scheduleState) {
    case 1:
      return badge(t("schedule.state.1"), "plain");
    case 2:
      return badge(t("schedule.state.2"), "busy");
    case 3:
      return badge(t("schedule.state.3"), "good");
    case 4:
      return badge(t("schedule.state.4"), "bad");
    default:
      return "–";
  }
}

@customElement("ww-images")
export class Images extends PageElement {
  @property({ type: Boolean }) upgrade = false;
  @state() private selected = new Set<string>();
  private all = new Loader(this, (options) => images(this.upgrade, options), imageClasses);
  private shownKind?: boolean;

  override willUpdate() {
    if (this.shownKind !== undefined && this.shownKind !== this.upgrade) {
      this.selected = new Set();
      this.all.value = undefined;
      void this.all.run();
    }
    this.shownKind = this.upgrade;
  }

  private columns: Column<Image>[] = [];
  override connectedCallback() {
    super.connectedCallback();
    this.columns = [
      { id: "name", label: t("images.name"), value: (row) => row.name, width: "2.2fr" },
      { id: "id", label: t("images.id"), value: (row) => row.id, width: "100px", level: 2, hidden: true },
      { id: "version", label: t("images.version"), value: (row) => row.version, width: "0.7fr", level: 3 },
      { id: "build", label: t("images.build"), value: (row) => row.build, width: "1fr", level: 2 },
      { id: "edition", label: t("images.edition"), value: (row) => row.edition, width: "1.4fr", level: 3 },
      { id: "architecture", label: t("images.architecture"), value: (row) => row.architecture, width: "80px", level: 2 },
      { id: "language", label: t("images.language"), value: (row) => row.language, width: "90px", level: 3, hidden: true },
      { id: "last", label: t("images.last"), value: (row) => row.lastServiced?.getTime(), show: (row) => when(row.lastServiced), width: "1.1fr", level: 3 },
      { id: "scheduled", label: t("images.scheduled"), value: (row) => row.scheduled?.getTime(), show: (row) => when(row.scheduled), width: "1.1fr", level: 3 },
      { id: "status", label: t("images.status"), value: (row) => (row.scheduleState ? t(`schedule.state.${row.scheduleState as 1}`) : ""), show: scheduleState, width: "145px", level: 1 },
      { id: "path", label: t("images.path"), value: (row) => row.path, width: "2fr", level: 3, hidden: true },
    ];
  }

  private get kind() {
    return this.upgrade ? "upgrade" : "image";
  }
  private get cls() {
    return this.upgrade ? "SMS_OperatingSystemInstallPackage" : "SMS_ImagePackage";
  }

  private add() {
    openDialog({
      title: t(this.upgrade ? "images.add.upgrade" : "images.add.image"),
      body: () => html`
        ${field({ name: "name", label: t("images.name"), required: true })}
        ${field({ name: "path", label: t("images.path"), hint: t(this.upgrade ? "images.path.hint.upgrade" : "images.path.hint"), required: true })}
        ${field({ name: "version", label: t("images.version") })} ${field({ name: "description", label: t("description") })}
      `,
      confirm: t("add"),
      run: async (data) => {
        const made = await create(this.cls, {
          Name: data.get("name"),
          PkgSourceFlag: 2,
          PkgSourcePath: data.get("path"),
          Version: data.get("version") ?? "",
          Description: data.get("description") ?? "",
        });
        notify({ kind: "success", text: t("images.added", { name: String(made.Name) }), link: { href: `#/images/${made.PackageID}`, text: t("open") } });
        await this.all.run(true);
      },
    });
  }

  private reload = async () => {
    for (const id of this.selected) {
      try {
        await callOn(this.cls, id, "RefreshPkgSource");
        notify({ kind: "success", text: t("images.refreshed", { id }) });
      } catch (error) {
        notifyError(t("images.refresh.failed", { id }), error);
      }
    }
  };
  private drop = () => {
    const names = this.all.value!.filter((one) => this.selected.has(one.id)).map((one) => one.name);
    ask({
      title: t("images.delete.title", { n: names.length }),
      text: t("images.delete.text"),
      items: names,
      confirm: t("delete"),
      danger: true,
      run: async () => {
        for (const id of this.selected) await remove(this.cls, id);
        this.selected = new Set();
        await this.all.run(true);
      },
    });
  };

  override render() {
    const none = this.selected.size === 0 && t("images.choose");
    return html`<div class="page fill">
      ${head(t("nav.images"), [
        {
          label: t("images.schedule"),
          icon: "calendar",
          primary: true,
          reason: rights.reason(this.kind, "modify") || none,
          run: () => (location.hash = `/schedule?images=${[...this.selected].join(",")}`),
          id: "schedule-updates",
        },
        { label: t("images.add"), icon: "plus", reason: rights.reason(this.kind, "create"), run: () => this.add(), id: "add-image" },
        { label: t("images.refresh"), icon: "refresh", reason: rights.reason(this.kind, "modify") || none, run: this.reload },
        { label: t("delete"), icon: "trash", reason: rights.reason(this.kind, "delete") || none, run: this.drop, danger: true },
      ])}
      <div class="switcher" role="navigation" aria-label=${t("images.kinds")}>
        <a href="#/images" aria-current=${this.upgrade ? nothing : "page"}>${t("images.images")}</a>
        <a href="#/upgrade-packages" aria-current=${this.upgrade ? "page" : nothing}>${t("images.upgrades")}</a>
      </div>
      ${this.all.error
        ? failure(this.all.error, () => this.all.run())
        : this.all.value
          ? html`<ww-table
              class="grow"
              name="images"
              .label=${t("nav.images")}
              selectable
              sortBy="name"
              .empty=${t("images.empty")}
              .columns=${this.columns}
              .rows=${this.all.value}
              .key=${(row: Image) => row.id}
              .link=${(row: Image) => `/images/${row.id}`}
              .subline=${(row: Image) => `${row.build} · ${row.architecture}`}
              .selected=${this.selected}
              @selection=${(event: CustomEvent) => (this.selected = event.detail)}
            ></ww-table>`
          : busy()}
    </div>`;
  }
}

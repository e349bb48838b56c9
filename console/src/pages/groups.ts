import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { change, create, get, list, remove } from "../api/client.js";
import { rights } from "../api/rights.js";
import { groups, updateOf, type Group, type Update } from "../api/updates.js";
import { t } from "../text/index.js";
import { ask, field, openDialog } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { notify, notifyError } from "../ui/notices.js";
import { busy, facts, failure, head, when } from "../ui/parts.js";
import type { Column } from "../ui/table.js";
import { updateBadge } from "./updates.js";

const columns = ["CI_ID", "ArticleID", "LocalizedDisplayName", "DatePosted", "Size", "IsSuperseded", "IsExpired", "IsContentProvisioned", "IsOfflineServiceable"];

@customElement("ww-groups")
export class Groups extends PageElement {
  @property({ attribute: false }) group?: number;
  @state() private selected = new Set<string>();
  private all = new Loader(this, (options) => groups(options), ["SMS_AuthorizationList"]);
  private one = new Loader(
    this,
    async (options) => {
      if (!this.group) return undefined;
      const row = await get("SMS_AuthorizationList", this.group, options);
      const ids: number[] = row.Updates ?? [];
      const members: Update[] = [];
      for (let at = 0; at < ids.length; at += 100) {
        const filter = ids.slice(at, at + 100).map((id) => `CI_ID eq ${id}`).join(" or ");
        members.push(...(await list("SMS_SoftwareUpdate", { filter, select: columns }, options)).map(updateOf));
      }
      return { row, members };
    },
    ["SMS_AuthorizationList", "SMS_SoftwareUpdate"],
  );
  private loaded?: number;

  override willUpdate() {
    if (this.hasUpdated && this.loaded !== this.group) {
      this.selected = new Set();
      this.one.value = undefined;
      void this.one.run();
    }
    this.loaded = this.group;
  }

  private make() {
    openDialog({
      title: t("groups.new"),
      confirm: t("add"),
      body: () => html`${field({ name: "name", label: t("images.name"), required: true })} ${field({ name: "description", label: t("description") })}`,
      run: async (data) => {
        await create("SMS_AuthorizationList", { LocalizedInformation: [{ DisplayName: String(data.get("name")), Description: String(data.get("description") ?? ""), LocaleID: 1033 }], Updates: [] });
        await this.all.run(true);
      },
    });
  }
  private edit() {
    const { row } = this.one.value!;
    openDialog({
      title: t("edit"),
      confirm: t("save"),
      body: () => html`${field({ name: "name", label: t("images.name"), required: true, value: row.LocalizedDisplayName })} ${field({ name: "description", label: t("description"), value: row.LocalizedDescription })}`,
      run: async (data) => {
        await change("SMS_AuthorizationList", this.group!, { LocalizedInformation: [{ DisplayName: String(data.get("name")), Description: String(data.get("description") ?? ""), LocaleID: 1033 }] });
        await this.one.run(true);
      },
    });
  }
  private async addMembers() {
    let all: Update[] = [];
    let chosen = new Set<string>();
    const have = new Set((this.one.value?.row.Updates as number[] | undefined)?.map(String));
    try {
      all = (await list("SMS_SoftwareUpdate", { select: columns })).map(updateOf).filter((one) => !have.has(String(one.id)));
    } catch (error) {
      return notifyError(t("groups.failed"), error);
    }
    openDialog({
      title: t("groups.addUpdates"),
      confirm: t("add"),
      wide: true,
      body: () => html`<ww-table
        flat
        .label=${t("nav.updates")}
        selectable
        .empty=${t("updates.empty")}
        .columns=${this.memberColumns()}
        .rows=${all}
        .key=${(row: Update) => String(row.id)}
        @selection=${(event: CustomEvent) => (chosen = event.detail)}
      ></ww-table>`,
      run: async () => {
        await change("SMS_AuthorizationList", this.group!, { Updates: [...have, ...chosen].map(Number) });
        await this.one.run(true);
      },
    });
  }
  private async dropMembers() {
    const rest = (this.one.value!.row.Updates as number[]).filter((id) => !this.selected.has(String(id)));
    try {
      await change("SMS_AuthorizationList", this.group!, { Updates: rest });
      this.selected = new Set();
      await this.one.run(true);
      notify({ kind: "success", text: t("groups.changed") });
    } catch (error) {
      notifyError(t("groups.failed"), error);
    }
  }
  private memberColumns(): Column<Update>[] {
    return [
      { id: "title", label: t("updates.title"), value: (row) => row.title, width: "4fr" },
      { id: "article", label: t("updates.article"), value: (row) => (row.article ? `KB${row.article}` : ""), width: "110px", level: 2 },
      { id: "posted", label: t("updates.posted"), value: (row) => row.posted?.getTime(), show: (row) => row.posted?.toLocaleDateString(document.documentElement.lang) ?? "–", width: "110px", level: 2 },
      { id: "state", label: t("images.status"), value: (row) => Number(row.superseded), show: updateBadge, width: "150px" },
    ];
  }

  private single() {
    const crumb = html`<a class="crumb" href="#/groups">${t("nav.groups")}</a>`;
    if (this.one.error) return html`<div class="page">${head(String(this.group), [], crumb)}${failure(this.one.error, () => this.one.run())}</div>`;
    const value = this.one.value;
    if (!value) return html`<div class="page">${head(String(this.group), [], crumb)}${busy()}</div>`;
    const reason = rights.reason("group", "modify");
    return html`<div class="page fill">
      ${head(
        value.row.LocalizedDisplayName,
        [
          { label: t("groups.addUpdates"), icon: "plus", primary: true, reason, run: () => this.addMembers() },
          { label: t("remove"), icon: "trash", reason: reason || (!this.selected.size && t("schedule.pick")), run: () => this.dropMembers() },
          { label: t("edit"), reason, run: () => this.edit() },
        ],
        crumb,
      )}
      ${facts([
        [t("description"), value.row.LocalizedDescription],
        [t("groups.count"), value.members.length],
        [t("groups.by"), value.row.CreatedBy],
        ["CI_ID", value.row.CI_ID],
      ])}
      <ww-table
        class="grow"
        name="members"
        .label=${t("nav.updates")}
        selectable
        .empty=${t("groups.nomembers")}
        .columns=${this.memberColumns()}
        .rows=${value.members}
        .key=${(row: Update) => String(row.id)}
        .link=${(row: Update) => `/updates/${row.id}`}
        .selected=${this.selected}
        @selection=${(event: CustomEvent) => (this.selected = event.detail)}
      ></ww-table>
    </div>`;
  }

  override render() {
    if (this.group) return this.single();
    const list: Column<Group>[] = [
      { id: "name", label: t("images.name"), value: (row) => row.name, width: "2fr" },
      { id: "count", label: t("groups.count"), value: (row) => row.count, width: "100px", numeric: true },
      { id: "description", label: t("description"), value: (row) => row.description, width: "2fr", level: 2 },
      { id: "by", label: t("groups.by"), value: (row) => row.createdBy, width: "1fr", level: 3 },
      { id: "created", label: t("versions.created"), value: (row) => row.created?.getTime(), show: (row) => when(row.created), width: "1fr", level: 2 },
    ];
    return html`<div class="page fill">
      ${head(t("nav.groups"), [
        { label: t("groups.new"), icon: "plus", primary: true, reason: rights.reason("group", "create"), run: () => this.make() },
        {
          label: t("delete"),
          icon: "trash",
          danger: true,
          reason: rights.reason("group", "delete") || (!this.selected.size && t("groups.choose")),
          run: () =>
            ask({
              title: t("groups.delete", { n: this.selected.size }),
              text: t("groups.delete.text"),
              items: this.all.value!.filter((one) => this.selected.has(String(one.id))).map((one) => one.name),
              confirm: t("delete"),
              danger: true,
              run: async () => {
                for (const id of this.selected) await remove("SMS_AuthorizationList", Number(id));
                this.selected = new Set();
                await this.all.run(true);
              },
            }),
        },
      ])}
      ${this.all.error
        ? failure(this.all.error, () => this.all.run())
        : this.all.value
          ? html`<ww-table
              class="grow"
              name="groups"
              .label=${t("nav.groups")}
              selectable
              sortBy="name"
              .empty=${t("groups.empty")}
              .columns=${list}
              .rows=${this.all.value}
              .key=${(row: Group) => String(row.id)}
              .link=${(row: Group) => `/groups/${row.id}`}
              .selected=${this.selected}
              @selection=${(event: CustomEvent) => (this.selected = event.detail)}
            ></ww-table>`
          : busy()}
      ${nothing}
    </div>`;
  }
}

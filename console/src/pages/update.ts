// One software update: its packages, files, what it replaces and what replaces it.
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { get, list, type Row } from "../api/client.js";
import { updateClasses, updateOf } from "../api/updates.js";
import { bytes, t, time } from "../text/index.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { badge, busy, empty, facts, failure, head, when } from "../ui/parts.js";
import { updateBadge } from "./updates.js";

@customElement("ww-update")
export class UpdatePage extends PageElement {
  @property({ attribute: false }) ci = 0;
  private loaded = 0;
  private data = new Loader(
    this,
    async (options) => {
      const [update, packages, contents, relations, status] = await Promise.all([
        get("SMS_SoftwareUpdate", this.ci, options),
        list("WW_UpdatePackage", { filter: `CI_ID eq ${this.ci}` }, options),
        list("SMS_CIToContent", { filter: `CI_ID eq ${this.ci}` }, options),
        list("SMS_CIRelation", { filter: `RelationType eq 6 and (FromCIID eq ${this.ci} or ToCIID eq ${this.ci})` }, options),
        list("SMS_ImageUpdateStatus", { filter: `UpdateID eq ${this.ci}` }, options),
      ]);
      const ids = contents.map((one) => one.ContentID as number);
      const files = ids.length ? await list("WW_ContentFile", { filter: ids.map((id) => `ContentID eq ${id}`).join(" or ") }, options) : [];
      const others = [...new Set(relations.flatMap((one) => [one.FromCIID as number, one.ToCIID as number]))].filter((id) => id !== this.ci).slice(0, 100);
      const titles = others.length ? await list("SMS_SoftwareUpdate", { filter: others.map((id) => `CI_ID eq ${id}`).join(" or "), select: ["CI_ID", "LocalizedDisplayName"] }, options) : [];
      return { update, packages, files, relations, status, titles: new Map(titles.map((one) => [one.CI_ID as number, one.LocalizedDisplayName as string])) };
    },
    updateClasses,
  );
  override updated() {
    if (this.loaded && this.loaded !== this.ci) void this.data.run();
    this.loaded = this.ci;
  }

  override render() {
    const crumb = html`<a class="crumb" href="#/updates">${t("nav.updates")}</a>`;
    if (this.data.error) return html`<div class="page">${head(String(this.ci), [], crumb)}${failure(this.data.error, () => this.data.run())}</div>`;
    if (!this.data.value) return html`<div class="page">${head(String(this.ci), [], crumb)}${busy()}</div>`;
    const { update: row, packages, files, relations, status, titles } = this.data.value;
    const update = updateOf(row);
    const names = (ids: number[]) => html`<ul class="names">${ids.map((id) => html`<li><a href="#/updates/${id}">${titles.get(id) ?? id}</a></li>`)}</ul>`;
    const replaces = relations.filter((one) => one.FromCIID === this.ci).map((one) => one.ToCIID as number);
    const replacedBy = relations.filter((one) => one.ToCIID === this.ci).map((one) => one.FromCIID as number);
    const refusal = packages.map((one) => one.Refusal).find(Boolean);
    return html`<div class="page">
      ${head(html`${update.title} ${updateBadge(update)}`, [], crumb)}
      ${refusal ? html`<div class="note warn"><div><strong>${t("updates.notOffline")}</strong><p>${refusal}</p></div></div>` : nothing}
      ${row.LocalizedDescription ? html`<p>${row.LocalizedDescription}</p>` : nothing}
      ${facts([
        [t("updates.article"), update.article ? `KB${update.article}` : ""],
        ["CI_ID", update.id],
        [t("updates.unique"), html`<span class="wrap">${row.CI_UniqueID}</span>`],
        [t("updates.posted"), when(time(row.DatePosted))],
        [t("updates.bulletin"), row.BulletinID],
        [t("updates.categories"), (row.LocalizedCategoryInstanceNames ?? []).join(", ")],
      ])}
      <h2>${t("updates.packages")}</h2>
      ${packages.length
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("updates.packages")}><table class="plain-table">
            <thead><tr><th scope="col">${t("installed.identity")}</th><th scope="col">${t("images.architecture")}</th><th scope="col">${t("updates.targets")}</th><th scope="col">${t("installed.type")}</th></tr></thead>
            <tbody>${packages.map((one) => html`<tr><td class="wrap">${one.Identity} ${one.IsMain ? badge(t("updates.main"), "plain") : nothing}</td><td>${one.Architecture}</td><td>${(one.Targets ?? []).join(", ")}</td><td>${one.ReleaseType || one.Kind}</td></tr>`)}</tbody>
          </table></div>`
        : empty(t("updates.nopackages"))}
      <h2>${t("updates.files")}</h2>
      ${files.length
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("updates.files")}><table class="plain-table">
            <thead><tr><th scope="col">${t("updates.file")}</th><th scope="col" class="numeric">${t("versions.size")}</th><th scope="col">SHA-256</th><th scope="col">${t("images.status")}</th></tr></thead>
            <tbody>${files.map((one) => html`<tr><td class="wrap">${one.FileName}</td><td class="numeric">${bytes(Number(one.FileSize))}</td><td class="code wrap">${one.SHA256}</td><td>${one.StoredID ? badge(t("updates.here"), "good") : badge(t("decision.no_content"), "warn")}</td></tr>`)}</tbody>
          </table></div>`
        : empty(t("updates.nofiles"))}
      ${replaces.length ? html`<h2>${t("updates.replaces")}</h2>${names(replaces)}` : nothing} ${replacedBy.length ? html`<h2>${t("updates.replacedBy")}</h2>${names(replacedBy)}` : nothing}
      ${status.length
        ? html`<h2>${t("updates.images")}</h2><ul class="names">${status.slice(0, 100).map((one: Row) => html`<li><a href="#/images/${one.ImagePackageID}/status">${one.ImagePackageID}</a>, ${t("run.index")} ${one.ImageIndex}: ${t(`updatestatus.${(one.UpdateStatus ?? 0) as 1}`)}</li>`)}</ul>`
        : nothing}
    </div>`;
  }
}

// Distribution points: which there are, what they have, how much went to them; groups and rollouts.
import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { call, callOn, create, list, remove, type Row } from "../api/client.js";
import { rights } from "../api/rights.js";
import { identity } from "../api/schedules.js";
import { bytes, t, time } from "../text/index.js";
import { ask, field, openDialog } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { badge, bar, busy, button, copyable, empty, failure, head, when, type Tone } from "../ui/parts.js";

const enrolTones: Record<number, Tone> = { 1: "warn", 2: "good", 3: "bad" };

@customElement("ww-points")
export class Points extends PageElement {
  private all = new Loader(
    this,
    async (options) => {
      const [points, enrolments, progress, groups, members, rollouts, packages] = await Promise.all([
        list("SMS_DistributionPointInfo", { select: ["NALPath", "ServerName", "Name", "SiteCode", "Description"] }, options),
        list("WW_DistributionPointEnrolment", {}, options),
        list("WW_DistributionProgress", { select: ["ServerNALPath", "PackageID", "State", "BytesTotal", "BytesDone", "BytesSent", "Problem", "SourceVersion"] }, options),
        list("SMS_DistributionPointGroup", { select: ["GroupID", "Name", "Description", "MemberCount", "ContentCount"] }, options),
        list("SMS_DPGroupMembers", {}, options),
        list("WW_StagedRollout", {}, options),
        list("SMS_ImagePackage", { select: ["PackageID", "Name"] }, options),
      ]);
      return { points, enrolments, progress, groups, members, rollouts, names: new Map(packages.map((one) => [one.PackageID as string, one.Name as string])) };
    },
    ["SMS_SCI_SysResUse", "WW_DistributionPointEnrolment", "WW_DistributionProgress", "SMS_DistributionPointGroup", "SMS_DPGroupMembers", "WW_StagedRollout"],
  );

  private add() {
    let token = "";
    let server = "";
    let site = "";
    const dialog = openDialog({
      title: t("points.add"),
      confirm: t("add"),
      body: () => html`${field({ name: "server", label: t("points.server"), hint: t("points.server.hint"), required: true })}`,
      run: async (data) => {
        server = String(data.get("server")).trim();
        const who = await identity();
        site = who.server;
        const nal = `["Display=\\\\${server}\\"]MSWNET:["SMS_SITE=${who.code}"]\\\\${server}\\`;
        const known = await list("SMS_DistributionPointInfo", { filter: `ServerName eq '${server.replaceAll("'", "''")}'` });
        if (!known.length) await create("SMS_SCI_SysResUse", { RoleName: "SMS Distribution Point", NALPath: nal, NALType: "Windows NT Server", NetworkOSPath: `\\\\${server}`, SiteCode: who.code });
        token = (await call("WW_DistributionPointEnrolment", "CreateToken", { Point: server, Minutes: 60 })).Token;
        openDialog({
          title: t("points.enrol", { server }),
          body: () => html`<p>${t("points.enrol.text")}</p>${copyable(`wimwrightd point init --data /var/lib/wimwright-point --site https://${site}:8444 --token ${token}`, t("points.enrol", { server }))}`,
        });
        await this.all.run(true);
      },
    });
    void dialog;
  }
  private group() {
    const points = this.all.value!.points;
    openDialog({
      title: t("points.group.new"),
      confirm: t("add"),
      body: () => html`${field({ name: "name", label: t("images.name"), required: true })} ${field({ name: "description", label: t("description") })}
        <fieldset><legend>${t("nav.points")}</legend>${points.map((one) => html`<label class="check"><input type="checkbox" name="point" value=${one.NALPath} /><span>${one.ServerName}</span></label>`)}</fieldset>`,
      run: async (data) => {
        const made = await create("SMS_DistributionPointGroup", { Name: String(data.get("name")), Description: String(data.get("description") ?? "") });
        const chosen = data.getAll("point").map(String);
        if (chosen.length) await callOn("SMS_DistributionPointGroup", made.GroupID, "AddDistributionPoints", { DPNALPath: chosen });
        await this.all.run(true);
      },
    });
  }
  private rollout() {
    const { groups, names } = this.all.value!;
    openDialog({
      title: t("rollout.new"),
      confirm: t("save"),
      body: () => html`<p class="hint">${t("rollout.hint")}</p>
        ${field({ name: "package", label: t("run.image"), options: [...names].map(([id, name]): [string, string] => [id, name]) })}
        ${field({ name: "group", label: t("rollout.first"), options: groups.map((one): [string, string] => [one.GroupID, one.Name]) })}
        ${field({ name: "delay", label: t("rollout.delay"), type: "number", value: "60" })}`,
      run: async (data) => {
        await create("WW_StagedRollout", { PackageID: String(data.get("package")), FirstGroupID: String(data.get("group")), DelayMinutes: Number(data.get("delay") ?? 0) });
        await this.all.run(true);
      },
    });
  }

  private point(one: Row): TemplateResult {
    const { enrolments, progress, names } = this.all.value!;
    const enrolment = enrolments.find((e) => e.NALPath === one.NALPath);
    const mine = progress.filter((p) => p.ServerNALPath === one.NALPath);
    const total = mine.reduce((sum, p) => sum + Number(p.BytesTotal ?? 0), 0);
    const done = mine.reduce((sum, p) => sum + Number(p.State === 3 ? p.BytesTotal : (p.BytesDone ?? 0)), 0);
    const sent = mine.reduce((sum, p) => sum + Number(p.BytesSent ?? 0), 0);
    const failed = mine.filter((p) => p.State === 5 || p.State === 4);
    return html`<li class="card">
      <div class="card-head"><span>${one.ServerName || one.Name}</span>${enrolment ? badge(t(`enrol.${enrolment.State as 1}`), enrolTones[enrolment.State] ?? "plain") : badge(t("enrol.0"), "plain")}</div>
      ${mine.length ? bar(done, total, t("content.progress")) : nothing}
      <p class="hint">
        ${t("points.content", { n: mine.filter((p) => p.State === 3).length, all: mine.length })} · ${bytes(done)} / ${bytes(total)} · ${t("points.sent", { size: bytes(sent) })}
        ${enrolment?.LastSeen ? html`<br />${t("points.seen")}: ${when(time(enrolment.LastSeen), true)}${enrolment.Address ? ` · ${enrolment.Address}` : ""}${enrolment.SoftwareVersion ? ` · ${enrolment.SoftwareVersion}` : ""}` : nothing}
      </p>
      ${failed.length
        ? html`<ul class="names">${failed.slice(0, 5).map((p) => html`<li><a href="#/images/${p.PackageID}/content">${names.get(p.PackageID) ?? p.PackageID}</a>: ${p.Problem || t(`point.state.${p.State as 5}`)}</li>`)}</ul>`
        : nothing}
      <div class="commands">
        ${button({
          label: t("points.token"),
          reason: rights.reason("point", "modify"),
          run: () =>
            ask({
              title: t("points.token"),
              text: t("points.token.text"),
              confirm: t("points.token"),
              run: async () => {
                const { Token } = await call("WW_DistributionPointEnrolment", "CreateToken", { Point: one.ServerName, Minutes: 60 });
                openDialog({ title: t("points.enrol", { server: one.ServerName }), body: () => html`<p>${t("points.enrol.text")}</p>${copyable(Token, t("points.token"))}` });
              },
            }),
        })}
        ${button({
          label: t("points.revoke"),
          danger: true,
          reason: rights.reason("point", "modify") || (enrolment?.State !== 2 && t("points.notenrolled")),
          run: () => ask({ title: t("points.revoke"), text: t("points.revoke.text", { server: one.ServerName }), confirm: t("points.revoke"), danger: true, run: async () => { await call("WW_DistributionPointEnrolment", "Revoke", { Point: one.ServerName }); await this.all.run(true); } }),
        })}
      </div>
    </li>`;
  }

  override render() {
    const value = this.all.value;
    if (this.all.error) return html`<div class="page">${head(t("nav.points"))}${failure(this.all.error, () => this.all.run())}</div>`;
    if (!value) return html`<div class="page">${head(t("nav.points"))}${busy()}</div>`;
    const server = (nal: string) => value.points.find((one) => one.NALPath === nal)?.ServerName ?? nal;
    return html`<div class="page">
      ${head(t("nav.points"), [
        { label: t("points.add"), icon: "plus", primary: true, reason: rights.reason("point", "create"), run: () => this.add(), id: "add-point" },
        { label: t("points.group.new"), icon: "group", reason: rights.reason("pointGroup", "create"), run: () => this.group() },
        { label: t("rollout.new"), reason: rights.reason("image", "distribute") || (!value.groups.length && t("rollout.nogroups")), run: () => this.rollout() },
      ])}
      ${value.points.length ? html`<ul class="cards">${value.points.map((one) => this.point(one))}</ul>` : empty(t("points.none"), t("points.none.hint"))}
      ${value.groups.length
        ? html`<section aria-label=${t("points.groups")}><h2>${t("points.groups")}</h2><ul class="cards">
            ${value.groups.map((one) => html`<li class="card"><div class="card-head"><span>${one.Name}</span>
              ${button({ label: t("delete"), reason: rights.reason("pointGroup", "delete"), run: () => ask({ title: t("points.group.delete"), text: one.Name, confirm: t("delete"), danger: true, run: async () => { await remove("SMS_DistributionPointGroup", one.GroupID); await this.all.run(true); } }) })}</div>
              ${one.Description ? html`<p class="hint">${one.Description}</p>` : nothing}
              <ul class="names">${value.members.filter((m) => m.GroupID === one.GroupID).map((m) => html`<li>${server(m.DPNALPath)}</li>`)}</ul></li>`)}
          </ul></section>`
        : nothing}
      ${value.rollouts.length
        ? html`<section aria-label=${t("rollout.title")}><h2>${t("rollout.title")}</h2><ul class="cards">
            ${value.rollouts.map((one) => html`<li class="card"><div class="card-head"><a href="#/images/${one.PackageID}/content">${value.names.get(one.PackageID) ?? one.PackageID}</a>${badge(t(`rollout.state.${(one.State ?? 0) as 1}`), one.State === 1 || one.State === 2 ? "busy" : "plain")}</div>
              <p class="hint">${t("rollout.text", { group: value.groups.find((g) => g.GroupID === one.FirstGroupID)?.Name ?? one.FirstGroupID, minutes: one.DelayMinutes })}</p>
              <div class="commands">${button({ label: t("remove"), reason: rights.reason("image", "distribute"), run: () => ask({ title: t("rollout.remove"), text: t("rollout.remove.text"), confirm: t("remove"), run: async () => { await remove("WW_StagedRollout", one.PackageID); await this.all.run(true); } }) })}</div></li>`)}
          </ul></section>`
        : nothing}
    </div>`;
  }
}

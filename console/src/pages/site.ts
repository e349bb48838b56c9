// The site: health, servers, settings, people, messages.
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, change, create, get, list, remove, type Row } from "../api/client.js";
import { rights } from "../api/rights.js";
import { currentSession } from "../api/session.js";
import { bytes, dateTime, numberText, t, time, word, type TextKey } from "../text/index.js";
import { messageText } from "../text/messages.js";
import { ask, field, openDialog } from "../ui/dialog.js";
import { PageElement } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { notify } from "../ui/notices.js";
import { badge, busy, button, copyable, empty, facts, failure, head, revealTab, when } from "../ui/parts.js";
import { stream } from "../api/events.js";
import type { Column } from "../ui/table.js";

const tabs = ["overview", "settings", "people", "roles", "tokens", "sessions", "messages", "audit"] as const;
type Tab = (typeof tabs)[number];

interface Health {
  ok: boolean;
  text: string;
}
async function health(): Promise<Health> {
  const answer = await fetch("/healthz");
  return { ok: answer.ok, text: (await answer.text()).trim() };
}
// The numbers of /metrics that people ask for.
async function metrics(): Promise<Map<string, number>> {
  const answer = await fetch("/metrics", { headers: { "X-Background": "1" } });
  const out = new Map<string, number>();
  if (!answer.ok) return out;
  for (const line of (await answer.text()).split("\n")) {
    const match = line.match(/^(ww_[a-z_]+)(?:\{[^}]*\})? ([\d.e+-]+)$/);
    if (match) out.set(match[1]!, (out.get(match[1]!) ?? 0) + Number(match[2]));
  }
  return out;
}

@customElement("ww-site")
export class SitePage extends PageElement {
  @property({ attribute: false }) tab: Tab = "overview";
  @state() private fresh = 0;
  private loaders = new Map<Tab, Loader<any>>();

  override connectedCallback() {
    super.connectedCallback();
    stream.addEventListener("message", this.onMessage);
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    stream.removeEventListener("message", this.onMessage);
  }
  override updated() {
    revealTab(this, this.tab);
  }
  private onMessage = () => {
    if (this.tab === "messages" || this.tab === "audit") ++this.fresh;
  };

  override willUpdate() {
    if (this.loaders.has(this.tab)) return;
    const make = <T>(load: (options: { signal: AbortSignal; background: boolean }) => Promise<T>, classes: string[] = []) => this.loaders.set(this.tab, new Loader(this, load, classes));
    switch (this.tab) {
      case "overview":
        make(async (options) => {
          const [site, points, runs, state, numbers] = await Promise.all([
            list("SMS_Identification", {}, options),
            list("SMS_DistributionPointInfo", { select: ["ServerName"] }, options),
            list("WW_ServicingRun", { select: ["Server", "State", "Finished"], orderby: "RunID desc", top: 500 }, options),
            health(),
            metrics(),
          ]);
          return { site: site[0], points, runs, state, numbers };
        });
        break;
      case "settings":
        make((options) => list("SMS_SCI_Component", {}, options).then((rows) => Promise.all(rows.map(async (row) => {
          try {
            return await get("SMS_SCI_Component", { FileType: row.FileType, ItemName: row.ItemName, ItemType: row.ItemType, SiteCode: row.SiteCode }, options);
          } catch {
            return row;
          }
        }))), ["SMS_SCI_Component"]);
        break;
      case "people":
        make((options) => list("SMS_Admin", {}, options), ["SMS_Admin"]);
        break;
      case "roles":
        make((options) => list("SMS_Role", { select: ["RoleID", "RoleName", "RoleDescription", "IsBuiltIn", "NumberOfAdmins"] }, options), ["SMS_Role"]);
        break;
      case "tokens":
        make((options) => call("WW_ApiToken", "List", {}, options).then((answer) => answer.Tokens as Row[]));
        break;
      case "sessions":
        make((options) => call("WW_ConsoleSession", "List", { Everybody: rights.may("admin", "modify") }, options).then((answer) => answer.Sessions as Row[]));
        break;
      case "messages":
      case "audit": {
        const kind = this.tab === "audit" ? "MessageType eq 768" : "MessageType ne 768";
        make(async (options) => {
          const rows = await list("SMS_StatMsgWithInsStrings", { filter: kind, orderby: "RecordID desc", top: 2000 }, options);
          this.fresh = 0;
          return rows;
        });
        break;
      }
    }
  }
  private loader<T>(): Loader<T> {
    return this.loaders.get(this.tab)!;
  }

  // --- tabs --------------------------------------------------------------------------------------
  private overview(value: { site: Row; points: Row[]; runs: Row[]; state: Health; numbers: Map<string, number> }): TemplateResult {
    const { site, state, numbers, runs } = value;
    const servers = new Map<string, { done: number; now: number }>();
    for (const run of runs) {
      if (!run.Server) continue;
      const one = servers.get(run.Server) ?? { done: 0, now: 0 };
      if (run.Finished) ++one.done;
      else ++one.now;
      servers.set(run.Server, one);
    }
    const number = (name: string) => (numbers.has(name) ? numberText(numbers.get(name)!) : "–");
    return html`
      <div class="note ${state.ok ? "good" : "bad"}"><div><strong>${state.ok ? t("health.ok") : t("health.bad")}</strong>${state.ok ? nothing : html`<p>${state.text}</p>`}</div></div>
      ${facts([
        [t("site.code"), site?.ThisSiteCode],
        [t("images.name"), site?.ThisSiteName],
        [t("run.server"), site?.SMSSiteServer],
        [t("images.version"), site?.SMSVersion],
        [t("site.connections"), number("ww_http_connections")],
        [t("site.requests"), number("ww_http_requests_total")],
        [t("site.sent"), numbers.has("ww_http_response_body_bytes_total") ? bytes(numbers.get("ww_http_response_body_bytes_total")!) : "–"],
        [t("site.queued"), number("ww_servicing_runs_queued")],
        [t("site.running"), number("ww_servicing_runs_running")],
      ])}
      <h2>${t("site.servers")}</h2>
      ${servers.size
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("site.servers")}><table class="plain-table">
            <thead><tr><th scope="col">${t("run.server")}</th><th scope="col" class="numeric">${t("site.now")}</th><th scope="col" class="numeric">${t("site.done")}</th></tr></thead>
            <tbody>${[...servers].map(([name, one]) => html`<tr><td>${name}</td><td class="numeric">${one.now}</td><td class="numeric">${one.done}</td></tr>`)}</tbody></table></div>`
        : empty(t("site.noservers"))}
      <p class="hint"><a href="/healthz">/healthz</a> · <a href="/metrics">/metrics</a> · <a href="/AdminService/openapi.json">OpenAPI</a></p>
    `;
  }

  private settings(rows: Row[]): TemplateResult {
    const reason = rights.reason("site", "modify");
    const edit = (component: Row, name: string, value: unknown, isText: boolean) =>
      openDialog({
        title: name,
        confirm: t("save"),
        body: () => field({ name: "value", label: name, value: String(value ?? "") }),
        run: async (data) => {
          const wanted = String(data.get("value"));
          const props = ((component.Props ?? []) as Row[]).map((one) => ({
            PropertyName: one.PropertyName,
            Value: one.PropertyName === name && !isText ? Number(wanted) : one.Value,
            Value1: one.Value1,
            Value2: one.PropertyName === name && isText ? wanted : one.Value2,
          }));
          await change("SMS_SCI_Component", { FileType: component.FileType, ItemName: component.ItemName, ItemType: component.ItemType, SiteCode: component.SiteCode }, { Props: props });
          await this.loader().run(true);
        },
      });
    return html`<p class="hint">${t("settings.hint")}</p>
      ${rows.map((one) => html`<section class="card" aria-label=${one.ComponentName ?? one.ItemName}>
        <h2>${one.ComponentName ?? one.ItemName}</h2>
        <div class="scroll-x" tabindex="0" role="region" aria-label=${one.ComponentName ?? one.ItemName}><table class="plain-table"><tbody>
          ${((one.Props ?? []) as Row[]).map((property) => {
            const isText = !!property.Value2 || (!property.Value && property.Value2 !== null && property.Value2 !== "");
            const value = isText ? property.Value2 : property.Value;
            return html`<tr><th scope="row">${property.PropertyName}</th><td class="wrap">${value}</td><td class="commands">${button({ label: t("edit"), reason, run: () => edit(one, property.PropertyName, value, isText) })}</td></tr>`;
          })}
        </tbody></table></div>
        ${(one.Props ?? []).length ? nothing : html`<p class="hint">${t("settings.none")}</p>`}
      </section>`)}`;
  }

  private people(rows: Row[]): TemplateResult {
    const reason = rights.reason("admin", "modify");
    const grant = async (data: FormData) => {
      const roles = await list("SMS_Role", { select: ["RoleID", "RoleName"] });
      const scope = "SMS00ALL";
      return roles.filter((one) => data.getAll("role").includes(one.RoleID)).map((one) => ({ RoleID: one.RoleID, CategoryID: scope, CategoryTypeID: 29 }));
    };
    const edit = async (admin?: Row) => {
      const roles = await list("SMS_Role", { select: ["RoleID", "RoleName", "RoleDescription"], orderby: "RoleName" });
      openDialog({
        title: admin ? admin.LogonName : t("people.add"),
        confirm: t("save"),
        wide: true,
        body: () => html`${admin ? nothing : field({ name: "name", label: t("people.name"), hint: t("people.name.hint"), required: true })}
          <fieldset><legend>${t("people.roles")}</legend>${roles.map((one) => html`<label class="check"><input type="checkbox" name="role" value=${one.RoleID} ?checked=${(admin?.Roles ?? []).includes(one.RoleID)} /><span>${one.RoleName}<span class="hint">${one.RoleDescription}</span></span></label>`)}</fieldset>`,
        run: async (data) => {
          const Permissions = await grant(data);
          if (admin) await change("SMS_Admin", admin.AdminID, { Permissions });
          else await create("SMS_Admin", { LogonName: String(data.get("name")), Permissions });
          await this.loader().run(true);
        },
      });
    };
    return html`
      <div class="commands">${button({ label: t("people.add"), icon: "plus", primary: true, id: "add-admin", reason: rights.reason("admin", "create"), run: () => edit() })}</div>
      <div class="scroll-x" tabindex="0" role="region" aria-label=${t("site.people")}><table class="plain-table">
        <thead><tr><th scope="col">${t("images.name")}</th><th scope="col">${t("people.roles")}</th><th scope="col" class="roomy">${t("people.scopes")}</th><th scope="col" class="roomy">${t("people.changed")}</th><th scope="col"><span class="visually-hidden">${t("actions")}</span></th></tr></thead>
        <tbody>${rows.map((one) => html`<tr>
          <td class="wrap"><strong>${one.LogonName}</strong></td><td>${(one.RoleNames ?? []).join(", ")}</td><td class="roomy">${(one.CategoryNames ?? []).join(", ")}</td><td class="roomy">${when(time(one.LastModifiedDate))}</td>
          <td class="commands">${button({ label: t("edit"), reason, run: () => edit(one) })} ${button({ label: t("delete"), danger: true, reason: rights.reason("admin", "delete"), run: () => ask({ title: t("people.delete"), text: one.LogonName, confirm: t("delete"), danger: true, run: async () => { await remove("SMS_Admin", one.AdminID); await this.loader().run(true); } }) })}</td>
        </tr>`)}</tbody></table></div>
      <p class="hint">${t("people.hint")}</p>
    `;
  }

  private roles(rows: Row[]): TemplateResult {
    const copy = (role: Row) =>
      openDialog({
        title: t("roles.copy.title", { name: role.RoleName }),
        confirm: t("add"),
        body: () => html`${field({ name: "name", label: t("images.name"), required: true })} ${field({ name: "description", label: t("description") })}`,
        run: async (data) => {
          await create("SMS_Role", { RoleName: String(data.get("name")), RoleDescription: String(data.get("description") ?? ""), CopiedFromID: role.RoleID });
          await this.loader().run(true);
        },
      });
    const drop = (role: Row) =>
      ask({ title: t("roles.delete"), text: role.RoleName, confirm: t("delete"), danger: true, run: async () => { await remove("SMS_Role", role.RoleID); await this.loader().run(true); } });
    const sorted = [...rows].sort((a, b) => String(a.RoleName).localeCompare(String(b.RoleName)));
    return html`<p class="hint">${t("roles.hint")}</p>
      <div class="scroll-x" tabindex="0" role="region" aria-label=${t("site.roles")}><table class="plain-table">
        <thead><tr><th scope="col">${t("images.name")}</th><th scope="col">${t("roles.builtin")}</th><th scope="col" class="numeric">${t("roles.admins")}</th><th scope="col"><span class="visually-hidden">${t("actions")}</span></th></tr></thead>
        <tbody>${sorted.map((one) => html`<tr>
          <td class="wrap"><strong>${one.RoleName}</strong><div class="hint">${one.RoleDescription}</div></td><td>${one.IsBuiltIn ? t("yes") : t("no")}</td><td class="numeric">${numberText(one.NumberOfAdmins ?? 0)}</td>
          <td class="commands">${button({ label: t("roles.copy"), reason: rights.reason("role", "create"), run: () => copy(one) })}
            ${button({ label: t("delete"), danger: true, reason: one.IsBuiltIn ? t("roles.fixed") : one.NumberOfAdmins ? t("roles.used") : rights.reason("role", "delete"), run: () => drop(one) })}</td>
        </tr>`)}</tbody></table></div>`;
  }

  private tokens(rows: Row[]): TemplateResult {
    return html`
      <div class="commands">${button({
        label: t("tokens.add"),
        icon: "plus",
        primary: true,
        run: () =>
          openDialog({
            title: t("tokens.add"),
            confirm: t("add"),
            body: () => html`${field({ name: "label", label: t("tokens.label"), hint: t("tokens.label.hint"), required: true })} ${field({ name: "days", label: t("tokens.days"), type: "number", value: "90" })}`,
            run: async (data) => {
              const { Token } = await call("WW_ApiToken", "Create", { Label: String(data.get("label")), Days: Number(data.get("days")) });
              openDialog({ title: t("tokens.made"), body: () => html`<p>${t("tokens.once")}</p>${copyable(Token, t("tokens.made"))}` });
              await this.loader().run(true);
            },
          }),
      })}</div>
      ${rows.length
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("site.tokens")}><table class="plain-table">
            <thead><tr><th scope="col">${t("tokens.label")}</th><th scope="col">${t("versions.created")}</th><th scope="col">${t("tokens.expires")}</th><th scope="col"><span class="visually-hidden">${t("actions")}</span></th></tr></thead>
            <tbody>${rows.map((one) => html`<tr><td>${one.Label}</td><td>${when(time(one.Created))}</td><td>${one.Expires ? when(time(one.Expires)) : t("tokens.never")}</td>
              <td class="commands">${button({ label: t("tokens.revoke"), danger: true, run: () => ask({ title: t("tokens.revoke"), text: one.Label, confirm: t("tokens.revoke"), danger: true, run: async () => { await call("WW_ApiToken", "Revoke", { Label: one.Label }); await this.loader().run(true); } }) })}</td></tr>`)}</tbody></table></div>`
        : empty(t("tokens.none"))}
    `;
  }

  private sessions(rows: Row[]): TemplateResult {
    const end = (one: Row) =>
      ask({
        title: t("sessions.end.title"),
        text: t("sessions.end.text", { user: one.UserName, time: dateTime(time(one.Created)) }),
        confirm: t("sessions.end"),
        danger: true,
        run: async () => {
          await call("WW_ConsoleSession", "End", { SessionID: one.SessionID });
          notify({ kind: "success", text: t("sessions.ended") });
          await this.loader().run(true);
        },
      });
    return html`<p class="hint">${t("sessions.hint")} ${rights.may("admin", "modify") ? nothing : t("sessions.others")}</p>
      ${rows.length
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("site.sessions")}><table class="plain-table">
            <thead><tr><th scope="col">${t("signin.user")}</th><th scope="col" class="roomy">${t("sessions.scheme")}</th><th scope="col">${t("sessions.used")}</th><th scope="col" class="roomy">${t("tokens.expires")}</th><th scope="col"><span class="visually-hidden">${t("actions")}</span></th></tr></thead>
            <tbody>${rows.map((one) => html`<tr>
              <td class="wrap"><strong>${one.UserName}</strong> ${one.SessionID === currentSession() ? badge(t("sessions.here"), "plain") : nothing}<div class="hint">${t("run.started")}: ${when(time(one.Created))}</div></td>
              <td class="roomy">${word("sessions.scheme", one.Scheme)}${one.Label ? `: ${one.Label}` : ""}</td><td>${when(time(one.Used), true)}</td><td class="roomy">${when(time(one.Expires))}</td>
              <td class="commands">${button({ label: t("sessions.end"), danger: true, run: () => end(one) })}</td></tr>`)}</tbody></table></div>`
        : empty(t("sessions.none"))}
    `;
  }

  private messages(rows: Row[]): TemplateResult {
    const severity = (row: Row) => row.Severity >>> 0;
    const columns: Column<Row>[] = [
      { id: "text", label: t("messages.text"), value: (row) => messageText(row), width: "4fr" },
      { id: "severity", label: t("messages.severity"), value: severity, show: (row) => (severity(row) === 0xc0000000 ? badge(t("messages.error"), "bad") : severity(row) === 0x80000000 ? badge(t("messages.warning"), "warn") : badge(t("messages.info"), "plain")), width: "120px", level: 2 },
      { id: "time", label: t("messages.time"), value: (row) => row.Time, show: (row) => when(time(row.Time)), width: "170px", level: 2 },
      { id: "id", label: t("messages.id"), value: (row) => row.MessageID, width: "80px", numeric: true, level: 2 },
      { id: "component", label: t("messages.component"), value: (row) => row.Component, width: "1.5fr", level: 3 },
      { id: "machine", label: t("run.server"), value: (row) => row.MachineName, width: "1fr", level: 3, hidden: true },
    ];
    return html`<ww-table
      class="grow"
      .name=${this.tab}
      .label=${t(`site.${this.tab}` as TextKey)}
      .empty=${t("messages.none")}
      .columns=${columns}
      .rows=${rows}
      .key=${(row: Row) => String(row.RecordID)}
      .subline=${(row: Row) => when(time(row.Time))}
      .controls=${this.fresh ? button({ label: t("messages.fresh", { n: this.fresh }), icon: "refresh", run: () => this.loader().run(true) }) : nothing}
    ></ww-table>`;
  }

  override render() {
    const loader = this.loader<any>();
    const body = loader.error
      ? failure(loader.error, () => loader.run())
      : !loader.value
        ? busy()
        : this.tab === "overview"
          ? this.overview(loader.value)
          : this.tab === "settings"
            ? this.settings(loader.value)
            : this.tab === "people"
              ? this.people(loader.value)
              : this.tab === "roles"
                ? this.roles(loader.value)
                : this.tab === "tokens"
                  ? this.tokens(loader.value)
                  : this.tab === "sessions"
                    ? this.sessions(loader.value)
                  : this.messages(loader.value);
    const fill = ["messages", "audit"].includes(this.tab);
    return html`<div class="page ${fill ? "fill" : ""}">
      ${head(t("nav.site"))}
      <div class="tabs" role="navigation" aria-label=${t("nav.site")}>
        ${tabs.map((one) => html`<a href="#/site/${one}" aria-current=${this.tab === one ? "page" : nothing}>${t(`site.${one}` as TextKey)}</a>`)}
      </div>
      <div class="tab-body">${body}</div>
    </div>`;
  }
}

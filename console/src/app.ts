// The frame: who is signed in, where one is, what the stream says of the connection.
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { signedOut } from "./api/client.js";
import { stream } from "./api/events.js";
import { readRights, rights } from "./api/rights.js";
import { current, signOut, siteFace, type Session, type SiteFace } from "./api/session.js";
import { currentLanguage, t, useLanguage, type Language, type TextKey } from "./text/index.js";
import { chooseTheme, isDark } from "./theme.js";
import { PageElement } from "./ui/element.js";
import { icon, type IconName } from "./ui/icons.js";
import { notifyError } from "./ui/notices.js";
import { busy, failure } from "./ui/parts.js";
import "./pages/sign-in.js";

interface Route {
  path: RegExp;
  nav: string;
  title: TextKey;
  load: () => Promise<unknown>;
  show: (match: RegExpMatchArray, query: URLSearchParams) => TemplateResult;
}
const routes: Route[] = [
  {
    path: /^\/(images|upgrade-packages)$/,
    nav: "images",
    title: "nav.images",
    load: () => import("./pages/images.js"),
    show: (match) => html`<ww-images .upgrade=${match[1] === "upgrade-packages"}></ww-images>`,
  },
  {
    path: /^\/images\/([^/]+)(?:\/([a-z-]+))?$/,
    nav: "images",
    title: "nav.images",
    load: () => import("./pages/image.js"),
    show: (match) => html`<ww-image .packageId=${decodeURIComponent(match[1]!)} .tab=${match[2] ?? "summary"}></ww-image>`,
  },
  {
    path: /^\/schedule$/,
    nav: "schedule",
    title: "nav.schedule",
    load: () => import("./pages/schedule.js"),
    show: (_, query) => html`<ww-schedule .start=${query.get("images")?.split(",").filter(Boolean) ?? []}></ww-schedule>`,
  },
  {
    path: /^\/runs$/,
    nav: "runs",
    title: "nav.runs",
    load: () => import("./pages/runs.js"),
    show: () => html`<ww-runs></ww-runs>`,
  },
  {
    path: /^\/runs\/(\d+)$/,
    nav: "runs",
    title: "nav.runs",
    load: () => import("./pages/run.js"),
    show: (match) => html`<ww-run .runId=${Number(match[1])}></ww-run>`,
  },
  {
    path: /^\/history$/,
    nav: "history",
    title: "nav.history",
    load: () => import("./pages/history.js"),
    show: () => html`<ww-history></ww-history>`,
  },
  {
    path: /^\/updates$/,
    nav: "updates",
    title: "nav.updates",
    load: () => import("./pages/updates.js"),
    show: () => html`<ww-updates></ww-updates>`,
  },
  {
    path: /^\/updates\/(\d+)$/,
    nav: "updates",
    title: "nav.updates",
    load: () => import("./pages/update.js"),
    show: (match) => html`<ww-update .ci=${Number(match[1])}></ww-update>`,
  },
  {
    path: /^\/groups(?:\/(\d+))?$/,
    nav: "groups",
    title: "nav.groups",
    load: () => import("./pages/groups.js"),
    show: (match) => html`<ww-groups .group=${match[1] ? Number(match[1]) : undefined}></ww-groups>`,
  },
  {
    path: /^\/points$/,
    nav: "points",
    title: "nav.points",
    load: () => import("./pages/points.js"),
    show: () => html`<ww-points></ww-points>`,
  },
  {
    path: /^\/site(?:\/([a-z]+))?$/,
    nav: "site",
    title: "nav.site",
    load: () => import("./pages/site.js"),
    show: (match) => html`<ww-site .tab=${match[1] ?? "overview"}></ww-site>`,
  },
];
const nav: [string, TextKey, IconName][] = [
  ["images", "images.images", "image"],
  ["schedule", "nav.schedule", "calendar"],
  ["runs", "nav.runs", "run"],
  ["history", "nav.history", "history"],
  ["updates", "nav.updates", "update"],
  ["groups", "nav.groups", "group"],
  ["points", "nav.points", "server"],
  ["site", "nav.site", "site"],
];

@customElement("ww-app")
export class App extends PageElement {
  @state() private session?: Session | null;
  @state() private face?: SiteFace;
  @state() private content: TemplateResult | typeof nothing = nothing;
  @state() private at = "";
  // The address that is shown, which the browser's own may be ahead of.
  @state() private shown = "";
  @state() private narrowMenu = false;
  @state() private problem?: Error;
  @state() private wasSignedIn = false;
  @state() private connectionLost = false;
  private lostTimer = 0;
  private turn = 0;

  override connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", this.onHash);
    signedOut.addEventListener("signed-out", this.onSignedOut);
    stream.addEventListener("state", this.onState);
    stream.addEventListener("changed", this.onChanged);
    void this.begin();
  }

  private async begin() {
    this.problem = undefined;
    try {
      const [session, face] = await Promise.all([current(), siteFace()]);
      this.face = face;
      document.title = face.name;
      if (session) await this.enter(session);
      else this.session = null;
    } catch (error) {
      this.problem = error as Error;
    }
  }

  private async enter(session: Session) {
    await readRights();
    this.session = session;
    this.wasSignedIn = true;
    stream.start();
    await this.route();
  }

  private onSignedOut = () => {
    if (!this.session) return;
    stream.stop();
    this.session = null;
    this.content = nothing;
    this.shown = "";
  };
  // A moment without connection is nothing to speak of.
  private onState = () => {
    clearTimeout(this.lostTimer);
    if (stream.connected) this.connectionLost = false;
    else this.lostTimer = window.setTimeout(() => (this.connectionLost = !!this.session), 1500);
  };
  private onChanged = (event: Event) => {
    const cls = (event as CustomEvent).detail.class as string;
    if (cls === "SMS_Admin" || cls === "SMS_Role") void readRights().then(() => this.requestUpdate());
  };
  private onHash = () => void this.route(true);

  private async route(moved = false) {
    if (!this.session) return;
    const turn = ++this.turn;
    this.narrowMenu = false;
    const address = location.hash.slice(1) || "/images";
    const [path, query] = address.split("?");
    for (const route of routes) {
      const match = path!.match(route.path);
      if (!match) continue;
      const changed = this.at !== route.nav;
      this.at = route.nav;
      try {
        await route.load();
      } catch (error) {
        if (turn !== this.turn) return;
        this.content = failure(error as Error, () => location.reload());
        this.shown = address;
        return;
      }
      if (turn !== this.turn) return;
      this.content = route.show(match, new URLSearchParams(query ?? ""));
      this.shown = address;
      document.title = `${t(route.title)} · ${this.face?.name ?? "wimwright"}`;
      await this.updateComplete;
      if (moved && changed) {
        this.querySelector("main")?.scrollTo(0, 0);
        requestAnimationFrame(() => this.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
      }
      return;
    }
    this.at = "";
    this.shown = address;
    this.content = html`<div class="page"><h1>${t("notfound")}</h1><p><a href="#/images">${t("nav.images")}</a></p></div>`;
  }

  private async leave() {
    try {
      await signOut();
    } catch (error) {
      notifyError(t("signout.failed"), error);
      return;
    }
    this.wasSignedIn = false;
    stream.tellSignedOut();
    this.onSignedOut();
  }
  private async speak(language: Language) {
    localStorage.setItem("language", language);
    await useLanguage(language);
    // Every text anew.
    this.content = nothing;
    this.requestUpdate();
    await this.updateComplete;
    await this.route();
  }

  private tools() {
    const language = currentLanguage();
    return html`
      <button
        class="plain on-brand"
        lang=${language === "en" ? "de" : "en"}
        title=${language === "en" ? "Deutsch" : "English"}
        aria-label=${language === "en" ? "DE: Deutsch" : "EN: English"}
        @click=${() => this.speak(language === "en" ? "de" : "en")}
      >
        ${language === "en" ? "DE" : "EN"}
      </button>
      <button
        class="plain on-brand"
        title=${isDark() ? t("theme.light") : t("theme.dark")}
        aria-label=${isDark() ? t("theme.light") : t("theme.dark")}
        @click=${() => {
          chooseTheme(isDark() ? "light" : "dark");
          this.requestUpdate();
        }}
      >
        ${icon(isDark() ? "sun" : "moon")}
      </button>
    `;
  }

  override render() {
    if (this.problem) return html`<main class="lonely">${failure(this.problem, () => this.begin())}</main>`;
    if (this.session === undefined) return html`<main class="lonely">${busy()}</main>`;
    if (this.session === null) {
      return html`<header class="top">
          <span class="brand">${this.face?.name}</span><span class="grow"></span>${this.tools()}
        </header>
        <ww-sign-in
          .face=${this.face}
          .expired=${this.wasSignedIn}
          @signed-in=${(event: CustomEvent<Session>) => this.enter(event.detail)}
        ></ww-sign-in>
        <ww-notices></ww-notices>`;
    }
    return html`
      <a class="skip" href="#main" @click=${(event: Event) => {
        event.preventDefault();
        this.querySelector<HTMLElement>("main")?.focus();
      }}>${t("skip")}</a>
      <header class="top">
        <button
          class="plain on-brand burger"
          aria-label=${t("nav.menu")}
          aria-expanded=${this.narrowMenu}
          aria-controls="nav"
          @click=${() => (this.narrowMenu = !this.narrowMenu)}
        >
          ${icon("menu")}
        </button>
        <a class="brand" href="#/images">${this.session.name}</a>
        <span class="site-code">${this.session.site}</span>
        <span class="grow"></span>
        ${this.tools()}
        <details
          class="menu who"
          @focusout=${(event: FocusEvent) => {
            const details = event.currentTarget as HTMLDetailsElement;
            if (!details.contains(event.relatedTarget as Node)) details.open = false;
          }}
        >
          <summary aria-label="${t("who")}: ${this.session.user}">${icon("user")}<span class="who-name">${this.session.user}</span></summary>
          <div class="menu-body">
            <p><strong>${this.session.user}</strong></p>
            <p class="hint">${rights.describe()}</p>
            <p class="hint">wimwright ${this.session.version}</p>
            <fluent-button @click=${() => this.leave()}>${t("signout")}</fluent-button>
          </div>
        </details>
      </header>
      ${this.connectionLost ? html`<div class="lost" role="alert">${icon("warning")}${t("connection.lost")}</div>` : nothing}
      <div class="frame">
        <nav id="nav" class=${this.narrowMenu ? "open" : ""} aria-label=${t("nav.main")}>
          ${nav.map(
            ([id, text, sign]) => html`<a href="#/${id}" aria-current=${this.at === id ? "page" : nothing}>${icon(sign)}<span>${t(text)}</span></a>`,
          )}
        </nav>
        <main tabindex="-1" data-shown=${this.shown}>${this.content}</main>
      </div>
      <ww-notices></ww-notices>
    `;
  }
}

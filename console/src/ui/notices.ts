// Short messages in a corner; read out by screen readers.
import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { ApiError } from "../api/client.js";
import { t } from "../text/index.js";
import { PageElement } from "./element.js";
import { icon } from "./icons.js";

export interface Notice {
  kind: "success" | "error" | "info";
  text: string;
  cause?: string;
  next?: string;
  code?: string;
  link?: { href: string; text: string };
}
const shown = new EventTarget();
export function notify(notice: Notice) {
  shown.dispatchEvent(new CustomEvent("notice", { detail: notice }));
}
// What happened, why, what to do, and the code.
export function describe(error: unknown): { text: string; next: string; code: string } {
  if (error instanceof ApiError) {
    if (error.code === "offline") return { text: t("error.offline"), next: t("error.offline.next"), code: "" };
    const next =
      error.nextStep ||
      (error.status === 404 ? t("error.missing.next") : error.status === 409 ? t("error.busy.next") : error.status >= 500 && error.status !== 501 ? t("error.server.next") : "");
    return { text: error.message || t("error.unknown"), next, code: error.code };
  }
  return { text: (error as Error).message || t("error.unknown"), next: t("error.server.next"), code: "" };
}
export function notifyError(what: string, error: unknown) {
  if ((error as Error).name === "AbortError") return;
  if (error instanceof ApiError && error.status === 401) return;
  const { text, next, code } = describe(error);
  notify({ kind: "error", text: what, cause: text, next, code });
}

@customElement("ww-notices")
export class Notices extends PageElement {
  @state() private all: (Notice & { id: number })[] = [];
  private next = 0;

  override connectedCallback() {
    super.connectedCallback();
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "polite");
    shown.addEventListener("notice", this.add);
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    shown.removeEventListener("notice", this.add);
  }
  private add = (event: Event) => {
    const notice = { ...(event as CustomEvent<Notice>).detail, id: ++this.next };
    this.all = [...this.all.slice(-3), notice];
    if (notice.kind !== "error") setTimeout(() => this.drop(notice.id), 7000);
  };
  private drop(id: number) {
    this.all = this.all.filter((one) => one.id !== id);
  }
  override render() {
    return this.all.map(
      (one) => html`<div class="notice ${one.kind}">
        ${icon(one.kind === "success" ? "check" : one.kind === "error" ? "error" : "info")}
        <div class="notice-text">
          <strong>${one.text}</strong>
          ${one.cause ? html`<p>${one.cause}</p>` : nothing}
          ${one.next ? html`<p>${one.next}</p>` : nothing}
          ${one.code ? html`<p class="code">${t("error.code", { code: one.code })}</p>` : nothing}
          ${one.link ? html`<p><a href=${one.link.href}>${one.link.text}</a></p>` : nothing}
        </div>
        <button class="plain" aria-label=${t("close")} @click=${() => this.drop(one.id)}>${icon("close")}</button>
      </div>`,
    );
  }
}

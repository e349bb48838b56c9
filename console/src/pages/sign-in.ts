import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { signIn, type SiteFace } from "../api/session.js";
import { t } from "../text/index.js";
import { PageElement } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { describe } from "../ui/notices.js";

@customElement("ww-sign-in")
export class SignIn extends PageElement {
  @property({ attribute: false }) face?: SiteFace;
  @property({ type: Boolean }) expired = false;
  @state() private withToken = false;
  @state() private trying = false;
  @state() private error?: Error;

  override firstUpdated() {
    this.querySelector<HTMLInputElement>("input")?.focus();
  }

  private async submit(event: Event) {
    event.preventDefault();
    if (this.trying) return;
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "");
    this.trying = true;
    this.error = undefined;
    try {
      const session = await signIn(
        this.withToken ? { token: text("token").trim() } : { user: text("user").trim(), password: text("password") },
      );
      form.reset();
      this.dispatchEvent(new CustomEvent("signed-in", { detail: session }));
    } catch (error) {
      this.error = error as Error;
    }
    this.trying = false;
  }

  override render() {
    const problem = this.error && describe(this.error);
    return html`<main class="sign-in">
      <form @submit=${this.submit}>
        <h1>${t("signin.title", { site: this.face?.name ?? "" })}</h1>
        ${this.expired && !problem ? html`<p class="note">${icon("clock")}${t("signin.expired")}</p>` : nothing}
        ${problem
          ? html`<div class="note bad" role="alert">${icon("error")}<div><strong>${problem.text}</strong>${problem.next ? html`<br />${problem.next}` : nothing}</div></div>`
          : nothing}
        ${this.withToken
          ? html`<label>${t("signin.token")}<input name="token" type="password" autocomplete="off" required /></label>`
          : html`<label>${t("signin.user")}<input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required /></label>
              <label>${t("signin.password")}<input name="password" type="password" autocomplete="current-password" required /></label>`}
        <button type="submit" class="submit" ?disabled=${this.trying}>${this.trying ? t("signin.trying") : t("signin")}</button>
        <button type="button" class="link" @click=${() => ((this.withToken = !this.withToken), (this.error = undefined))}>
          ${this.withToken ? t("signin.withPassword") : t("signin.withToken")}
        </button>
        ${this.face?.kerberos ? html`<a class="link" href="/console/session/kerberos">${t("signin.kerberos")}</a>` : nothing}
      </form>
    </main>`;
  }
}

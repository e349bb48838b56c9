// Questions that need an answer before anything else. The browser's own dialog: focus stays inside,
// Escape closes.
import { html, nothing, render, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { t } from "../text/index.js";
import { icon } from "./icons.js";
import { describe } from "./notices.js";

interface Field {
  name: string;
  label: string;
  value?: string;
  hint?: string;
  type?: string;
  required?: boolean;
  options?: [string, string][];
}
let fields = 0;
export function field(one: Field): TemplateResult {
  const id = `field${++fields}`;
  const hint = one.hint ? html`<span class="hint" id="${id}-hint">${one.hint}</span>` : nothing;
  if (one.options) {
    return html`<label class="field"><span>${one.label}</span><select name=${one.name}>
      ${one.options.map(([value, text]) => html`<option value=${value} ?selected=${value === one.value}>${text}</option>`)}</select>${hint}</label>`;
  }
  return html`<label class="field"
    ><span>${one.label}${one.required ? html` <span aria-hidden="true">*</span>` : nothing}</span
    ><input
      name=${one.name}
      type=${one.type ?? "text"}
      value=${ifDefined(one.value)}
      aria-describedby=${one.hint ? `${id}-hint` : nothing}
      ?required=${one.required}
      autocomplete="off"
    />${hint}</label
  >`;
}

export interface DialogOptions {
  title: string;
  body: () => TemplateResult;
  confirm?: string; // none: only Close
  danger?: boolean;
  wide?: boolean;
  run?: (data: FormData) => Promise<unknown>;
}

export function openDialog(options: DialogOptions): { update: () => void; close: () => void } {
  const dialog = document.createElement("dialog");
  dialog.className = options.wide ? "wide" : "";
  let working = false;
  let problem: unknown;
  const close = () => dialog.close();
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("cancel", (event) => working && event.preventDefault());

  const submit = async (event: Event) => {
    event.preventDefault();
    if (working || !options.run) return;
    const data = new FormData(event.target as HTMLFormElement);
    working = true;
    problem = undefined;
    update();
    try {
      await options.run(data);
      close();
      return;
    } catch (error) {
      problem = error;
    }
    working = false;
    update();
  };
  const update = () => {
    const shown = problem === undefined ? undefined : describe(problem);
    render(
      html`<form @submit=${submit} aria-labelledby="dialog-title">
        <h2 id="dialog-title">${options.title}</h2>
        <div class="dialog-body">${options.body()}</div>
        ${shown
          ? html`<div class="note bad" role="alert">${icon("error")}<div>
                <strong>${shown.text}</strong>${shown.next ? html`<br />${shown.next}` : nothing}
                ${shown.code ? html`<br /><span class="code">${t("error.code", { code: shown.code })}</span>` : nothing}
              </div></div>`
          : nothing}
        <div class="dialog-actions">
          ${options.confirm
            ? html`<button type="submit" class="submit ${options.danger ? "danger" : ""}" ?disabled=${working}>
                ${working ? html`<fluent-spinner size="tiny"></fluent-spinner>` : nothing}${options.confirm}
              </button>`
            : nothing}
          <fluent-button @click=${close} ?disabled=${working}>${options.confirm ? t("cancel") : t("close")}</fluent-button>
        </div>
      </form>`,
      dialog,
    );
  };
  dialog.setAttribute("aria-labelledby", "dialog-title");
  document.body.append(dialog);
  update();
  dialog.showModal();
  dialog.querySelector<HTMLElement>("input, select, textarea")?.focus();
  return { update, close };
}

export function ask(options: { title: string; text: string; items?: string[]; confirm: string; danger?: boolean; run: () => Promise<unknown> }) {
  openDialog({
    title: options.title,
    confirm: options.confirm,
    danger: options.danger,
    body: () => html`<p>${options.text}</p>
      ${options.items?.length
        ? html`<ul class="names">
            ${options.items.slice(0, 10).map((one) => html`<li>${one}</li>`)}
            ${options.items.length > 10 ? html`<li>${t("more", { n: options.items.length - 10 })}</li>` : nothing}
          </ul>`
        : nothing}`,
    run: options.run,
  });
}

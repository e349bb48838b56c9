// A table of any length: only what is visible is in the page. Sorting, filtering, choosing columns,
// keyboard and screen readers.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../text/index.js";
import { PageElement } from "./element.js";
import { icon } from "./icons.js";

export interface Column<R> {
  id: string;
  label: string;
  // What sorting and filtering go by; numbers sort as numbers.
  value: (row: R) => string | number | undefined | null;
  show?: (row: R) => unknown;
  width?: string; // of the grid: "2fr", "120px"
  // 1: always; 2: not on narrow screens; 3: on wide ones only.
  level?: 1 | 2 | 3;
  hidden?: boolean; // until somebody chooses it
  numeric?: boolean;
}

const rowHeight = 40;
const narrowRowHeight = 60;
const overscan = 8;
const narrow = matchMedia("(max-width: 640px)");
const medium = matchMedia("(max-width: 1080px)");
let tables = 0;

@customElement("ww-table")
export class Table<R = any> extends PageElement {
  @property({ attribute: false }) columns: Column<R>[] = [];
  @property({ attribute: false }) rows: R[] = [];
  @property({ attribute: false }) key: (row: R) => string = () => "";
  @property({ attribute: false }) selected: Set<string> = new Set();
  // Why a row cannot be chosen.
  @property({ attribute: false }) unselectable?: (row: R) => string | undefined;
  // Where a row leads; the first column becomes a link.
  @property({ attribute: false }) link?: (row: R) => string;
  // What stands below the name on narrow screens.
  @property({ attribute: false }) subline?: (row: R) => unknown;
  @property({ attribute: false }) controls: unknown = nothing;
  @property() label = "";
  @property() name = ""; // under which choices are kept
  @property() empty = "";
  @property({ type: Boolean }) selectable = false;
  @property() sortBy = "";
  @property({ type: Boolean }) descending = false;
  @property() filter = "";
  @property({ type: Boolean }) flat = false; // as high as its rows, up to a limit

  @state() private from = 0;
  @state() private active = -1;
  @state() private chosen?: string[];
  private visible: R[] = [];
  private sorted: R[] = [];
  private words = new WeakMap<object, string>();
  private id_ = `table${++tables}`;
  private size = new ResizeObserver(() => this.look());
  private height = 600;

  override connectedCallback() {
    super.connectedCallback();
    narrow.addEventListener("change", this.relayout);
    medium.addEventListener("change", this.relayout);
    if (this.name) {
      const kept = localStorage.getItem(`columns.${this.name}`);
      if (kept) this.chosen = kept.split(",");
    }
  }
  override disconnectedCallback() {
    super.disconnectedCallback();
    narrow.removeEventListener("change", this.relayout);
    medium.removeEventListener("change", this.relayout);
    this.size.disconnect();
  }
  private relayout = () => this.requestUpdate();

  get shown(): R[] {
    return this.visible;
  }

  private get rowHeight() {
    return narrow.matches && this.subline ? narrowRowHeight : rowHeight;
  }
  private get level() {
    return narrow.matches ? 1 : medium.matches ? 2 : 3;
  }
  private isChosen(column: Column<R>) {
    return this.chosen ? this.chosen.includes(column.id) : !column.hidden;
  }
  private get columnsShown() {
    const fits = this.columns.filter((one) => this.isChosen(one) && (one.level ?? 1) <= this.level);
    return fits.length ? fits : this.columns.slice(0, 1);
  }

  override willUpdate(changed: PropertyValues<this>) {
    const data = changed.has("rows") || changed.has("columns");
    if (changed.has("rows")) this.words = new WeakMap();
    if (data || changed.has("sortBy") || changed.has("descending")) this.sort();
    if (data || changed.has("sortBy") || changed.has("descending") || changed.has("filter")) this.pick();
    if (this.active >= this.visible.length) this.active = this.visible.length - 1;
  }

  private sort() {
    const column = this.columns.find((one) => one.id === this.sortBy);
    if (!column) {
      this.sorted = this.rows;
      return;
    }
    // Keys once; then plain comparisons.
    const keyed = this.rows.map((row, at) => {
      const value = column.value(row);
      return { row, at, value: typeof value === "string" ? value.toLowerCase() : value };
    });
    const sign = this.descending ? -1 : 1;
    keyed.sort((a, b) => {
      const x = a.value ?? "";
      const y = b.value ?? "";
      if (x === y) return a.at - b.at;
      if (x === "") return 1;
      if (y === "") return -1;
      return x < y ? -sign : sign;
    });
    this.sorted = keyed.map((one) => one.row);
  }

  private wordsOf(row: R): string {
    let text = this.words.get(row as object);
    if (text === undefined) {
      text = this.columns.map((one) => one.value(row) ?? "").join("\u0001").toLowerCase();
      this.words.set(row as object, text);
    }
    return text;
  }

  private pick() {
    const wanted = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.visible = wanted.length
      ? this.sorted.filter((row) => {
          const text = this.wordsOf(row);
          return wanted.every((one) => text.includes(one));
        })
      : this.sorted;
    this.from = 0;
    const body = this.querySelector(".t-scroll");
    if (body && this.hasUpdated) this.from = Math.min(this.first(body.scrollTop), Math.max(0, this.visible.length - 1));
  }

  private first(top: number) {
    return Math.max(0, Math.floor(top / this.rowHeight) - overscan);
  }
  private look() {
    const body = this.querySelector(".t-scroll");
    if (!body) return;
    const height = body.clientHeight;
    const from = this.first(body.scrollTop);
    if (height !== this.height || from !== this.from) {
      this.height = height;
      this.from = from;
      this.requestUpdate();
    }
  }

  override firstUpdated() {
    this.size.observe(this.querySelector(".t-scroll")!);
  }
  override updated() {
    // Through the object model: the policy of the page allows no styles in markup.
    const columns = this.columnsShown.map((one) => (one.width?.endsWith("fr") || !one.width ? `minmax(0, ${one.width ?? "1fr"})` : one.width));
    this.style.setProperty("--columns", (this.selectable ? "36px " : "") + columns.join(" "));
    this.style.setProperty("--row", `${this.rowHeight}px`);
    const count = Math.ceil(this.height / this.rowHeight) + 2 * overscan;
    const before = this.querySelector<HTMLElement>(".t-before");
    const after = this.querySelector<HTMLElement>(".t-after");
    if (before) before.style.height = `${this.from * this.rowHeight}px`;
    if (after) after.style.height = `${Math.max(0, this.visible.length - this.from - count) * this.rowHeight}px`;
    if (this.flat) {
      const body = this.querySelector<HTMLElement>(".t-scroll")!;
      const wanted = Math.min(Math.max(this.visible.length, 1), 12) * this.rowHeight + 38;
      body.style.height = `${wanted}px`;
    }
  }

  private sortOn(column: Column<R>) {
    if (this.sortBy === column.id) this.descending = !this.descending;
    else {
      this.sortBy = column.id;
      this.descending = false;
    }
  }
  private choose(id: string, on: boolean) {
    const now = this.columns.filter((one) => this.isChosen(one)).map((one) => one.id);
    this.chosen = on ? [...now, id] : now.filter((one) => one !== id);
    if (this.name) localStorage.setItem(`columns.${this.name}`, this.chosen.join(","));
  }

  private toggle(row: R, on = !this.selected.has(this.key(row))) {
    if (!this.selectable || this.unselectable?.(row)) return;
    const next = new Set(this.selected);
    if (on) next.add(this.key(row));
    else next.delete(this.key(row));
    this.tellSelection(next);
  }
  private toggleAll(on: boolean) {
    const next = new Set(this.selected);
    for (const row of this.visible) {
      if (this.unselectable?.(row)) continue;
      if (on) next.add(this.key(row));
      else next.delete(this.key(row));
    }
    this.tellSelection(next);
  }
  private tellSelection(next: Set<string>) {
    this.selected = next;
    this.dispatchEvent(new CustomEvent("selection", { detail: next, bubbles: true }));
  }

  private onKey = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("a, button, input") && event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (event.key in moves) {
      event.preventDefault();
      this.active = Math.max(0, Math.min(this.visible.length - 1, this.active + moves[event.key]!));
      this.reveal();
    } else if (event.key === " " && this.active >= 0) {
      event.preventDefault();
      this.toggle(this.visible[this.active]!);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.open(this.visible[this.active]!);
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey) && this.selectable) {
      event.preventDefault();
      this.toggleAll(true);
    }
  };
  private reveal() {
    const body = this.querySelector(".t-scroll")!;
    const top = this.active * this.rowHeight;
    if (top < body.scrollTop) body.scrollTop = top;
    else if (top + this.rowHeight + 38 > body.scrollTop + body.clientHeight) body.scrollTop = top + this.rowHeight + 38 - body.clientHeight;
  }
  private open(row: R) {
    if (this.link) location.hash = this.link(row);
    this.dispatchEvent(new CustomEvent("open-row", { detail: row }));
  }

  private header(shown: Column<R>[]): TemplateResult {
    const some = this.selectable && this.visible.some((row) => this.selected.has(this.key(row)));
    const all = some && this.visible.every((row) => this.selected.has(this.key(row)) || this.unselectable?.(row));
    return html`<div role="row" class="t-row t-head" aria-rowindex="1">
      ${this.selectable
        ? html`<div role="columnheader" class="t-check">
            <input
              type="checkbox"
              aria-label=${t("table.all")}
              .checked=${all}
              .indeterminate=${some && !all}
              @change=${(event: Event) => this.toggleAll((event.target as HTMLInputElement).checked)}
            />
          </div>`
        : nothing}
      ${shown.map(
        (one) => html`<div
          role="columnheader"
          class=${one.numeric ? "numeric" : ""}
          aria-sort=${this.sortBy === one.id ? (this.descending ? "descending" : "ascending") : "none"}
        >
          <button class="plain sort" title=${one.label} @click=${() => this.sortOn(one)}>
            <span>${one.label}</span>${this.sortBy === one.id ? html`<span class="order ${this.descending ? "down" : "up"}">${icon("chevron")}</span>` : nothing}
          </button>
        </div>`,
      )}
    </div>`;
  }

  private row(row: R, index: number, shown: Column<R>[]): TemplateResult {
    const key = this.key(row);
    const selected = this.selected.has(key);
    const reason = this.unselectable?.(row);
    return html`<div
      role="row"
      id="${this.id_}-${index}"
      class="t-row ${selected ? "selected" : ""} ${index === this.active ? "active" : ""}"
      aria-rowindex=${index + 2}
      aria-selected=${this.selectable ? String(selected) : nothing}
      @click=${() => {
        this.active = index;
        if (this.selectable && !this.link) this.toggle(row);
      }}
    >
      ${this.selectable
        ? html`<div role="gridcell" class="t-check" @click=${(event: Event) => event.stopPropagation()}>
            <input
              type="checkbox"
              tabindex="-1"
              aria-label="${t("table.one")}: ${String(this.columns[0]?.value(row) ?? key)}"
              title=${reason ?? ""}
              ?disabled=${!!reason}
              .checked=${selected}
              @change=${(event: Event) => this.toggle(row, (event.target as HTMLInputElement).checked)}
            />
          </div>`
        : nothing}
      ${shown.map((one, at) => {
        const content = one.show ? one.show(row) : (one.value(row) ?? "–");
        const text = one.show ? undefined : String(one.value(row) ?? "");
        return html`<div role="gridcell" class=${one.numeric ? "numeric" : ""} title=${text ?? nothing}>
          ${at === 0 && this.link ? html`<a href="#${this.link(row)}" tabindex="-1">${content}</a>` : content}
          ${at === 0 && narrow.matches && this.subline ? html`<div class="t-sub">${this.subline(row)}</div>` : nothing}
        </div>`;
      })}
    </div>`;
  }

  override render() {
    const shown = this.columnsShown;
    const count = Math.ceil(this.height / this.rowHeight) + 2 * overscan;
    const rows = this.visible.slice(this.from, this.from + count);
    const filtered = this.visible.length !== this.rows.length;
    return html`
      <div class="t-bar">
        <label class="t-filter">
          ${icon("search")}
          <input
            type="search"
            placeholder=${t("table.filter")}
            aria-label="${t("table.filter")}: ${this.label}"
            .value=${this.filter}
            @input=${(event: Event) => (this.filter = (event.target as HTMLInputElement).value)}
          />
        </label>
        ${this.controls}
        <span class="t-count" role="status">
          ${filtered ? t("table.some", { shown: this.visible.length, all: this.rows.length }) : t("table.count", { n: this.rows.length })}${this.selectable && this.selected.size
            ? html` · ${t("table.selected", { n: this.selected.size })}`
            : nothing}
        </span>
        <details class="menu t-columns" @focusout=${(event: FocusEvent) => {
          const details = event.currentTarget as HTMLDetailsElement;
          if (!details.contains(event.relatedTarget as Node)) details.open = false;
        }}>
          <summary aria-label=${t("table.columns")} title=${t("table.columns")}>${icon("columns")}</summary>
          <div class="menu-body">
            ${this.columns.map(
              (one, at) => html`<label>
                <input
                  type="checkbox"
                  .checked=${this.isChosen(one)}
                  ?disabled=${at === 0}
                  @change=${(event: Event) => this.choose(one.id, (event.target as HTMLInputElement).checked)}
                />${one.label}
              </label>`,
            )}
          </div>
        </details>
      </div>
      <div
        class="t-scroll"
        role="grid"
        tabindex="0"
        aria-label=${this.label}
        aria-rowcount=${this.visible.length + 1}
        aria-multiselectable=${this.selectable ? "true" : nothing}
        aria-activedescendant=${this.active >= this.from && this.active < this.from + count ? `${this.id_}-${this.active}` : nothing}
        @scroll=${() => this.look()}
        @keydown=${this.onKey}
      >
        <div role="rowgroup" class="t-top">${this.header(shown)}</div>
        <div role="rowgroup">
          <div class="t-before" role="presentation"></div>
          ${repeat(
            rows,
            (row) => this.key(row),
            (row, at) => this.row(row, this.from + at, shown),
          )}
          <div class="t-after" role="presentation"></div>
        </div>
      </div>
      ${this.visible.length ? nothing : html`<p class="t-none">${this.rows.length ? t("table.nothing", { text: this.filter }) : this.empty}</p>`}
    `;
  }
}

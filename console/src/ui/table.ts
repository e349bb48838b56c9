// A table of any length: only what is visible is in the page. Sorting, filtering, choosing columns,
// keyboard and screen readers.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { collation, t } from "../text/index.js";
import { PageElement } from "./element.js";
import { icon } from "./icons.js";
import { busy } from "./parts.js";
import { Job, orderOf, wordsOf } from "./pieces.js";

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
const small = 2000; // rows that need no pieces
const piece = 10; // milliseconds
let tables = 0;

// What sorting and searching need of rows that do not change: made once, in pieces.
class RowIndex<R> {
  readonly words: Job<string[]>;
  private orders = new Map<string, ReturnType<RowIndex<R>["make"]>>();
  constructor(
    readonly rows: R[],
    private columns: Column<R>[],
  ) {
    this.words = new Job(wordsOf(rows.length, (at) => columns.map((one) => one.value(rows[at]!) ?? "").join("\u0001").toLowerCase()));
  }
  private make(id: string) {
    const column = this.columns.find((one) => one.id === id)!;
    return new Job(orderOf(this.rows.length, (at) => column.value(this.rows[at]!), collation()));
  }
  order(id: string) {
    const known = this.orders.get(id) ?? this.make(id);
    this.orders.set(id, known);
    return known;
  }
}

@customElement("ww-table")
export class Table<R = any> extends PageElement {
  @property({ attribute: false }) columns: Column<R>[] = [];
  // The same rows in another array are no change.
  @property({ attribute: false, hasChanged: (now: unknown[], before?: unknown[]) => now !== before && (!before || now.length !== before.length || now.some((one, at) => one !== before[at])) })
  rows: R[] = [];
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
  private index = new RowIndex<R>([], []);
  private indexed = "";
  // What is visible now: of which rows, where they stand there, how sorted, what was searched for.
  private arranged?: RowIndex<R>;
  private places?: Uint32Array;
  private arrangement = "";
  private picked = "";
  private some = false;
  private every = false;
  private rearranged = false;
  private stale = false;
  private waiting = false;
  private timer = 0;
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
    clearTimeout(this.timer);
    this.timer = 0;
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
    const columns = this.columns.map((one) => one.id).join();
    const data = changed.has("rows") || columns !== this.indexed;
    if (data) {
      this.index = new RowIndex(this.rows, this.columns);
      this.indexed = columns;
      this.prepare();
    }
    if (data || this.stale || changed.has("sortBy") || changed.has("descending") || changed.has("filter")) this.arrange();
    if (changed.has("selected") || this.rearranged) {
      this.some = this.selectable && this.selected.size > 0 && this.visible.some((row) => this.selected.has(this.key(row)));
      this.every = this.some && this.visible.every((row) => this.selected.has(this.key(row)) || this.unselectable?.(row));
    }
    this.rearranged = false;
    if (this.active >= this.visible.length) this.active = this.visible.length - 1;
  }

  // Sorts and filters. Of long lists only for a moment: what is not done by then goes on in pieces,
  // and until then the list stays as it is.
  private arrange() {
    const { index } = this;
    this.stale = false;
    const order = this.columns.some((one) => one.id === this.sortBy) ? index.order(this.sortBy) : undefined;
    const wanted = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const most = index.rows.length <= small ? Infinity : piece;
    const ready = (!order || order.work(most)) && (!wanted.length || index.words.work(most));
    this.waiting = !ready;
    if (!ready) {
      this.later();
      return;
    }
    const { rows } = index;
    const arrangement = `${this.sortBy}|${this.descending}`;
    // More letters find less: what is visible is enough to look through.
    const narrower = this.arranged === index && this.arrangement === arrangement && this.filter.toLowerCase().startsWith(this.picked) && this.picked !== "";
    let places = narrower ? this.places : order ? this.directed(order.value!) : undefined;
    if (wanted.length) {
      const words = index.words.value!;
      const fits = (at: number) => {
        const text = words[at]!;
        for (const one of wanted) if (!text.includes(one)) return false;
        return true;
      };
      const found: number[] = [];
      if (places) {
        for (const at of places) if (fits(at)) found.push(at);
      } else for (let at = 0; at < rows.length; ++at) if (fits(at)) found.push(at);
      places = Uint32Array.from(found);
    }
    this.places = places;
    this.arranged = index;
    this.arrangement = arrangement;
    this.picked = wanted.length ? this.filter.toLowerCase() : "";
    if (places) {
      const visible = new Array<R>(places.length);
      for (let at = 0; at < places.length; ++at) visible[at] = rows[places[at]!]!;
      this.visible = visible;
    } else this.visible = rows;
    this.rearranged = true;
    this.from = 0;
    const body = this.querySelector(".t-scroll");
    if (body && this.hasUpdated) this.from = Math.min(this.first(body.scrollTop), Math.max(0, this.visible.length - 1));
  }
  // Descending: the other way round, what is empty last all the same.
  private directed({ places, empty }: { places: Uint32Array; empty: number }): Uint32Array {
    if (!this.descending) return places;
    const out = places.slice();
    out.subarray(0, out.length - empty).reverse();
    return out;
  }
  private later() {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.stale = true;
      this.requestUpdate();
    });
  }
  // So that the first letter that somebody types and the first click on a column need not wait: what
  // they need is made when the page has nothing else to do.
  private prepare() {
    const { index } = this;
    if (index.rows.length <= small) return;
    const idle = window.requestIdleCallback ?? ((work: (deadline: { timeRemaining(): number }) => void) => setTimeout(() => work({ timeRemaining: () => piece / 2 }), 20));
    const jobs = [index.words, ...this.columnsShown.map((one) => index.order(one.id))];
    const go = (deadline: { timeRemaining(): number }) => {
      if (index !== this.index || !this.isConnected) return;
      const job = jobs.find((one) => !one.done);
      if (!job) return;
      job.work(Math.min(deadline.timeRemaining() - 1, piece));
      idle(go);
    };
    idle(go);
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
    const { some, every: all } = this;
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
        aria-busy=${this.waiting ? "true" : nothing}
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
      ${this.visible.length ? nothing : this.waiting ? busy() : html`<p class="t-none">${this.rows.length ? t("table.nothing", { text: this.filter }) : this.empty}</p>`}
    `;
  }
}

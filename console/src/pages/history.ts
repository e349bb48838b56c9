import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../ui/element.js";
@customElement("ww-history")
export class HistoryPage extends PageElement {
  override render() {
    return html`<div class="page"><h1 tabindex="-1">history</h1></div>`;
  }
}

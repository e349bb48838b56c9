import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../ui/element.js";
@customElement("ww-updates")
export class UpdatesPage extends PageElement {
  override render() {
    return html`<div class="page"><h1 tabindex="-1">updates</h1></div>`;
  }
}

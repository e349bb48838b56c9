import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../ui/element.js";
@customElement("ww-update")
export class UpdatePage extends PageElement {
  override render() {
    return html`<div class="page"><h1 tabindex="-1">update</h1></div>`;
  }
}

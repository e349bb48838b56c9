import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../ui/element.js";
@customElement("ww-site")
export class SitePage extends PageElement {
  override render() {
    return html`<div class="page"><h1 tabindex="-1">site</h1></div>`;
  }
}

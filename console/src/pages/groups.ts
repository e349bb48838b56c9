import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../ui/element.js";
@customElement("ww-groups")
export class GroupsPage extends PageElement {
  override render() {
    return html`<div class="page"><h1 tabindex="-1">groups</h1></div>`;
  }
}

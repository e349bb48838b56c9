import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../ui/element.js";
@customElement("ww-points")
export class PointsPage extends PageElement {
  override render() {
    return html`<div class="page"><h1 tabindex="-1">points</h1></div>`;
  }
}

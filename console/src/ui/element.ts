// The page's elements render into the page itself: one style sheet, plain labels and landmarks.
import { LitElement } from "lit";

export class PageElement extends LitElement {
  protected override createRenderRoot() {
    return this;
  }
}

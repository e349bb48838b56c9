// When a schedule is due next; what recurs only the server knows.
import { customElement, property, state } from "lit/decorators.js";
import type { PropertyValues } from "lit";
import { nextOf } from "../api/times.js";
import { PageElement } from "./element.js";
import { when } from "./parts.js";

@customElement("ww-next-time")
export class NextTime extends PageElement {
  @property({ attribute: false }) schedule = "";
  @state() private next?: Date;
  override willUpdate(changed: PropertyValues<this>) {
    if (!changed.has("schedule")) return;
    const { schedule } = this;
    void nextOf(schedule).then((next) => {
      if (schedule === this.schedule) this.next = next;
    });
  }
  override render() {
    return when(this.next);
  }
}

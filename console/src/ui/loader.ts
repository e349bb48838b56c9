// Loads something for an element, says how that goes, and loads it again when the site changed it.
import { ReactiveController, ReactiveControllerHost } from "lit";
import { stream, type ChangedEvent } from "../api/events.js";

export class Loader<T> implements ReactiveController {
  value?: T;
  error?: Error;
  loading = false;
  private abort?: AbortController;
  private again = 0;

  // `classes`: what the value is made of; `key`: only of this package.
  constructor(
    private host: ReactiveControllerHost,
    private load: (options: { background: boolean; signal: AbortSignal }) => Promise<T>,
    private classes: string[] = [],
    private key: () => string | undefined = () => undefined,
  ) {
    host.addController(this);
  }

  hostConnected() {
    stream.addEventListener("changed", this.onChanged);
    stream.addEventListener("reset", this.onReset);
    void this.run();
  }
  hostDisconnected() {
    stream.removeEventListener("changed", this.onChanged);
    stream.removeEventListener("reset", this.onReset);
    clearTimeout(this.again);
    this.again = 0;
    this.abort?.abort();
  }

  async run(background = false): Promise<void> {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    this.loading = !background || this.value === undefined;
    if (!background) this.host.requestUpdate();
    try {
      const value = await this.load({ background, signal: abort.signal });
      if (abort.signal.aborted) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (abort.signal.aborted) return;
      // What was loaded stays visible when only a repetition failed.
      if (!background || this.value === undefined) this.error = error as Error;
    }
    this.loading = false;
    this.host.requestUpdate();
  }

  private onChanged = (event: Event) => {
    const { class: cls, key } = (event as CustomEvent<ChangedEvent>).detail;
    if (cls !== "*" && !this.classes.includes(cls)) return;
    const mine = this.key();
    if (mine !== undefined && key !== undefined && key !== mine) return;
    this.soon();
  };
  private onReset = () => this.soon();
  // Many changes at once are one.
  private soon() {
    if (this.again) return;
    this.again = window.setTimeout(() => {
      this.again = 0;
      void this.run(true);
    }, 400);
  }
}

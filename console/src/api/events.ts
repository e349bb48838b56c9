// The site's event stream: one connection however many tabs. The tab that holds the lock listens and
// tells the others.
import { request, signedOut } from "./client.js";

export interface RunEvent {
  RunID: number;
  ScheduleID: number;
  ImagePackageID: string;
  ImageName: string;
  State: string;
  Attempt: number;
  Phase: string;
  PhaseNumber: number;
  PhaseCount: number;
  BytesDone: number;
  BytesTotal: number;
  NewVersion: number;
  Server: string;
  ErrorCode: string;
  CancelRequested: boolean;
  Over: boolean;
}
export interface ChangedEvent {
  class: string;
  key?: string;
}
type Message =
  | { kind: "run"; data: RunEvent }
  | { kind: "changed"; data: ChangedEvent }
  | { kind: "message"; data: { RecordID: number; MessageID: number; Severity: number; Component: string } }
  | { kind: "reset" }
  | { kind: "signed-out" }
  | { kind: "state"; data: boolean };

const firstPause = 500;
const longestPause = 10_000;

class Stream extends EventTarget {
  connected?: boolean; // undefined: nobody knows yet
  private channel?: BroadcastChannel;
  private stopped?: AbortController;
  private source?: EventSource;
  private lastId = "";
  private pause = firstPause;
  private timer = 0;

  start() {
    if (this.stopped) return;
    this.stopped = new AbortController();
    this.channel = new BroadcastChannel("wimwright-events");
    this.channel.onmessage = (event) => {
      if (event.data.id) this.lastId = event.data.id;
      if (event.data.kind) this.tell(event.data as Message);
      // Somebody new asks whether the stream is up.
      if (event.data.ask && this.source && this.connected !== undefined) this.send({ kind: "state", data: this.connected });
    };
    this.channel.postMessage({ ask: true });
    const { signal } = this.stopped;
    navigator.locks
      .request("wimwright-events", { signal }, () => {
        this.open();
        return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      })
      .catch(() => undefined);
  }

  stop() {
    this.stopped?.abort();
    this.stopped = undefined;
    this.source?.close();
    this.source = undefined;
    this.channel?.close();
    clearTimeout(this.timer);
    this.connected = undefined;
  }

  // Who signs out here is signed out in every tab, at once.
  tellSignedOut() {
    this.channel?.postMessage({ kind: "signed-out" } satisfies Message);
  }

  private open() {
    if (!this.stopped) return;
    const source = new EventSource("/events" + (this.lastId ? `?last=${encodeURIComponent(this.lastId)}` : ""));
    this.source = source;
    const on = (kind: Message["kind"]) =>
      source.addEventListener(kind, (event) => {
        const message = event as MessageEvent<string>;
        if (message.lastEventId) this.lastId = message.lastEventId;
        this.send({ kind, data: JSON.parse(message.data) } as Message, this.lastId);
      });
    (["run", "changed", "message", "reset", "signed-out"] as const).forEach(on);
    source.addEventListener("hello", (event) => (this.lastId = (event as MessageEvent).lastEventId));
    source.onopen = () => {
      this.pause = firstPause;
      this.send({ kind: "state", data: true });
    };
    source.onerror = () => {
      this.send({ kind: "state", data: false });
      // Browsers begin again by themselves after a lost connection, but not after an answer.
      source.close();
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.again(), this.pause);
      this.pause = Math.min(this.pause * 2, longestPause);
    };
  }

  private async again() {
    try {
      await request("GET", "/console/session", undefined, { background: true });
    } catch {
      // 401 has told signedOut; everything else: the server is away.
      if (!this.stopped) return;
    }
    this.open();
  }

  private send(message: Message, id?: string) {
    this.channel?.postMessage({ ...message, id });
    this.tell(message);
  }

  private tell(message: Message) {
    if (message.kind === "state") {
      if (this.connected === message.data) return;
      this.connected = message.data;
      this.dispatchEvent(new Event("state"));
      return;
    }
    if (message.kind === "signed-out") {
      signedOut.dispatchEvent(new Event("signed-out"));
      return;
    }
    this.dispatchEvent(new CustomEvent(message.kind, { detail: "data" in message ? message.data : undefined }));
  }
}

export const stream = new Stream();

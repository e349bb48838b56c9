// Update files to the site, in pieces: what was acknowledged is on the server's disk, and an upload that
// broke off goes on where it was, also after this page was loaded again.
import { ApiError, call, request, type Row } from "./client.js";

const collection = "/AdminService/uploads";

export interface Upload {
  name: string;
  size: number;
  done: number;
  state: "waiting" | "sending" | "importing" | "done" | "failed";
  decision?: string;
  reason?: string;
  title?: string;
  ci?: number;
  error?: unknown;
}

async function begin(file: File): Promise<Row> {
  // One of the same name and size that was begun before: the digest is checked at the end anyway.
  const mine = (await request("GET", collection)).value as Row[];
  const old = mine.find((one) => one.name === file.name && one.size === file.size && !one.complete);
  return old ?? request("POST", collection, { name: file.name, size: file.size });
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export async function send(file: File, upload: Upload, tell: () => void, signal: AbortSignal): Promise<void> {
  upload.state = "sending";
  tell();
  let state = await begin(file);
  const id = state.id as string;
  let failures = 0;
  let offset = state.offset as number;
  while (offset < file.size) {
    signal.throwIfAborted();
    const end = Math.min(offset + Math.min(state.piece as number, 4 << 20), file.size);
    try {
      const answer = await request("PUT", `${collection}/${id}?offset=${offset}`, file.slice(offset, end), { signal });
      offset = answer.offset;
      failures = 0;
    } catch (error) {
      const status = error instanceof ApiError ? error.status : -1;
      // The network or the server went away: wait, ask where to go on. Everything else is final.
      if ((status !== 0 && status !== 409 && status < 500) || ++failures > 30) throw error;
      await pause(Math.min(500 * failures, 5000));
      try {
        state = await request("GET", `${collection}/${id}`, undefined, { signal });
        offset = state.offset;
      } catch (again) {
        if (again instanceof ApiError && again.status !== 0 && again.status < 500) throw again;
      }
    }
    upload.done = offset;
    tell();
  }
  upload.state = "importing";
  tell();
  const answer = await call("WW_UpdateCatalog", "ImportContent", { UploadID: id });
  const [result] = answer.Files as Row[];
  upload.decision = result?.Decision ?? "imported";
  upload.reason = result?.Reason ?? "";
  upload.title = result?.Title ?? "";
  upload.ci = result?.CI_ID || answer.CI_IDs?.[0];
  upload.state = upload.decision === "failed" || upload.decision === "ignored" ? "failed" : "done";
  tell();
}

// The administration service, as any script sees it: sets, objects, methods, errors.

export type Row = Record<string, any>;

// What went wrong, in the order people read it: what happened, why, what to do, and the code.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = "",
    readonly nextStep = "",
  ) {
    super(message);
  }
}

// The token of the session, which changing requests carry. Kept in memory only.
let csrf = "";
export function setToken(token: string) {
  csrf = token;
}
export function requestToken(): string {
  return csrf;
}

// Told once when the server says that nobody is signed in any more.
export const signedOut = new EventTarget();

const base = "/AdminService/wmi/";

export interface RequestOptions {
  // The page asks by itself: keeps no session alive.
  background?: boolean;
  signal?: AbortSignal;
}

export async function request(
  method: string,
  path: string,
  body?: unknown,
  options: RequestOptions = {},
): Promise<any> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (options.background) headers["X-Background"] = "1";
  let payload: BodyInit | undefined;
  if (body instanceof Blob) {
    payload = body;
    headers["Content-Type"] = "application/octet-stream";
  } else if (body !== undefined) {
    payload = JSON.stringify(body);
    headers["Content-Type"] = "application/json";
  }
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, body: payload, signal: options.signal });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new ApiError(0, "", "offline");
  }
  const text = await answer.text();
  let json: any;
  try {
    json = text ? JSON.parse(text) : undefined;
  } catch {
    json = undefined;
  }
  if (answer.ok) {
    if (json === undefined && text) throw new ApiError(answer.status, text.slice(0, 300), "protocol");
    return json;
  }
  if (answer.status === 401) signedOut.dispatchEvent(new Event("signed-out"));
  throw errorOf(answer.status, json, text);
}

function errorOf(status: number, json: any, text: string): ApiError {
  const error = json?.error;
  if (!error) return new ApiError(status, text.trim().slice(0, 500), String(status));
  const extended = error.SMS_ExtendedStatus;
  const number = extended?.StatusCode ?? extended?.ErrorCode;
  const code = typeof number === "number" && number !== 0
    ? "0x" + (number >>> 0).toString(16).toUpperCase().padStart(8, "0")
    : String(error.code ?? status);
  // The query that failed stands behind the sentence, for scripts.
  const [sentence] = String(extended?.Description || error.message || "").split(/\s{2}WMI QUERY:/);
  return new ApiError(status, sentence ?? "", code, error.next_step ?? extended?.NextStep ?? "");
}

export interface Query {
  filter?: string;
  select?: string[];
  orderby?: string;
  top?: number;
  skip?: number;
}

export async function list(cls: string, query: Query = {}, options?: RequestOptions): Promise<Row[]> {
  const parts: string[] = [];
  const add = (name: string, value: string) => parts.push(`$${name}=${encodeURIComponent(value)}`);
  if (query.filter) add("filter", query.filter);
  if (query.select) add("select", query.select.join(","));
  if (query.orderby) add("orderby", query.orderby);
  if (query.top !== undefined) add("top", String(query.top));
  if (query.skip) add("skip", String(query.skip));
  const answer = await request("GET", base + cls + (parts.length ? "?" + parts.join("&") : ""), undefined, options);
  return answer.value;
}

export type Key = string | number | Record<string, string | number>;

export function literal(value: string | number): string {
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
function address(cls: string, key: Key): string {
  const inside =
    typeof key === "object"
      ? Object.entries(key)
          .map(([name, value]) => `${name}=${encodeURIComponent(literal(value))}`)
          .join(",")
      : encodeURIComponent(literal(key));
  return `${base}${cls}(${inside})`;
}

export async function get(cls: string, key: Key, options?: RequestOptions): Promise<Row> {
  const answer = await request("GET", address(cls, key), undefined, options);
  return answer.value?.[0] ?? answer;
}
export const create = (cls: string, body: Row): Promise<Row> => request("POST", base + cls, body);
export const change = (cls: string, key: Key, body: Row): Promise<Row> => request("PATCH", address(cls, key), body);
export const remove = (cls: string, key: Key): Promise<void> => request("DELETE", address(cls, key));
// A method of a class, and one of an object.
export const call = (cls: string, method: string, body: Row = {}, options?: RequestOptions): Promise<Row> =>
  request("POST", `${base}${cls}.${method}`, body, options);
export const callOn = (cls: string, key: Key, method: string, body: Row = {}): Promise<Row> =>
  request("POST", `${address(cls, key)}/AdminService.${method}`, body);

// The same calls as a person would type them, for the wizard's summary.
export function asCurl(method: string, resource: string, body?: Row): string {
  const data = body === undefined ? "" : ` \\\n  -H 'Content-Type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
  return `curl --user "$USER" -X ${method} '${location.origin}${base}${resource}'${data}`;
}

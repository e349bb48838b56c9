// Who is signed in. The cookie is the browser's; this page sees only names and the request token.
import { ApiError, request, setToken } from "./client.js";

export interface Session {
  user: string;
  scheme: string;
  seconds_left: number;
  site: string;
  name: string;
  version: string;
}
export interface SiteFace {
  site: string;
  name: string;
  kerberos: boolean;
}

// Which of the sessions this is, as WW_ConsoleSession lists them.
let id = "";
export const currentSession = (): string => id;
function keep(answer: any): Session {
  id = answer.id ?? "";
  setToken(answer.csrf);
  return answer;
}

export async function current(): Promise<Session | null> {
  try {
    return keep(await request("GET", "/console/session", undefined, { background: true }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
export const siteFace = (): Promise<SiteFace> => request("GET", "/console/site");
export const signIn = async (body: { user: string; password: string } | { token: string }): Promise<Session> =>
  keep(await request("POST", "/console/session", body));
export async function signOut(): Promise<void> {
  await request("DELETE", "/console/session");
  setToken("");
}

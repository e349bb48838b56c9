// What the user may do, so that the page can say so before the server does. The server decides.
import { call, type Row } from "./client.js";
import { t, type TextKey } from "../text/index.js";

export const types = {
  site: 6,
  upgrade: 14,
  image: 18,
  updatesPackage: 24,
  role: 26,
  admin: 28,
  group: 34,
  point: 42,
  pointGroup: 43,
  messages: 59,
  update: 1011,
} as const;
export type Kind = keyof typeof types;
export const operations = { read: 1, modify: 2, delete: 4, distribute: 8, create: 1024 } as const;
export type Operation = keyof typeof operations;

let known = new Map<number, number>();
let roles: string[] = [];

export async function readRights(): Promise<void> {
  try {
    const answer = await call("WW_Access", "MyRights", {}, { background: true });
    known = new Map((answer.Rights as Row[]).map((one) => [one.ObjectTypeID, one.Operations]));
    roles = answer.Roles ?? [];
  } catch {
    // Unknown: everything is offered, and refused by the server with its reason.
    known = new Map();
    roles = [];
  }
}

export const rights = {
  may(kind: Kind, operation: Operation): boolean {
    if (known.size === 0) return true;
    return ((known.get(types[kind]) ?? 0) & operations[operation]) !== 0;
  },
  // The reason why not; false when it is allowed.
  reason(kind: Kind, operation: Operation): string | false {
    if (this.may(kind, operation)) return false;
    return t("rights.missing", { what: t(`kind.${kind}` as TextKey), operation: t(`operation.${operation}` as TextKey) });
  },
  describe(): string {
    return roles.length ? roles.join(", ") : t("rights.none");
  },
};

// What is inside an image, and what two versions of it differ in.
import { call, type Row } from "./client.js";
import { time } from "../text/index.js";

export interface Installed {
  index: number;
  identity: string;
  kb: string;
  state: string;
  version: string;
  releaseType: string;
  installed?: Date;
  supersededBy: string;
}
export async function contents(packageId: string, version?: number, signal?: AbortSignal): Promise<Installed[]> {
  const answer = await call("WW_ImageContents", "InstalledPackages", { PackageID: packageId, ...(version ? { SourceVersion: version } : {}) }, { signal });
  return (answer.Packages as Row[]).map((row) => ({
    index: row.ImageIndex,
    identity: row.Identity,
    kb: row.ArticleID ? `KB${row.ArticleID}` : "",
    state: row.State,
    version: row.Version ?? "",
    releaseType: row.ReleaseType ?? "",
    installed: time(row.InstallTime),
    supersededBy: row.SupersededBy ?? "",
  }));
}

// A sign and a text: "+", "−" or "~".
type Line = [string, string];
export interface Difference {
  indexes: {
    index: number;
    name: string;
    identical: boolean;
    buildOld: string;
    buildNew: string;
    packages: Line[];
    components: Line[];
    files: Line[];
    registry: Line[];
  }[];
}
export async function difference(packageId: string, from: number, to: number, signal?: AbortSignal): Promise<Difference> {
  const answer = await call("WW_ImageContents", "Compare", { PackageID: packageId, OldVersion: from, NewVersion: to }, { signal });
  const report = JSON.parse(answer.Report);
  const value = (one: Row | null) => (one ? `${one.data}` : "–");
  return {
    indexes: (report.indexes as Row[]).map((one) => ({
      index: one.index,
      name: one.name ?? "",
      identical: !!one.identical,
      buildOld: one.build_old ?? "",
      buildNew: one.build_new ?? "",
      packages: ((one.packages ?? []) as Row[]).map((p): Line => [!p.old_state ? "+" : !p.new_state ? "−" : "~", `${p.identity}${p.old_state && p.new_state ? `: ${p.old_state} → ${p.new_state}` : `: ${p.new_state || p.old_state}`}`]),
      components: [...(one.components?.added ?? []).map((c: string): Line => ["+", c]), ...(one.components?.removed ?? []).map((c: string): Line => ["−", c])],
      files: [
        ...(one.files?.added ?? []).map((f: Row): Line => ["+", f.path]),
        ...(one.files?.removed ?? []).map((f: Row): Line => ["−", f.path]),
        ...(one.files?.changed ?? []).map((f: Row): Line => ["~", `${f.path} (${(f.what ?? []).join(", ")})`]),
      ],
      registry: [
        ...(one.registry?.keys_added ?? []).map((k: string): Line => ["+", k]),
        ...(one.registry?.keys_removed ?? []).map((k: string): Line => ["−", k]),
        ...(one.registry?.values_added ?? []).map((v: Row): Line => ["+", `${v.hive}\\${v.key}: ${v.name || "@"} = ${value(v.new)}`]),
        ...(one.registry?.values_removed ?? []).map((v: Row): Line => ["−", `${v.hive}\\${v.key}: ${v.name || "@"}`]),
        ...(one.registry?.values_changed ?? []).map((v: Row): Line => ["~", `${v.hive}\\${v.key}: ${v.name || "@"} = ${value(v.old)} → ${value(v.new)}`]),
      ],
    })),
  };
}

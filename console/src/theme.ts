// Light, dark, or as the system has it.
export type Theme = "system" | "light" | "dark";
const system = matchMedia("(prefers-color-scheme: dark)");
let set: (dark: boolean) => void = () => undefined;

export function setThemes(apply: (dark: boolean) => void) {
  set = apply;
  system.addEventListener("change", applyTheme);
}
export function theme(): Theme {
  const kept = localStorage.getItem("theme");
  return kept === "light" || kept === "dark" ? kept : "system";
}
export function isDark(): boolean {
  return theme() === "dark" || (theme() === "system" && system.matches);
}
export function applyTheme() {
  const dark = isDark();
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  set(dark);
}
export function chooseTheme(wanted: Theme) {
  if (wanted === "system") localStorage.removeItem("theme");
  else localStorage.setItem("theme", wanted);
  applyTheme();
}

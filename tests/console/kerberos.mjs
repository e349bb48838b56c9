// Who is signed in to the computer is signed in to the site, where that is configured: no password is typed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { chromium } from "playwright-core";
import { assert, patience, url } from "./browser.mjs";

const profile = mkdtempSync(`${tmpdir()}/console-kerberos-`);
const start = () => chromium.launchPersistentContext(profile, {
  executablePath: process.env.WW_CHROMIUM,
  ignoreHTTPSErrors: true,
  locale: "en-GB",
  args: ["--no-sandbox", "--disable-gpu", "--auth-server-allowlist=localhost"],
});
try {
  // Chromium loads the Kerberos library when it starts with a profile that has met Negotiate before.
  const first = await start();
  await (await first.newPage()).goto(`${url}/console/session/kerberos`);
  await first.close();

  const context = await start();
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  await page.goto(`${url}/console/`);
  await page.getByText("Sign in as the user of this computer").click();
  await page.waitForSelector("nav#nav", { state: "attached" });
  const who = await page.evaluate(async () => (await fetch("/console/session")).json());
  assert.match(who.user, /^EXAMPLE\\anna$/i);
  // The session is a cookie as any other, and holds when the page is loaded again.
  await page.reload();
  await page.waitForSelector("nav#nav", { state: "attached" });
  const [cookie] = await context.cookies();
  assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === "Strict", JSON.stringify(cookie));
  await context.close();
} finally {
  rmSync(profile, { recursive: true, force: true });
}

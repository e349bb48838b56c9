// What every script here shares: a browser, a signed-in page, and strictness: an error on the page or a
// violation of its policy fails the script.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

export { assert };
export const url = process.env.WW_URL;
export const shots = process.env.WW_SHOTS;
export const password = process.env.WW_PASSWORD;
if (shots) mkdirSync(shots, { recursive: true });

const problems = [];
// Answers that scripts ask for on purpose.
let expected = [];
export const expectFailures = (...statuses) => (expected = statuses);

export async function launch() {
  return chromium.launch({ executablePath: process.env.WW_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
}
export async function open(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  watch(page);
  return page;
}
export function watch(page) {
  page.on("pageerror", (error) => problems.push(`error on the page: ${error.stack}`));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const status = message.text().match(/status of (\d+)/)?.[1];
    if (status && (status === "401" || expected.includes(Number(status)))) return;
    if (/ERR_CONNECTION|ERR_NETWORK|ERR_EMPTY|ERR_INCOMPLETE|ERR_SOCKET/.test(message.text()) && expected.includes(0)) return;
    problems.push(`console: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    problems.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:")) problems.push(`a request to somebody else: ${request.url()}`);
  });
}
export async function signIn(page, user = "admin", secret = password, path = "") {
  await page.goto(`${url}/console/${path ? "#" + path : ""}`);
  await page.fill("input[name=user]", user);
  await page.fill("input[name=password]", secret);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav#nav", { state: "attached" });
}
export async function go(page, path) {
  await page.goto(`${url}/console/#${path}`);
  await settled(page);
}
// Nothing loads any more.
export async function settled(page) {
  await page.waitForFunction(() => {
    const main = document.querySelector("main");
    return main && main.querySelector("h1") && !document.querySelector("main div.busy");
  });
}
export async function press(page, name) {
  await page.locator("fluent-button, button, a, summary", { hasText: name }).first().click();
}
export async function control(command, body = {}) {
  const answer = await fetch(`${process.env.WW_CONTROL}/${command}`, { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${command}: ${text}`);
  return JSON.parse(text);
}
export async function main(work) {
  const browser = await launch();
  try {
    await work(browser);
  } catch (error) {
    // What was on the screen, for whoever looks into it.
    let at = 0;
    for (const context of browser.contexts()) {
      for (const page of context.pages()) {
        if (shots) await page.screenshot({ path: `${shots}/problem-${++at}.png` }).catch(() => undefined);
        console.error(page.url(), await page.locator("main").innerText({ timeout: 1000 }).catch(() => ""));
      }
    }
    console.error(problems.join("\n"));
    throw error;
  } finally {
    await browser.close();
  }
  assert.deepEqual(problems, []);
}

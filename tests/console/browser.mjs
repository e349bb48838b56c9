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

// For what has to come: a machine that has much else to do is no failure.
export const patience = 90_000;

const problems = [];
// Answers that scripts ask for on purpose.
let expected = [];
export const expectFailures = (...statuses) => (expected = statuses);

export async function launch() {
  return chromium.launch({ executablePath: process.env.WW_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
}
export async function open(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(patience);
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
    if (/net::ERR_/.test(message.text()) && expected.includes(0)) return; // however a connection was cut
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
// What the address says is there, and nothing loads any more. The address is ahead of the page: without a
// look at what is shown, this would be true of the page before.
export async function settled(page) {
  await page.waitForFunction(() => {
    const main = document.querySelector("main[data-shown]");
    return main?.dataset.shown === (location.hash.slice(1) || "/images") && main.querySelector("h1") && !main.querySelector("div.busy");
  });
}
// Nothing moves any more: elements draw themselves a frame later than the page, colours and menus are on
// their way.
export async function still(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    const moving = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.all(moving.map((one) => one.finished.catch(() => undefined)));
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

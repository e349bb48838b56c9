// The server is killed while a run works: the page says so, and goes on by itself when it is back.
import { control, expectFailures, main, open, patience, signIn } from "./browser.mjs";

await main(async (browser) => {
  expectFailures(0, 501);
  const page = await open(browser);
  await signIn(page, "admin", undefined, "/runs");
  await page.waitForSelector("h2");
  const { run } = await control("begin");
  await page.goto(page.url().replace(/#.*/, `#/runs/${run}`));
  await page.locator("h1 .badge").waitFor();
  await control("kill");
  await page.locator(".lost").waitFor();
  await control("start");
  await page.locator(".lost").waitFor({ state: "detached" });
  await page.locator("h1 .badge", { hasText: "Succeeded" }).waitFor({ timeout: 2 * patience });
});

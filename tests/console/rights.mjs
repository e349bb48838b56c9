// Whoever may only read sees everything, and for the rest the reason why not. Whoever is nobody here
// does not come in.
import { assert, control, expectFailures, go, main, open, settled, signIn, url } from "./browser.mjs";

await main(async (browser) => {
  expectFailures(403);
  await control("reader");
  const page = await open(browser);
  await signIn(page, "reader");
  await settled(page);
  const add = page.locator("#add-image");
  assert.match(await add.getAttribute("title"), /You may not create images/);
  await add.click();
  assert.equal(await page.locator("dialog").count(), 0);
  await page.locator("ww-table .t-row:not(.t-head) a").first().click();
  await page.waitForURL(/#\/images\/\w/);
  await settled(page);
  assert.match(await page.locator(".head fluent-button").first().getAttribute("title"), /You may not change images/);
  await go(page, "/site/people");

  const other = await open(browser);
  await other.goto(`${url}/console/`);
  await other.fill("input[name=user]", "stranger");
  await other.fill("input[name=password]", process.env.WW_PASSWORD);
  await other.keyboard.press("Enter");
  await other.getByText("is no administrator of this site").waitFor();
});

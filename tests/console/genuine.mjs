// A genuine update of the vendor's: taken from the browser's own file dialog, read by the server, and
// in the list with its article.
import { assert, control, expectFailures, go, main, open, settled, signIn } from "./browser.mjs";

await main(async (browser) => {
  const { path, kb, second } = await control("genuine");
  expectFailures(501);
  const page = await open(browser);
  await signIn(page, "admin", undefined, "/updates");
  await settled(page);
  await page.getByText("There are no software updates yet").waitFor();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("#import")]);
  assert.ok(chooser.isMultiple());
  await chooser.setFiles([path, second]);
  await page.locator(".badge.good", { hasText: "Imported" }).nth(1).waitFor();
  const row = page.locator("ww-table .t-row:not(.t-head)", { hasText: kb });
  await row.waitFor();
  // The list is read again when both are there; the first may have come by itself before.
  await page.locator("ww-table .t-row:not(.t-head)").nth(1).waitFor();
  assert.equal(await page.locator("ww-table .t-row:not(.t-head)").count(), 2);
  // Its own page knows its package and its file.
  await row.locator("a").click();
  await page.locator("h1", { hasText: kb }).waitFor();
  await settled(page);
  assert.match(await page.locator("main").innerText(), new RegExp(`Package_for_${kb}~31bf3856ad364e35~`));
  // The same file once more is no second update.
  await go(page, "/updates");
  await page.setInputFiles("input[type=file]", path);
  await page.getByText("was there already").waitFor();
  await settled(page);
  assert.equal(await page.locator("ww-table .t-row:not(.t-head)").count(), 2);
});

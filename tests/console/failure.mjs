// A run that fails says what became of the image, why, what to do, and the code; so does the wizard.
import { assert, control, expectFailures, go, main, open, settled, signIn } from "./browser.mjs";

await main(async (browser) => {
  expectFailures(501);
  const { image, update, run } = await control("failing");
  const page = await open(browser);
  await signIn(page, "admin", undefined, `/runs/${run}`);
  const note = page.locator(".note.bad");
  await note.waitFor();
  const text = await note.innerText();
  assert.match(text, /was not changed/);
  assert.match(text, /Code: WW_E_/);
  assert.ok(text.split("\n").filter(Boolean).length >= 3, text);

  await go(page, `/schedule?images=${image}`);
  await settled(page);
  await page.locator("ww-table select").first().selectOption("all");
  const row = page.locator(".t-row", { hasText: update });
  await row.first().waitFor();
  assert.match(await row.first().innerText(), /Refused|Not applicable|No content/);
  assert.ok(await row.first().locator("input").isDisabled());
});

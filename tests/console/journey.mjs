// From nothing to a patched image and back: what the console is for.
import { assert, control, expectFailures, go, launch, main, open, press, settled, signIn, url, watch } from "./browser.mjs";

await main(async (browser) => {
  const files = await control("files");
  expectFailures(501); // a server without planner offers every update
  const page = await open(browser);

  // A wrong password is explained, and the field stays.
  await page.goto(`${url}/console/`);
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", "wrong");
  await page.keyboard.press("Enter");
  await page.getByText("user or password is wrong").waitFor();
  await signIn(page);
  await settled(page);

  // Add an image.
  await page.click("#add-image");
  await page.fill("dialog input[name=name]", "Journey");
  await page.fill("dialog input[name=path]", files.image);
  await page.keyboard.press("Enter");
  await page.locator(".t-row", { hasText: "Journey" }).waitFor();

  // Import a genuine update by its file.
  await go(page, "/updates");
  await page.setInputFiles("input[type=file]", files.update);
  await page.locator(".badge.good", { hasText: "Imported" }).waitFor();
  await page.locator("ww-table .t-row:not(.t-head)").first().waitFor();

  // The three steps.
  await go(page, "/images");
  await page.locator(".t-row", { hasText: "Journey" }).locator("input[type=checkbox]").check();
  await page.click("#schedule-updates");
  await page.locator("li[aria-current=step]", { hasText: "Updates that fit" }).waitFor();
  await settled(page);
  const row = page.locator("ww-table .t-row:not(.t-head)").first();
  await row.locator("input[type=checkbox]").check();
  await page.click("#next");
  await page.getByText("The same without this page").waitFor();
  await page.getByText("wimwright site schedule create").waitFor();
  await press(page, "REST calls");
  await page.getByText("SMS_ImageServicingScheduledImage").waitFor();
  await page.locator(".plan-image li").first().waitFor();
  await page.click("#next");

  // The run, to its end, without loading the page again.
  await page.waitForURL(/#\/runs\/\d+/);
  await page.locator("h1 .badge", { hasText: "Succeeded" }).waitFor({ timeout: 120_000 });
  await page.getByText("has everything that was chosen").waitFor();
  await page.getByRole("heading", { name: "Timings" }).waitFor();
  await page.locator(".log li", { hasText: "was installed in" }).first().waitFor();
  const run = page.url();

  // The KB is in the image itself.
  await page.locator("dl.facts a").first().click();
  await page.locator("[role=tab]", { hasText: "Installed updates" }).click();
  await page.locator("ww-table .t-row", { hasText: files.kb }).first().waitFor();

  // What changed, and back.
  await page.locator("[role=tab]", { hasText: "Versions" }).click();
  await page.locator("tbody tr").nth(1).waitFor();
  await page.click("#compare");
  await page.locator("details", { hasText: "Packages" }).locator(".count").first().waitFor();
  assert.ok(Number(await page.locator("details", { hasText: "Packages" }).locator(".count").first().textContent()) > 0);
  await page.locator("tbody tr").nth(1).locator("fluent-button", { hasText: "Roll back" }).click();
  await page.locator("dialog button.submit").click();
  await page.locator("tbody tr").nth(2).waitFor();
  await page.locator("tbody tr", { hasText: "rollback" }).waitFor();
  await page.locator("[role=tab]", { hasText: "Installed updates" }).click();
  await page.locator("ww-table .t-row:not(.t-head)").first().waitFor();
  await page.locator("ww-table .t-row", { hasText: files.kb }).first().waitFor({ state: "detached" });

  // History has the run; the other tab shows the same without a connection of its own.
  await go(page, "/history");
  await page.locator(".t-row", { hasText: "Journey" }).first().waitFor();
  const second = await page.context().newPage();
  watch(second);
  let streams = 0;
  second.on("request", (request) => request.url().includes("/events") && ++streams);
  await second.goto(run);
  await second.locator("h1 .badge", { hasText: "Succeeded" }).waitFor();
  assert.equal(streams, 0);

  // Signed out in one tab is signed out in both.
  await second.locator(".who summary").click();
  await second.locator(".who fluent-button").click();
  await second.waitForSelector("input[name=user]");
  await page.locator("nav#nav a", { hasText: "Runs" }).click();
  await page.waitForSelector("input[name=user]");
  await page.getByText("Your session is over").waitFor();
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", process.env.WW_PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav#nav a[aria-current]");
  assert.match(page.url(), /#\/runs/);
});

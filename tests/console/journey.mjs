import { readFileSync } from "node:fs";
// From nothing to a patched image and back: what the console is for.
import { assert, control, expectFailures, go, main, open, patience, press, settled, signIn, url, watch } from "./browser.mjs";

await main(async (browser) => {
  const files = await control("files");
  expectFailures(501); // a server without planner offers every update
  const page = await open(browser, { timezoneId: "America/New_York" });

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
  await row.waitFor();
  // By architecture and by the day of its release.
  await page.selectOption("select[name=architecture]", "x86");
  await row.waitFor();
  await page.fill("input[name=since]", "2100-01-01");
  await page.getByText("No update is of this architecture and these dates").waitFor();
  await page.fill("input[name=since]", "");
  await row.locator("input[type=checkbox]").check();
  await page.click("#next");
  // Recurring: in the time of whoever looks, which the token keeps in UTC.
  await page.check("input[name=when][value=recur]");
  await page.locator(".next-times li").nth(2).waitFor();
  const first = page.locator(".next-times li").first();
  assert.match(await first.innerText(), /Tue.* 0[67]:00 UTC/s);
  const [now, then] = await first.locator("time").evaluate((one) => [new Date(), new Date(one.dateTime)].map((at) => at.getTimezoneOffset()));
  assert.match(await first.innerText(), new RegExp(`0${2 + now / 60}:00 UTC`));
  // When the clocks change until then, it moves by an hour, as the page says.
  assert.match(await first.innerText(), new RegExp(`Tue.* 0${2 + (now - then) / 60}:00`, "s"));
  assert.match(await page.locator("select[name=clock]").innerText(), /Your time \(America\/New_York\)/);
  await page.getByText("is kept as").waitFor();
  await page.selectOption("select[name=clock]", "site");
  await page.getByText("Kept on the clock of the site server").waitFor();
  await page.getByText("--recur patch-tuesday --at").waitFor();
  await page.fill("input[type=number]", "1");
  await page.locator("input[type=number]").blur();
  await page.getByText("The command line has no words").waitFor();
  // What no token can say is told, and not made.
  const far = await open(browser, { timezoneId: "Asia/Tokyo" });
  await signIn(far, "admin", undefined, `/schedule?images=${page.url().match(/images=([^&]+)/)[1]}`);
  await far.locator("ww-table .t-row:not(.t-head) input[type=checkbox]").first().check();
  await far.click("#next");
  await far.check("input[name=when][value=recur]");
  await far.getByText("before the second Tuesday").first().waitFor();
  assert.equal(await far.locator("#next").getAttribute("aria-disabled"), "true");
  await far.selectOption("select[name=clock]", "site");
  await far.locator(".next-times li").nth(2).waitFor();

  // Who is signed in; a session that somebody ends is over.
  await go(far, "/site/sessions");
  await far.locator("tbody tr").nth(1).waitFor();
  assert.equal(await far.locator("tbody tr", { hasText: "this one" }).count(), 1);
  const third = await open(browser);
  await signIn(third);
  await go(far, "/site/overview");
  await go(far, "/site/sessions");
  await far.reload();
  await far.locator("tbody tr").nth(2).waitFor();
  await far.locator("tbody tr", { hasText: "this one" }).locator("fluent-button", { hasText: "End" }).click();
  await far.locator("dialog button.submit").click();
  await far.waitForSelector("input[name=user]");
  await far.context().close();
  await third.context().close();

  await page.check("input[name=when][value=now]");
  await page.getByText("The same without this page").waitFor();
  await page.getByText("wimwright site schedule create").waitFor();
  await press(page, "REST calls");
  await page.getByText("SMS_ImageServicingScheduledImage").waitFor();
  await page.locator(".plan-image li").first().waitFor();
  await page.click("#next");

  // The run, to its end, without loading the page again.
  await page.waitForURL(/#\/runs\/\d+/);
  await page.locator("h1 .badge", { hasText: "Succeeded" }).waitFor({ timeout: 2 * patience });
  await page.getByText("has everything that was chosen").waitFor();
  await page.getByRole("heading", { name: "Timings" }).waitFor();
  await page.locator(".log li", { hasText: "was installed in" }).first().waitFor();
  const run = page.url();

  // Its log for CMTrace and its report as files.
  const download = async (id) => {
    const [one] = await Promise.all([page.waitForEvent("download"), page.click(id)]);
    return { name: one.suggestedFilename(), text: readFileSync(await one.path(), "utf8") };
  };
  const log = await download("#save-log");
  assert.match(log.name, /^run-\d+\.log$/);
  for (const line of log.text.trimEnd().split("\r\n")) {
    assert.match(line, /^<!\[LOG\[.*\]LOG\]!><time="\d\d:\d\d:\d\d\.\d{3}\+000" date="\d\d-\d\d-\d{4}" component="SMS_OFFLINE_SERVICING_MANAGER" context="[^"]*" type="[123]" thread="\d+" file="">$/);
  }
  assert.match(log.text, /\[7908\] .*was installed in/);
  assert.match(log.text, new RegExp(`Index 1: ${files.kb} .*: installed`));
  assert.match(log.text, /ended: Succeeded/);
  const report = await download("#save-report");
  assert.match(report.name, /^run-\d+\.json$/);
  assert.equal(JSON.parse(report.text).indexes[0].index, 1);

  // The KB is in the image itself.
  await page.locator("dl.facts a").first().click();
  await page.locator("[role=tab]", { hasText: "Installed updates" }).click();
  await page.locator("ww-table .t-row", { hasText: files.kb }).first().waitFor();
  assert.match(await page.locator("ww-table .t-row", { hasText: files.kb }).first().innerText(), /Update/);

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

  // Signed out in one tab is signed out in both, and who signs in again is where they were.
  await second.locator(".who summary").click();
  await second.locator(".who fluent-button").click();
  await second.waitForSelector("input[name=user]");
  await page.getByText("Your session is over").waitFor();
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", process.env.WW_PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav#nav a[aria-current]");
  assert.match(page.url(), /#\/history/);
});

// What is left of a whole run: by the phases of earlier runs of the same image, and without any. The runs
// are made up, because those of the lab are over at once.
import { assert, go, main, open, settled, signIn } from "./browser.mjs";

const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
const seconds = { plan: 20, apply: 50, verify: 25, publish: 5, total: 100 };
const past = [5, 4].map((id) => ({
  RunID: id, ScheduleID: 1, ImagePackageID: "LAB00001", State: "Succeeded", RunDateTime: before(5000), Finished: before(4900), NewVersion: id,
  Report: JSON.stringify({ seconds }), UpdateIDs: [],
}));
const running = (image) => ({
  RunID: 7, ScheduleID: 2, ImagePackageID: image, ImageName: "Made up", State: "Applying", Attempt: 1, RunDateTime: before(40), Finished: null,
  Phase: "edit", PhaseNumber: 3, PhaseCount: 6, BytesDone: 50, BytesTotal: 100, UpdateIDs: [], Report: null,
});

await main(async (browser) => {
  const page = await open(browser);
  let image = "LAB00001";
  await page.route(/AdminService\/wmi\/WW_ServicingRun/, (route) => {
    const url = decodeURIComponent(route.request().url());
    const one = url.match(/WW_ServicingRun\((\d+)\)/)?.[1];
    if (one === "7") return route.fulfill({ json: running(image) });
    if (one) return route.fulfill({ json: past.find((row) => row.RunID === Number(one)) });
    return route.fulfill({ json: { value: url.includes("LAB00001") ? past : [] } });
  });
  await signIn(page, "admin", undefined, "/runs/7");
  // Plan (20 of 100) and payload (20) are over, and half of editing (20): half of the run. Earlier runs
  // took 100 seconds, this one 40 so far: 45, told in steps of ten.
  await page.getByText("50 % · about 50 s left · Edit, 3 of 6").waitFor();
  assert.equal(await page.locator("main progress").evaluate((bar) => bar.value / bar.max), 0.5);

  // Nobody has serviced this image: fixed shares of the phases, and the time that has passed.
  image = "LAB00002";
  await go(page, "/runs");
  await go(page, "/runs/7");
  await settled(page);
  await page.getByText(/55 % · about [34]0 s left · Edit, 3 of 6/).waitFor();
});

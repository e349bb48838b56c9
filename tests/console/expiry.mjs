// A session that nobody uses ends, whatever the page does by itself in the background.
import { main, open, signIn } from "./browser.mjs";

await main(async (browser) => {
  const page = await open(browser);
  await signIn(page, "admin", undefined, "/images");
  // The site of this test gives a session a few seconds; only the server can tell that they are over.
  const status = () => page.evaluate(async () => (await fetch("/console/session", { headers: { "X-Background": "1" } })).status);
  while ((await status()) !== 401) await new Promise((done) => setTimeout(done, 300));
  // The event stream may have told the page already: then there is no menu to click on.
  await page.evaluate(() => (location.hash = "/groups"));
  await page.getByText("Your session is over").waitFor();
});

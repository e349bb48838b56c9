// A session that nobody uses ends, whatever the page does by itself in the background.
import { main, open, signIn, settled } from "./browser.mjs";

await main(async (browser) => {
  const page = await open(browser);
  await signIn(page, "admin", undefined, "/images");
  await settled(page);
  // The site of this test gives a session five seconds; only the server can tell that they are over.
  const status = () => page.evaluate(async () => (await fetch("/console/session", { headers: { "X-Background": "1" } })).status);
  while ((await status()) !== 401) await new Promise((done) => setTimeout(done, 300));
  await page.locator("nav#nav a", { hasText: "Update groups" }).click();
  await page.getByText("Your session is over").waitFor();
});

import { chromium } from "playwright-core";
const [url, out, ...paths] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const width = Number(process.env.W ?? 1440);
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height: width < 500 ? 844 : 900 }, colorScheme: process.env.DARK ? "dark" : "light" });
const page = await context.newPage();
page.on("console", (m) => ["error", "warning"].includes(m.type()) && console.log("console:", m.text()));
page.on("pageerror", (e) => console.log("pageerror:", e.message, e.stack?.split("\n")[1]));
await page.goto(url + "/console/");
await page.fill('input[name=user]', "admin");
await page.fill('input[name=password]', "correct horse battery");
await page.screenshot({ path: `${out}/signin.png` });
await page.keyboard.press("Enter");
await page.waitForSelector("nav#nav", {state: "attached"});
for (const path of paths) {
  await page.goto(url + "/console/#" + path);
  await page.waitForTimeout(Number(process.env.WAIT ?? 900));
  await page.screenshot({ path: `${out}/${path.replace(/\W+/g, "_")}.png` });
}
await browser.close();

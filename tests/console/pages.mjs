// Every page, light and dark, at three widths: a picture of each, nothing wider than the window, no
// text cut off where it must not be, and no serious finding of axe.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { assert, control, expectFailures, go, main, open, settled, shots, signIn, still, url } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { image, update, group, run, failed } = await control("filled");
const pages = {
  images: "/images", upgrade: "/upgrade-packages", summary: `/images/${image}`, installed: `/images/${image}/installed`, status: `/images/${image}/status`,
  servicing: `/images/${image}/servicing`, versions: `/images/${image}/versions`, content: `/images/${image}/content`,
  schedule: "/schedule", runs: "/runs", run: `/runs/${run}`, failed: `/runs/${failed}`, history: "/history", updates: "/updates", update: `/updates/${update}`,
  groups: "/groups", group: `/groups/${group}`, points: "/points", overview: "/site/overview", settings: "/site/settings", people: "/site/people",
  roles: "/site/roles", tokens: "/site/tokens", sessions: "/site/sessions", messages: "/site/messages", audit: "/site/audit",
};
const only = process.env.WW_PAGES?.split(",");
const findings = [];

async function look(page, name, setting) {
  await still(page);
  const wide = await page.evaluate(() => {
    const out = [];
    if (document.documentElement.scrollWidth > innerWidth) out.push(`the page is ${document.documentElement.scrollWidth} wide`);
    const main = document.querySelector("main");
    if (main && main.scrollWidth > main.clientWidth + 1) out.push(`the content is ${main.scrollWidth} of ${main.clientWidth} wide`);
    for (const one of document.querySelectorAll("fluent-button, h1, h2, .badge, dt, dd, nav a span, label > span")) {
      const box = one.getBoundingClientRect();
      if (!box.width || one.closest("[hidden], .visually-hidden, dialog:not([open])")) continue;
      if (one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).display !== "inline") out.push(`cut off: ${one.textContent.trim().slice(0, 60)}`);
      if (box.right > innerWidth + 1 && !one.closest(".scroll-x, .t-scroll, .tabs, .phases")) out.push(`outside: ${one.textContent.trim().slice(0, 60)}`);
    }
    // What can be pressed does not lie on something else that can be.
    const all = [...document.querySelectorAll("main fluent-button, main button, main input, main select")]
      .filter((one) => one.checkVisibility() && !one.closest("[hidden], .visually-hidden, .t-scroll"))
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([, box]) => box.width && box.height);
    const cells = [...document.querySelectorAll("main .t-scroll fluent-button")].map((one) => [one, one.getBoundingClientRect()]);
    for (const [at, [one, a]] of [...all, ...cells].entries()) {
      for (const [other, b] of [...all, ...cells].slice(at + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 2 && high > 2) out.push(`overlap: ${one.textContent.trim().slice(0, 30) || one.name} and ${other.textContent.trim().slice(0, 30) || other.name}`);
      }
    }
    return out;
  });
  for (const one of wide) findings.push(`${name} ${setting}: ${one}`);
  if (shots) await page.screenshot({ path: join(shots, `${name}-${setting}.png`) });
}
async function check(page, name, setting) {
  await still(page); // colours on their way from one to the other are nobody's contrast
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  for (const one of result.violations) {
    if (one.impact !== "serious" && one.impact !== "critical") continue;
    findings.push(`${name} ${setting}: axe ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "")).join(" | ")}`);
  }
}

await main(async (browser) => {
  expectFailures(501);
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(browser, { colorScheme });
    await page.goto(`${url}/console/`);
    await page.waitForSelector("input[name=user]");
    await check(page, "sign-in", colorScheme);
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await look(page, "sign-in", `${colorScheme}-${width}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await signIn(page);
    for (const [name, path] of Object.entries(pages)) {
      if (only && !only.includes(name)) continue;
      await page.setViewportSize({ width: 1440, height: 900 });
      await go(page, path);
      await check(page, name, colorScheme);
      for (const width of [1440, 1024, 390]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
        await settled(page);
        await look(page, name, `${colorScheme}-${width}`);
      }
    }
    // The wizard's other steps, and a dialog.
    if (!only || only.includes("wizard")) {
      for (const [width, height] of [[1440, 900], [1024, 900], [390, 844]]) {
        await page.setViewportSize({ width, height });
        await go(page, `/images`);
        await go(page, `/schedule?images=${image}`);
        await page.locator("ww-table select").first().selectOption("all");
        await look(page, "wizard-updates", `${colorScheme}-${width}`);
        await page.locator("ww-table select").first().selectOption("fit");
        const box = page.locator("ww-table .t-row:not(.t-head) input").first();
        if (await box.count()) {
          await box.check();
          await page.click("#next");
          await page.getByText("The same without this page").waitFor();
          await page.locator(".plan-image").first().waitFor();
          await settled(page);
          await look(page, "wizard-when", `${colorScheme}-${width}`);
          if (width === 1440) await check(page, "wizard-when", colorScheme);
          // With all that a recurring one asks, and to its end.
          await page.check("input[name=when][value=recur]");
          await page.locator(".next-times li").first().waitFor();
          await page.setViewportSize({ width, height: 2000 });
          await look(page, "wizard-recurring", `${colorScheme}-${width}`);
          if (width === 1440) await check(page, "wizard-recurring", colorScheme);
          await page.setViewportSize({ width, height });
        }
        await go(page, "/images");
        await page.click("#add-image");
        await page.waitForSelector("dialog[open]");
        await look(page, "dialog", `${colorScheme}-${width}`);
        if (width === 1440) await check(page, "dialog", colorScheme);
        await page.keyboard.press("Escape");
      }
    }
    if (colorScheme === "light" && !only) {
      // German, and the menu of a narrow window.
      await page.setViewportSize({ width: 390, height: 844 });
      await page.locator("button[lang=de]").click();
      await page.locator("nav#nav a", { hasText: "Softwareupdates" }).waitFor({ state: "attached" });
      await page.click(".burger");
      await look(page, "menu", "light-390-de");
      await page.setViewportSize({ width: 1024, height: 900 });
      for (const name of ["images", "runs", "points", "schedule"]) {
        await go(page, pages[name]);
        await look(page, name, "light-1024-de");
      }
      // German words are long: the wizard's fields, and what the site's pages say.
      await go(page, "/images");
      await go(page, `/schedule?images=${image}`);
      await page.locator("li[aria-current=step] .number", { hasText: "2" }).waitFor();
      await settled(page);
      await page.locator("ww-table .t-row:not(.t-head) input").first().check();
      await page.click("#next");
      await page.check("input[name=when][value=recur]");
      await page.locator(".next-times li").first().waitFor();
      await page.locator(".plan-image").first().waitFor();
      await settled(page);
      for (const width of [1024, 390]) {
        await page.setViewportSize({ width, height: 2000 });
        await look(page, "wizard-recurring", `light-${width}-de`);
      }
      for (const name of ["sessions", "roles", "run", "servicing"]) {
        await page.setViewportSize({ width: 390, height: 844 });
        await go(page, pages[name]);
        await look(page, name, "light-390-de");
      }
    }
    await page.context().close();
  }
  assert.deepEqual(findings, []);
});

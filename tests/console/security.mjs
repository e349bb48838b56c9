// Names that want to be scripts, the policy, the cookie, what is stored.
import { assert, control, expectFailures, go, main, open, settled, signIn, url } from "./browser.mjs";

const evil = `<img src=x onerror="window.caught=1">'"\`\${alert(1)}`;

await main(async (browser) => {
  const made = await control("evil", { name: evil });
  const page = await open(browser);
  const answer = await page.goto(`${url}/console/`);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(answer.headers()["x-content-type-options"], "nosniff");
  await signIn(page);
  for (const path of ["/images", `/images/${made.image}`, `/images/${made.image}/servicing`, "/schedule", "/updates", `/updates/${made.update}`, "/groups", `/groups/${made.group}`, "/points", "/runs", "/history", "/site/people", "/site/messages", "/site/audit"]) {
    await go(page, path);
  }
  await go(page, "/images");
  await page.getByText("onerror=").first().waitFor();
  await go(page, `/images/${made.image}`);
  await page.locator("h1", { hasText: "onerror=" }).waitFor(); // until the image has come it is its number
  assert.match(await page.locator("h1").innerText(), /<img src=x onerror/);
  assert.equal(await page.evaluate(() => window.caught), undefined);

  const [cookie] = await page.context().cookies();
  assert.equal(cookie.name, "__Host-wimwright");
  assert.ok(cookie.httpOnly && cookie.secure);
  assert.equal(cookie.sameSite, "Strict");
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.ok(!stored.includes(cookie.value) && !/csrf|ww_/.test(stored), stored);

  expectFailures(403);
  // The cookie alone changes nothing: the request token has to be there.
  const status = await page.evaluate(async (id) => {
    const response = await fetch(`/AdminService/wmi/SMS_ImagePackage('${id}')`, { method: "DELETE" });
    return response.status;
  }, made.image).catch(() => 0);
  assert.equal(status, 403);
  await settled(page);
});

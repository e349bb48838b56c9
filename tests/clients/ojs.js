// o.js, an OData client for JavaScript, in its ordinary use: list, create, filter, read, update,
// delete, methods. The arguments are address and image; the environment says who asks.
"use strict";
const assert = require("node:assert/strict");
const { o } = require("odata");

const [rootUrl, image] = process.argv.slice(2);
const pair = `${process.env.SITE_USER}:${process.env.SITE_PASSWORD}`;
const site = o("", {
  rootUrl,
  headers: new Headers({
    "Content-Type": "application/json",
    Authorization: "Basic " + Buffer.from(pair).toString("base64"),
  }),
});

async function main() {
  // read
  const [found] = await site.get("SMS_ImagePackage").query({ $filter: `Name eq '${image}'` });
  assert.equal(found.Name, image);
  const [whole] = await site.get(`SMS_ImagePackage('${found.PackageID}')`).query();
  assert.match(whole.ImageProperty, /^<WIM>/);
  const selected = await site
    .get("SMS_ImagePackage")
    .query({ $select: "PackageID,Name", $orderby: "PackageID desc", $top: 1 });
  assert.equal(selected.length, 1);
  assert.ok(!("PkgSourcePath" in selected[0]));
  assert.ok((await site.get("SMS_ImagePackage/$count").query()) >= 1);

  // create
  const schedule = await site
    .post("SMS_ImageServicingSchedule", { Action: 0, Name: "o.js", UpdateDP: false })
    .query();
  assert.equal(schedule.__RELPATH, `SMS_ImageServicingSchedule.ScheduleID=${schedule.ScheduleID}`);
  const key = `SMS_ImageServicingSchedule(${schedule.ScheduleID})`;

  // update: a part, and by PUT
  await site.patch(key, { Description: "patched" }).query();
  let [changed] = await site.get(key).query();
  assert.deepEqual([changed.Name, changed.Description], ["o.js", "patched"]);
  await site.put(key, { ...changed, Description: "put" }).query();
  [changed] = await site.get(key).query();
  assert.deepEqual([changed.Name, changed.Description], ["o.js", "put"]);

  // filter
  const filtered = await site
    .get("SMS_ImageServicingSchedule")
    .query({ $filter: `startswith(Name,'O.J') eq true and contains(ScheduleID,'${schedule.ScheduleID}')` });
  assert.deepEqual(filtered.map((one) => one.ScheduleID), [schedule.ScheduleID]);

  // methods: of a class, of an object
  const written = await site
    .post("SMS_ScheduleMethods.WriteToString", {
      TokenData: [{ "@odata.type": "#AdminService.SMS_ST_NonRecurring", StartTime: "2026-11-20T01:00:00Z" }],
    })
    .query();
  assert.equal(written.StringData, "0034BE0000080000");
  const refreshed = await site
    .post(`SMS_ImagePackage('${found.PackageID}')/AdminService.RefreshPkgSource`, {})
    .query();
  assert.equal(refreshed.ReturnValue, 0);

  // delete
  const gone = await site.delete(key).query();
  assert.equal(gone.status, 204);
  await assert.rejects(site.get(key).query(), (answer) => answer.status === 404);
  console.log("o.js: done");
}

main().catch(async (error) => {
  const text = typeof error.text === "function" ? `${error.status} ${await error.text()}` : error.stack;
  console.error(text);
  process.exit(1);
});

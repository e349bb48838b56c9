// A client that odata2ts generated of the strict metadata (./adminService) reads an image, makes and
// removes a schedule, and calls a method. That it compiles is half of the test.
import { strict as assert } from "node:assert";
import { FetchClient } from "@odata2ts/http-client-fetch";
import { adminServiceService } from "./adminService/adminServiceService";
import { SMS_ImagePackage } from "./adminService/adminServiceModel";

async function main(rootUrl: string, name: string) {
  const pair = `${process.env.SITE_USER}:${process.env.SITE_PASSWORD}`;
  const client = new FetchClient({
    headers: { Authorization: "Basic " + Buffer.from(pair).toString("base64") },
  });
  const site = new adminServiceService(client, rootUrl);

  const images = await site
    .SMS_ImagePackage()
    .query((builder, image) => builder.filter(image.Name.eq(name)).select("PackageID", "Name", "SourceVersion"));
  const [image] = images.data.value;
  assert.equal(images.data.value.length, 1);
  assert.equal(image.Name, name);
  assert.equal(typeof image.SourceVersion, "number");

  // One object by its key comes in an array too, unlike in textbook OData (admin-service.md 4).
  const answer = await site.SMS_ImagePackage(image.PackageID).query();
  const [whole] = (answer.data as unknown as { value: SMS_ImagePackage[] }).value;
  assert.match(whole.ImageProperty ?? "", /^<WIM>/);

  const made = await site.SMS_ImageServicingSchedule().create({
    Action: 0, Name: "odata2ts", __LAZYPROPERTIES: [], __DERIVATION: [],
  });
  assert.equal(made.status, 201);
  const schedule = site.SMS_ImageServicingSchedule(made.data.ScheduleID);
  assert.equal((await schedule.patch({ Description: "typed" })).status < 300, true);

  const read = await site.SMS_ScheduleMethods_ReadFromString({ StringData: "0034BE0000080000" });
  assert.equal(read.data.ReturnValue, 0);
  assert.equal(read.data.TokenData[0].StartTime, "2026-11-20T01:00:00Z");
  assert.equal((await schedule.delete()).status, 204);
  console.log("odata2ts: done");
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});

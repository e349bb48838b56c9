// Reads a metadata document with odata-csdl, converts it with odata-openapi, and prints what either
// complains about, one JSON object: {csdl: [...], openapi: [...], paths: N}.
"use strict";
const fs = require("node:fs");
const { xml2json } = require("odata-csdl");
const { csdl2openapi } = require("odata-openapi");

const csdl = [];
const openapi = [];
const model = xml2json(fs.readFileSync(process.argv[2], "utf8"), { messages: csdl, validate: true });
const document = csdl2openapi(model, { messages: openapi });
console.log(JSON.stringify({
  csdl: csdl.map((one) => one.message),
  openapi,
  paths: Object.keys(document.paths).length,
  entitySets: Object.values(model.AdminService.Container ?? model.AdminService)
    .filter((one) => one && one.$Collection).length,
}));

// Audits a GraphQL server by the GraphQL over HTTP specification:
//
//   npm install && node audit.mjs http://127.0.0.1:4000/graphql
//
// Every audit must pass, those of SHOULD and MAY too. Each one that does not is printed; then the exit code is 1.
import { auditServer } from "graphql-http";

const expected = 61; // so that a version with fewer audits is not taken for a better server

const url = process.argv[2];
if (!url) {
  console.error("usage: node audit.mjs URL");
  process.exit(2);
}

const results = await auditServer({ url });
const failed = results.filter((r) => r.status !== "ok");
for (const { id, name, status, reason, response } of failed) {
  console.error(`${status}: ${id} ${name}: ${reason}`);
  if (response) console.error(`    status ${response.status}, content-type ${response.headers.get("content-type")}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits passed`);
if (results.length !== expected) console.error(`there should be ${expected} audits`);
process.exit(failed.length > 0 || results.length !== expected ? 1 : 0);

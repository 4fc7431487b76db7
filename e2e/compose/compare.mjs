// Composes sets of subgraphs with Sluice and with the composer of Apollo Federation, and compares the routing facts of the
// supergraphs:
//
//   npm ci && node compare.mjs PROGRAM SET...
//
// PROGRAM is Sluice. A set is a folder of schema files, or a txtar archive with some. Where both refuse a set, they must have
// a code in common. What is meant to differ is in known.json, with the reason; a difference there that is gone is told, too.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { facts } from "./facts.mjs";

const [program, ...sets] = process.argv.slice(2);
if (sets.length === 0) {
  console.error("usage: node compare.mjs PROGRAM SET...");
  process.exit(2);
}
const known = JSON.parse(fs.readFileSync(new URL("known.json", import.meta.url)));
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "compose-"));

// subgraphs returns the schemas of a set by the names of the subgraphs.
function subgraphs(set) {
  const out = {};
  if (!set.endsWith(".txtar")) {
    for (const f of fs.readdirSync(set).sort()) {
      if (f.endsWith(".graphql") && f !== "query.graphql") out[f.slice(0, -8)] = fs.readFileSync(path.join(set, f), "utf8");
    }
    return out;
  }
  const parts = fs.readFileSync(set, "utf8").split(/^-- (.*) --$/m);
  for (let i = 1; i < parts.length; i += 2) {
    if (parts[i].endsWith(".graphql") && parts[i] !== "query.graphql") out[parts[i].slice(0, -8)] = parts[i + 1];
  }
  return out;
}

// Both give { facts } or { codes }.
function bySluice(schemas) {
  const args = Object.entries(schemas).map(([name, sdl], i) => {
    const file = path.join(scratch, `${i}.graphql`);
    fs.writeFileSync(file, sdl);
    return `${name}=${file}`;
  });
  const run = spawnSync(program, ["compose", ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (run.error) throw run.error;
  if (run.status === 0) return { facts: facts(run.stdout) };
  const codes = [...run.stderr.matchAll(/(?:^|: )error ([A-Z0-9_]+):/gm)].map((m) => m[1]);
  if (codes.length === 0) throw new Error(`sluice compose: ${run.stderr}`);
  return { codes, text: run.stderr };
}

function byApollo(schemas) {
  let result;
  try {
    result = composeServices(Object.entries(schemas).map(([name, sdl]) => ({ name, url: "", typeDefs: parse(sdl) })));
  } catch (e) {
    result = { errors: [e] };
  }
  if (!result.errors?.length) return { facts: facts(result.supergraphSdl) };
  return { codes: result.errors.map((e) => e.extensions?.code ?? "no code"), text: result.errors.map((e) => e.message).join("\n") };
}

function compare(ours, theirs) {
  if (ours.codes && theirs.codes) {
    return ours.codes.some((c) => theirs.codes.includes(c)) ? [] : [`refused with ${ours.codes}, elsewhere with ${theirs.codes}`];
  }
  if (ours.codes) return [`refused, and composed elsewhere: ${ours.text.trim()}`];
  if (theirs.codes) return [`composed, and refused elsewhere: ${theirs.codes}: ${theirs.text.trim()}`];
  return [
    ...[...theirs.facts].filter((f) => !ours.facts.has(f)).map((f) => `lacks  ${f}`),
    ...[...ours.facts].filter((f) => !theirs.facts.has(f)).map((f) => `adds   ${f}`),
  ];
}

let failed = 0;
let composed = 0;
let skipped = 0;
for (const set of sets) {
  const name = path.basename(set, ".txtar");
  const schemas = subgraphs(set);
  // What only Sluice has is not compared: its own specification, and schemas that it takes from others.
  if (Object.keys(schemas).length === 0 || Object.values(schemas).some((sdl) => /specs\.sluice\.dev|composite-schemas|@lookup/.test(sdl))) {
    skipped++;
    continue;
  }
  const ours = bySluice(schemas);
  const different = compare(ours, byApollo(schemas));
  if (ours.facts) composed++;
  if (different.length > 0 === Boolean(known[name])) continue;
  failed++;
  if (known[name]) console.error(`${set}: no longer different, take it out of known.json: ${known[name]}`);
  else console.error(`${set}:\n  ${different.join("\n  ")}`);
}
fs.rmSync(scratch, { recursive: true });
console.log(`${sets.length - failed - skipped} of ${sets.length - skipped} sets agree, ${composed} of them composed; ${Object.keys(known).length} differences are known`);
process.exit(failed > 0 || composed === 0 ? 1 : 0);

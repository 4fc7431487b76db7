// Uses the playground as a newcomer does, in headless Chromium, and looks at what it asks for:
//
//   npm install && node browser.mjs http://127.0.0.1:4000/ [screenshot.png [dark|light]]
//
// It types a query, runs it and reads the answer; it opens the schema's documents; it runs the first example, and takes
// a picture of that. It fails if an answer does not come, if the page reports an error, or if the page asks any other
// host for anything. CHROMIUM names another browser than Debian's.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, screenshot, colors = "light"] = process.argv.slice(2);
if (!url || !["dark", "light"].includes(colors)) {
  console.error("usage: node browser.mjs URL [screenshot.png [dark|light]]");
  process.exit(2);
}

const profile = await mkdtemp(join(tmpdir(), "sluice-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  colorScheme: colors,
  viewport: { width: 1440, height: 860 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  try {
    await run(page);
  } catch (error) {
    if (screenshot) await page.screenshot({ path: screenshot }); // what it looked like then
    throw error;
  }
  console.log("the playground works, and asks no other host for anything");
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true });
}

async function run(page) {
  page.setDefaultTimeout(20_000);
  const asked = watch(page);

  await page.goto(url);
  await page.locator(".graphiql-query-editor .CodeMirror-code").waitFor();

  // Type a query in a tab of its own, run it by the keyboard, read the answer.
  await page.getByLabel(/new tab/i).click();
  await type(page, "query Typed { __typename }");
  await page.keyboard.press("Control+Enter");
  await answer(page, /"__typename": "Query"/);
  assert.match(await page.locator("#exchange").innerText(), /^200 · /);

  // A mistake is underlined before it is sent, so the page knows the schema; and the server's answer to it is shown.
  await type(page, "query Wrong { thereIsNoSuchField }");
  await page.locator(".CodeMirror-lint-mark-error").first().waitFor();
  await page.keyboard.press("Control+Enter");
  await answer(page, /Cannot query field/);
  await page.getByLabel(/close tab/i).last().click();

  await page.getByLabel(/show documentation explorer/i).click();
  await page.locator(".graphiql-doc-explorer").getByText("Root Types").waitFor();
  await page.getByLabel(/hide documentation explorer/i).click();

  // The first example.
  await page.locator(".graphiql-tab-button").first().click();
  await page.locator(".graphiql-execute-button").click();
  await answer(page, /"data": \{/);
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement.blur());
  if (screenshot) await page.screenshot({ path: screenshot });

  assert.deepEqual(asked.problems, []);
  assert.ok(asked.urls.length > 5, "the page should have asked for its files");
  const host = new URL(url).host;
  assert.deepEqual(asked.urls.filter((u) => new URL(u).host !== host), [], "the page asked another host");
}

// watch notes everything that a page asks for, and what it reports. What goes to another host is not let through.
function watch(page) {
  const asked = { urls: [], problems: [] };
  const host = new URL(url).host;
  const note = (u) => {
    if (!/^(data|blob|about):/.test(u)) asked.urls.push(u);
  };
  page.on("request", (r) => note(r.url()));
  page.on("websocket", (s) => note(s.url()));
  page.on("pageerror", (e) => asked.problems.push(String(e)));
  page.on("console", (m) => {
    // A refused query has status 400, of which Chromium tells.
    if (m.type() === "error" && !/the server responded with a status of 400/.test(m.text())) asked.problems.push(m.text());
  });
  page.route((u) => u.host !== host, (route) => route.abort());
  return asked;
}

// type puts text in place of the query.
async function type(page, text) {
  await page.locator(".graphiql-query-editor .CodeMirror").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type(text);
  await page.keyboard.press("Escape"); // a list of completions
}

// answer waits until the response shows what is wanted.
async function answer(page, wanted) {
  await page.locator(".result-window .CodeMirror-code").filter({ hasText: wanted }).waitFor();
}

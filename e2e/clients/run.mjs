// Runs clients that others wrote against an engine of its own, on loopback, and
// prints one line for each. It builds the engine, makes a fresh workspace, and
// ends what it started. Needs Go, Node 20 or later, chromium (in CHROMIUM when it
// is not /usr/bin/chromium), and the packages:
//
//   cd e2e/clients && npm ci && npm test
//
// With --planted it hands every client a key that may not do what it does, and
// succeeds when each of them is caught failing.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { OFREPProvider } from "@openfeature/ofrep-provider";
import { ErrorCode, OpenFeature, StandardResolutionReasons } from "@openfeature/server-sdk";
import { Analytics } from "@segment/analytics-node";

import { openSite, ownModule, webProvider } from "./browser.mjs";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const LIMIT_MS = 240_000;
const planted = process.argv.includes("--planted");

const work = await mkdtemp(join(tmpdir(), "throughline-clients-"));
const bin = join(work, "throughline");
const env = { ...process.env, THROUGHLINE_HOME: join(work, "data") };
let server;
let passed = 0;
let failed = 0;

const deadline = setTimeout(() => {
  console.log(`FAIL  not done within ${LIMIT_MS / 1000} s`);
  server?.kill("SIGKILL");
  process.exit(1);
}, LIMIT_MS);

try {
  await main();
} finally {
  clearTimeout(deadline);
  await stop();
  await rm(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = (planted ? passed : failed) === 0 && passed + failed > 0 ? 0 : 1;

async function main() {
  await run("go", ["build", "-o", bin, "./cmd/throughline"], { cwd: root });
  await run("go", ["build", "-o", join(work, "segment-go"), "."], { cwd: join(here, "segment-go") });
  await cli("init", join(work, "ws"), "--title", "Clients", "--owner", "Ana Keller");
  await cli("apply", join(work, "ws"));
  const base = await serve();
  const site = await cli("token", "create", "site-read", "--scope", "read");
  const events = await cli("token", "create", "site-write", "--scope", "write");
  const [readKey, writeKey] = planted ? [events, site] : [site, events];

  await check("@openfeature/server-sdk with @openfeature/ofrep-provider", () => openFeature(base, readKey));
  await check("@segment/analytics-node", () => segmentNode(base, site, writeKey));
  await check("segmentio/analytics-go", () => segmentGo(base, site, writeKey));

  const browser = await openSite();
  try {
    await check("@openfeature/web-sdk with @openfeature/ofrep-web-provider, 304 on the second ask", () => webProvider(browser, base, readKey, release));
    await check("throughline.js under a strict policy", () => ownModule(browser, base, readKey, writeKey));
  } finally {
    await browser.close();
  }
  if (!planted) {
    await check("@redocly/cli finds the API's description and its examples sound", () => lint(base));
  }
}

async function openFeature(base, key) {
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: base, headers: [["Authorization", `Bearer ${key}`]] }));
  const client = OpenFeature.getClient();
  const who = { targetingKey: "node-visitor", locale: "en" };

  const got = await client.getObjectDetails("home.hero", {}, who);
  equal(got.reason, StandardResolutionReasons.SPLIT, "the reason");
  equal(got.errorCode, undefined, "the error code");
  equal(Object.keys(got.value).sort().join(), "cta,headline", "the slots");
  equal(typeof got.variant, "string", "the type of the variant");
  equal(typeof got.flagMetadata.decisionId, "string", "the type of metadata.decisionId");
  const again = await client.getObjectDetails("home.hero", {}, who);
  equal(again.flagMetadata.decisionId, got.flagMetadata.decisionId, "the decision asked for twice");

  const unknown = await client.getObjectDetails("home.none", { mine: true }, who);
  equal(unknown.errorCode, ErrorCode.FLAG_NOT_FOUND, "the error code of an unknown placement");
  equal(unknown.value.mine, true, "the default of an unknown placement");
  const nobody = await client.getObjectDetails("home.hero", { mine: true }, { locale: "en" });
  equal(nobody.errorCode, ErrorCode.TARGETING_KEY_MISSING, "the error code without a targeting key");
  const text = await client.getStringDetails("home.hero", "mine", who);
  equal(text.errorCode, ErrorCode.TYPE_MISMATCH, "the error code of the wrong type");

  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: base }));
  const closed = await OpenFeature.getClient().getObjectDetails("home.hero", { mine: true }, who);
  equal(closed.value.mine, true, "the default without a key");
  await OpenFeature.close();
}

async function segmentNode(base, readKey, writeKey) {
  const decisionId = await decide(base, readKey, "node-visitor");
  const before = await journaled();
  const analytics = new Analytics({ writeKey, host: base, flushAt: 4, maxRetries: 2 });
  const errors = [];
  analytics.on("error", (e) => errors.push(e));
  analytics.track({ anonymousId: "node-visitor", event: "Throughline Exposure", properties: { decisionId } });
  analytics.track({ anonymousId: "node-visitor", event: "Signed Up", properties: { decisionId, value: 19.9 } });
  analytics.identify({ userId: "node-visitor", traits: { plan: "free" } });
  analytics.page({ userId: "node-visitor", name: "Home" });
  await analytics.closeAndFlush({ timeout: 10_000 });
  equal(errors.length, 0, `errors (${errors.map((e) => e.code)})`);
  await atLeast(before + 4);
}

async function segmentGo(base, readKey, writeKey) {
  const decisionId = await decide(base, readKey, "go-visitor");
  const before = await journaled();
  await run(join(work, "segment-go"), [base, writeKey, decisionId], { timeout: 20_000 });
  await atLeast(before + 2);
}

// release makes another release live.
async function release() {
  const fragment = { apiVersion: "throughline/v1", kind: "Fragment", metadata: { name: "headline-again" }, spec: { role: "headline", brief: "first-visit", values: { en: "Said in other words" } } };
  await writeFile(join(work, "ws", "again.yaml"), JSON.stringify(fragment));
  await cli("apply", join(work, "ws"));
}

// The description of the API is checked by a tool that is not the one that wrote it.
async function lint(base) {
  const res = await fetch(`${base}/openapi.json`);
  equal(res.status, 200, "the status of the description");
  await writeFile(join(work, "openapi.json"), await res.text());
  const cmd = join(here, "node_modules", ".bin", "redocly");
  await run(cmd, ["lint", "--extends=recommended", join(work, "openapi.json")], { env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } });
}

async function decide(base, key, targetingKey) {
  const res = await fetch(`${base}/ofrep/v1/evaluate/flags/home.hero`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ context: { targetingKey } }),
  });
  equal(res.status, 200, "the status of an evaluation");
  return (await res.json()).metadata.decisionId;
}

// What clients sent is counted where they cannot reach: in the journal.
async function journaled() {
  return JSON.parse(await cli("get", "status", "--json")).journal.seq;
}

async function atLeast(seq) {
  const end = Date.now() + 10_000;
  for (let now = 0; now < seq; await new Promise((r) => setTimeout(r, 100))) {
    now = await journaled();
    if (now < seq && Date.now() > end) {
      throw new Error(`the journal ends at ${now}, and ${seq} were expected`);
    }
  }
}

async function serve() {
  server = spawn(bin, ["serve", "--listen", "127.0.0.1:0"], { env, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: server.stdout })) {
    const at = line.match(/serves (http:\/\/\S+)/);
    if (at) {
      return at[1];
    }
  }
  throw new Error("the engine did not start");
}

async function stop() {
  if (server && server.exitCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
}

async function cli(...args) {
  const { stdout } = await run(bin, args, { env });
  return stdout.trim().split("\n").at(-1);
}

async function check(name, body) {
  try {
    await body();
    passed++;
    console.log(`pass  ${name}`);
  } catch (e) {
    failed++;
    console.log(`FAIL  ${name}: ${e.message}`);
  }
}

function equal(got, want, what) {
  if (got !== want) {
    throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  }
}

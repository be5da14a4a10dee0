// Checks that need a browser: the OpenFeature web provider, bundled here as a
// site would do it, and the engine's own module, on pages with a strict policy.
// Debian's chromium is started by playwright-core, which brings none of its own.

import { once } from "node:events";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Starts a browser and a server for pages of a site that is not the engine's. */
export async function openSite() {
  const pages = new Map();
  const site = createServer((req, res) => {
    const page = pages.get(new URL(req.url, "http://site").pathname);
    res.writeHead(page ? 200 : 404, { "Content-Type": "text/html", ...page?.headers });
    res.end(page?.body);
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  return {
    browser, pages, address: `http://127.0.0.1:${site.address().port}`,
    close: async () => {
      await browser.close();
      site.close();
    },
  };
}

/**
 * The web provider asks again and is told that nothing changed; and with its own
 * defaults it listens, and asks again when release makes another one live.
 */
export async function webProvider(site, base, key, release) {
  const bundle = await build({
    stdin: {
      contents: `
        import { OpenFeature } from "@openfeature/web-sdk";
        import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
        window.go = async (base, key, visitor, how) => {
          await OpenFeature.setContext({ targetingKey: visitor, locale: "en" });
          await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: base, ...how, cacheMode: "disabled", headers: [["Authorization", "Bearer " + key]] }));
          const client = OpenFeature.getClient();
          window.details = (name) => client.getObjectDetails(name, { mine: true });
          return { hero: window.details("home.hero"), unknown: window.details("home.none") };
        };`,
      resolveDir: here,
    },
    bundle: true, write: false, format: "iife", platform: "browser", logLevel: "silent",
  });
  site.pages.set("/provider", { body: "<!doctype html><title>provider</title>" });
  const open = async (how) => {
    const page = await site.browser.newPage();
    const answers = [];
    page.on("response", (r) => r.request().method() === "POST" && answers.push(r.status()));
    await page.goto(site.address + "/provider");
    await page.addScriptTag({ content: bundle.outputFiles[0].text });
    const got = await page.evaluate(([b, k, h]) => window.go(b, k, "web-visitor", h), [base, key, how]);
    return { page, answers, ...got };
  };

  const polls = await open({ changeDetection: "polling", pollInterval: 300 });
  const { hero, unknown } = polls;
  equal(hero.reason, "SPLIT", "the reason");
  equal(Object.keys(hero.value).sort().join(), "cta,headline", "the slots");
  equal(typeof hero.flagMetadata.decisionId, "string", "the type of metadata.decisionId");
  equal(unknown.errorCode, "FLAG_NOT_FOUND", "the error code of an unknown placement");
  await until(() => polls.answers.length >= 3);
  equal(polls.answers.slice(0, 3).join(), "200,304,304", "the answers to three questions");
  const again = await polls.page.evaluate(() => window.details("home.hero"));
  equal(again.flagMetadata.decisionId, hero.flagMetadata.decisionId, "the decision after 304");
  await polls.page.close();

  const listens = await open({});
  await wait(700);
  equal(listens.answers.join(), "200", "the answers before a release");
  await release();
  await until(() => listens.answers.length >= 2);
  equal(listens.answers.join(), "200,200", "the answers after a release");
  await listens.page.close();
}

async function until(done) {
  for (let i = 0; i < 80 && !done(); i++) await wait(100);
}

const STRICT = (base, nonce) =>
  `default-src 'none'; script-src ${base} 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src ${base}; ` +
  "img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

// The style of the test page is under its nonce; the engine's content has none.
const above = (px) => `<style nonce="n">body{margin:0}#above{height:${px}px}#hero{display:block;height:200px;overflow:hidden}</style><div id="above"></div>`;

/** The module on a page that allows nothing inline and no trusted type. */
export async function ownModule(site, base, readKey, writeKey) {
  const visit = async (name, { px = 0, consent = false, read = readKey, fault = (js) => js } = {}) => {
    const body = `<!doctype html><html lang="en"><title>${name}</title>${above(px)}<div id="hero" data-placement="home.hero">Our own words</div><p id="below">below</p>
      <script type="module" src="${base}/throughline.js" data-read-key="${read}" data-write-key="${writeKey}" ${consent ? "data-consent" : ""}></script>`;
    site.pages.set("/" + name, { body, headers: { "Content-Security-Policy": STRICT(base, "n") } });
    const context = await site.browser.newContext({ viewport: { width: 800, height: 600 } });
    await context.route(`${base}/throughline.js`, async (route) => {
      const res = await route.fetch();
      await route.fulfill({ response: res, body: fault(await res.text()) });
    });
    const page = await context.newPage();
    const said = [];
    const events = [];
    page.on("console", (m) => /Content Security|Trusted/.test(m.text()) && said.push(m.text()));
    page.on("pageerror", (e) => said.push(e.message));
    page.on("request", (r) => r.url().endsWith("/v1/batch") && r.method() === "POST" && events.push(...JSON.parse(r.postData()).batch));
    await page.addInitScript(() => {
      window.shifts = 0;
      new PerformanceObserver((l) => l.getEntries().forEach((e) => (window.shifts += e.value))).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(`${site.address}/${name}`);
    await page.waitForSelector("[data-throughline]", { state: "attached", timeout: 5000 });
    return { page, context, said, events };
  };
  const exposures = (v) => v.events.filter((e) => e.event === "Throughline Exposure");

  { // in view
    const v = await visit("in-view");
    equal(await v.page.getAttribute("#hero", "data-throughline"), "shown", "what became of the place");
    equal((await v.page.textContent("#hero")).includes("Our own words"), false, "the fallback is still there");
    equal(await v.page.evaluate(() => getComputedStyle(document.querySelector("#hero > div")).padding), "24px", "the content's own style");
    await wait(500);
    equal(exposures(v).length, 0, "exposures after half a second");
    await wait(1500);
    equal(exposures(v).length, 1, "exposures after two seconds");
    equal(v.said.join(), "", "violations of the policy");
    equal(await v.page.evaluate(() => window.shifts), 0, "layout shift");
    equal(await v.page.evaluate(() => localStorage.length + document.cookie.length + sessionStorage.length), 0, "what is stored without consent");
    await v.page.evaluate((u) => import(u).then((m) => m.page.outcome("Signed Up", 19.9)), `${base}/throughline.js`);
    await wait(300);
    const signedUp = v.events.find((e) => e.event === "Signed Up");
    equal(signedUp?.properties.decisionId, exposures(v)[0].properties.decisionId, "the decision of the outcome");
    await v.context.close();
  }
  { // 40 % in view: 80 of 200 px
    const v = await visit("forty", { px: 520 });
    await wait(1800);
    equal(exposures(v).length, 0, "exposures at 40 %");
    await v.page.evaluate(() => scrollTo(0, 40)); // 60 %
    await v.page.evaluate(() => (document.querySelector("#below").style.height = "2000px"));
    await v.page.evaluate(() => scrollTo(0, 40));
    await wait(1800);
    equal(exposures(v).length, 1, "exposures at 60 %");
    await v.context.close();
  }
  { // a module that is content with less is caught
    const v = await visit("planted", { px: 520, fault: (js) => js.replace("SEEN_SHARE = 0.5", "SEEN_SHARE = 0.3") });
    await wait(1800);
    equal(exposures(v).length, 1, "exposures at 40 % of a module with a fault");
    await v.context.close();
  }
  { // seen for half a second, twice
    const v = await visit("glimpse", { px: 700 });
    await v.page.evaluate(() => (document.querySelector("#below").style.height = "2000px"));
    for (let i = 0; i < 2; i++) {
      await v.page.evaluate(() => scrollTo(0, 400));
      await wait(500);
      await v.page.evaluate(() => scrollTo(0, 0));
      await wait(500);
    }
    await wait(800);
    equal(exposures(v).length, 0, "exposures of glimpses");
    await v.context.close();
  }
  { // a wrong key
    const v = await visit("refused", { read: "tl_read_wrong" });
    equal(await v.page.getAttribute("#hero", "data-throughline"), "fallback", "what became of the place");
    equal(await v.page.textContent("#hero"), "Our own words", "the fallback");
    await wait(1200);
    equal(exposures(v).length, 0, "exposures of a fallback");
    await v.context.close();
  }
  { // the network is away for a moment, and the page leaves
    const v = await visit("away");
    await v.context.setOffline(true);
    await wait(1300);
    const tried = exposures(v).length;
    equal(tried, 1, "exposures tried without a network");
    await v.context.setOffline(false);
    await wait(2500);
    const ids = new Set(exposures(v).map((e) => e.messageId));
    equal(ids.size === 1 && exposures(v).length > tried, true, "the same exposure was sent again");
    await v.context.close();
  }
  { // consent: the same visitor on the next page
    const v = await visit("consent", { consent: true });
    const unit = await v.page.evaluate(() => localStorage.getItem("throughline.unit"));
    equal(unit?.length, 32, "the length of the id that is kept");
    await wait(1500);
    equal(exposures(v)[0]?.anonymousId, unit, "who saw it");
    await v.page.reload();
    equal(await v.page.evaluate(() => localStorage.getItem("throughline.unit")), unit, "the id after a reload");
    await v.context.close();
  }
}

function equal(got, want, what) {
  if (got !== want) {
    throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  }
}

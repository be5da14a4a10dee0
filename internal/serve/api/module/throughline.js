// Shows decided content on a page, and says when it was seen. One file, no
// dependency; docs/embed.md of the engine that serves it is its manual.
//
//   <script type="module" src="https://ENGINE/throughline.js"
//           data-read-key="tl_read_..." data-write-key="tl_write_..."></script>
//   <div data-placement="home.hero">What shows when nothing else can</div>

const SEEN_SHARE = 0.5; // of the element
const SEEN_MS = 1000; // without a break, on a visible page
const PAUSES = [1000, 4000, 16000]; // before each new try
const LONGEST_PAUSE = 60000;
const KEEP = 50; // events that wait for the network
const STORED = "throughline.unit";
const REFUSED = /^(script|noscript|i?frame|frameset|object|embed|applet|base|meta|link|form|template|foreignobject|animate.*|set|use|math)$/i;
const ACTIVE = /^(on.*|srcdoc|formaction|is|nonce)$/i;
const RUNS = /^(javascript|vbscript|data(?!:image\/)):/;
const SVG = "http://www.w3.org/2000/svg";

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Connects to an engine.
 * @param {{engine?: string, readKey?: string, writeKey?: string, consent?: boolean,
 *   unit?: string, context?: object, onerror?: (error: Error) => void}} options
 *   engine is its origin, this file's own by default. unit is who the page is
 *   for, if it knows; otherwise it is made up: kept on the device with consent,
 *   gone with the page without.
 */
export function connect(options = {}) {
  const engine = (options.engine || new URL(import.meta.url).origin).replace(/\/$/, "");
  const { readKey, writeKey, context = {} } = options;
  const failed = options.onerror || (() => {});
  const shown = new Map(); // element -> what it shows
  const exposed = new Set(); // decisions
  let unit = options.unit || newId();
  let queue = [];
  let sending;
  let last; // the decision an outcome belongs to

  function consent(given) {
    if (options.unit) return;
    try {
      if (given) {
        unit = localStorage.getItem(STORED) || unit;
        localStorage.setItem(STORED, unit);
      } else localStorage.removeItem(STORED);
    } catch {} // a browser that keeps nothing
  }
  if (options.consent) consent(true);

  // ask tries again only what may go better the next time.
  async function ask(path, body, key) {
    for (let i = 0; ; i++) {
      let wait = PAUSES[i];
      let problem;
      try {
        const headers = { "Content-Type": "application/json" };
        if (key) headers.Authorization = "Bearer " + key;
        const res = await fetch(engine + path, {
          method: "POST", headers, body: JSON.stringify(body), credentials: "omit",
          keepalive: !path.startsWith("/v1/r"), signal: AbortSignal.timeout(10000),
        });
        if (res.ok) return await res.json();
        problem = new Error("throughline: " + path + " was answered with " + res.status);
        if (res.status != 429 && res.status < 500) wait = 0;
        else wait = wait && Math.max(wait, Math.min(LONGEST_PAUSE, 1000 * res.headers.get("Retry-After") || 0));
      } catch (e) {
        problem = e;
      }
      if (!wait) throw problem;
      await sleep(wait * (0.75 + Math.random() / 2));
    }
  }

  /** Asks what to show, and shows it. What is in the element stays until then, and for good when it fails. */
  async function render(el, placement = el.dataset.placement) {
    leave(el);
    const mine = { placement };
    shown.set(el, mine);
    try {
      const given = el.dataset.context ? JSON.parse(el.dataset.context) : {};
      const locale = el.closest("[lang]")?.lang;
      const d = await ask("/v1/render/" + encodeURIComponent(placement),
        { context: { ...(locale && { locale }), ...context, ...given, targetingKey: unit } }, readKey);
      if (shown.get(el) != mine) return; // another render overtook this one
      mine.unit = unit;
      mine.id = last = d.decisionId;
      if (d.nodes) {
        hold(el);
        el.replaceChildren(...d.nodes.map((n) => build(n)));
        el.dataset.throughline = "shown";
      }
      el.dispatchEvent(new CustomEvent("throughline", { bubbles: true, detail: d }));
      if (d.variant) watch.observe(el);
      return d;
    } catch (e) {
      if (shown.get(el) == mine) el.dataset.throughline = "fallback";
      failed(e);
    }
  }

  // hold keeps the height the page gave the place, so that nothing below jumps.
  function hold(el) {
    const height = el.offsetHeight;
    if (height && !el.style.minHeight) el.style.minHeight = height + "px";
  }

  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) {
      const s = shown.get(e.target);
      if (!s) continue;
      // Something taller than the window is seen when it fills half of the window.
      s.in = e.intersectionRatio >= SEEN_SHARE || e.intersectionRect.height >= SEEN_SHARE * (e.rootBounds?.height || Infinity);
      time(e.target, s);
    }
  }, { threshold: [0, 0.1, 0.2, 0.3, 0.4, SEEN_SHARE, 0.6, 0.8, 1] });

  function time(el, s) {
    if (!s.in || document.hidden) {
      clearTimeout(s.timer);
      s.timer = 0;
    } else if (!s.timer && !s.seen) {
      s.timer = setTimeout(() => {
        s.seen = true;
        watch.unobserve(el);
        if (exposed.has(s.id)) return;
        exposed.add(s.id);
        track("Throughline Exposure", { decisionId: s.id }, s.unit);
      }, SEEN_MS);
    }
  }

  function leave(el) {
    clearTimeout(shown.get(el)?.timer);
    watch.unobserve(el);
    shown.delete(el);
  }

  /** Says what the recipient did; for the decision given, or the last one shown. */
  function outcome(name, value, decisionId = last) {
    track(name, { decisionId, ...(value !== undefined && { value }) }, unit);
  }

  function track(event, properties, anonymousId) {
    if (queue.length >= KEEP) queue.shift();
    queue.push({ type: "track", messageId: newId(), anonymousId, event, properties, timestamp: new Date().toISOString() });
    sending ||= Promise.resolve().then(send);
  }

  async function send() {
    while (queue.length) {
      const batch = queue.slice();
      try {
        await ask("/v1/batch", { batch, sentAt: new Date().toISOString() }, writeKey);
        queue = queue.filter((m) => !batch.includes(m));
      } catch (e) {
        failed(e);
        break; // they stay, for the next event or for when the page goes
      }
    }
    sending = undefined;
  }

  // A page that goes away says what it knows; the ids make saying it twice harmless.
  function hide() {
    for (const [el, s] of shown) time(el, s);
    if (!document.hidden || !queue.length) return;
    const body = JSON.stringify({ batch: queue, sentAt: new Date().toISOString(), writeKey });
    if (navigator.sendBeacon(engine + "/v1/batch", new Blob([body], { type: "text/plain" }))) queue = [];
  }
  const again = () => queue.length && (sending ||= send());
  document.addEventListener("visibilitychange", hide);
  addEventListener("online", again);

  function close() {
    [...shown.keys()].forEach(leave);
    watch.disconnect();
    document.removeEventListener("visibilitychange", hide);
    removeEventListener("online", again);
  }

  return { render, outcome, consent, close };
}

// build makes a node of the tree that the engine sends. It uses no markup, so it
// needs nothing of a page's content security policy, nor a trusted type.
function build(node, ns) {
  if (typeof node == "string") return document.createTextNode(node);
  const [name, attributes, ...children] = node;
  if (REFUSED.test(name)) return document.createTextNode("");
  if (name == "style") return adopt(children.join(""));
  if (name == "svg") ns = SVG;
  const el = ns ? document.createElementNS(ns, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (ACTIVE.test(key) || RUNS.test(value.replace(/[\0-\x20]/g, "").toLowerCase())) continue;
    if (key == "style") el.style.cssText = value;
    else el.setAttribute(key, value);
  }
  el.append(...children.map((c) => build(c, ns)));
  return el;
}

const sheets = new Set();
function adopt(css) {
  if (!sheets.has(css)) {
    sheets.add(css);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets.push(sheet);
  }
  return document.createTextNode("");
}

// The page's own element says how to connect; without keys on it, the page does
// it by hand with connect().
const tag = [...document.querySelectorAll("script[type=module][src]")].find((s) => s.src == import.meta.url);

/** The connection of the script element, or undefined where it has no data-read-key. */
export const page = tag && "readKey" in tag.dataset ? connect({
  readKey: tag.dataset.readKey, writeKey: tag.dataset.writeKey, unit: tag.dataset.unit,
  consent: "consent" in tag.dataset, onerror: (e) => console.warn(e),
}) : undefined;
if (page) document.querySelectorAll("[data-placement]").forEach((el) => page.render(el));

// What a browser computes for each text of each document, in the order of the
// documents. It stands in a page that holds them as docs.
const skipped = new Set(["STYLE", "SCRIPT", "TITLE", "HEAD", "TEMPLATE", "NOEMBED", "DATALIST"]);

function judge(doc) {
  const view = doc.defaultView;
  const probe = doc.createElement("div");
  probe.setAttribute("style", "background:Canvas !important");
  doc.documentElement.append(probe);
  const canvas = view.getComputedStyle(probe).backgroundColor;
  probe.remove();
  const out = [];
  const walker = doc.createTreeWalker(doc, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const text = n.data.split(/[\s]+/).filter(Boolean).join(" ");
    const e = n.parentElement;
    if (!text || !e || skipped.has(e.tagName) || e.closest("head")) continue;
    const s = view.getComputedStyle(e);
    const grounds = [];
    let picture = false;
    for (let p = e; p; p = p.parentElement) {
      const g = view.getComputedStyle(p);
      grounds.push(g.backgroundColor);
      if (g.backgroundImage !== "none") { picture = true; break; }
      if (/^rgb\(/.test(g.backgroundColor)) break;
    }
    grounds.push(canvas);
    out.push({
      text, color: s.color, size: parseFloat(s.fontSize), weight: +s.fontWeight, grounds, picture,
      hidden: !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
    });
  }
  return out;
}

const loaded = docs.map((html) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.width = 800;
  frame.height = 600;
  frame.onload = () => { done(judge(frame.contentDocument)); };
  frame.srcdoc = html;
  document.body.append(frame);
}));
Promise.all(loaded).then((all) => {
  document.body.textContent = "";
  const pre = document.createElement("pre");
  pre.id = "judged";
  pre.textContent = JSON.stringify(all);
  document.body.append(pre);
});

// The site's search: every section whose title and text hold all the words, the best first, each with a line around
// the first place found. SECTIONS and OTHER_NAMES come from _static/sections.js, a file of its own, so that a page opened
// without a server has them too.
"use strict";

const SHOWN = 40, AROUND = 90;
const SAY = {
  none: words => `No section has “${words}”.`,
  found: (words, sections, pages) =>
    `${sections} ${sections === 1 ? "section" : "sections"} on ${pages} ${pages === 1 ? "page" : "pages"} for “${words}”.`,
  more: (words, sections, pages) =>
    `${sections} sections on ${pages} pages for “${words}”; the best ${SHOWN} are below.`,
};

// Letters without accents and capitals, each in the place of its own.
const plain = text => text.toLowerCase().replace(/[^\x00-\x7f]/g, letter => letter.normalize("NFKD")[0]);

// A word's forms: as typed, without a plural's s, and its other names. Latin words are found at their beginning alone.
function pattern(word) {
  const forms = [word, ...(OTHER_NAMES[word] || [])].map(form => {
    const escaped = plain(form).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return /^[a-z]{4,}s$/.test(escaped) ? escaped.replace(/(e?)s$/, "$1s?") : escaped;
  });
  return new RegExp(forms.map(form => (/^[a-z0-9]/.test(form) ? `(?<![a-z0-9])${form}` : form)).join("|"), "g");
}

function search(typed) {
  const whole = plain(typed).trim().split(/\s+/).join(" ");
  const words = OTHER_NAMES[whole] ? [whole] : whole.split(" ").filter(Boolean);
  const patterns = words.map(pattern), found = [];
  if (!words.length) return { patterns, found };
  SECTIONS.forEach(([page, anchor, within, title, text], order) => {
    const head = plain(title), body = plain(text);
    let score = 0;
    for (const one of patterns) {
      const inHead = (head.match(one) || []).length, inBody = (body.match(one) || []).length;
      if (!inHead && !inBody) return;
      score += 20 * Math.min(inHead, 1) + Math.min(inBody, 6);
    }
    if (page.startsWith("chapters/") || page === "glossary.html") score += 15;
    found.push({ page, anchor, within, title, text, score, order });
  });
  found.sort((one, other) => other.score - one.score || one.order - other.order);
  return { patterns, found };
}

// The text around the first word that is found, as nodes, the words marked.
function line(text, patterns) {
  const body = plain(text), first = Math.min(...patterns.map(one => body.search(one)).filter(place => place >= 0));
  let begin = isFinite(first) ? Math.max(0, first - AROUND) : 0, end = begin + 2 * AROUND;
  while (begin > 0 && /[\p{Script=Latin}\d]/u.test(text[begin - 1]) && begin > first - AROUND - 20) begin--;
  while (end < text.length && /[\p{Script=Latin}\d]/u.test(text[end]) && end < first + AROUND + 120) end++;
  const part = text.slice(begin, end), places = [];
  for (const one of patterns) for (const hit of plain(part).matchAll(one)) places.push([hit.index, hit.index + hit[0].length]);
  places.sort((one, other) => one[0] - other[0]);
  const nodes = [begin > 0 ? "… " : ""];
  let done = 0;
  for (const [from, to] of places) {
    if (from < done) continue;
    const mark = document.createElement("mark");
    mark.textContent = part.slice(from, to);
    nodes.push(part.slice(done, from), mark);
    done = to;
  }
  return [...nodes, part.slice(done), end < text.length ? " …" : ""];
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function show(typed) {
  const { patterns, found } = search(typed), list = document.getElementById("search-results");
  const pages = new Set(found.map(one => one.page)).size;
  const said = !found.length ? SAY.none(typed) : found.length > SHOWN ? SAY.more(typed, found.length, pages) : SAY.found(typed, found.length, pages);
  document.getElementById("search-summary").textContent = typed.trim() ? said : "";
  list.replaceChildren(...found.slice(0, SHOWN).map(one => {
    const query = `?highlight=${encodeURIComponent(plain(typed))}`;
    const link = element("a", { href: `${one.page}${query}${one.anchor ? `#${one.anchor}` : ""}` }, one.title);
    return element("li", {}, link, element("p", { class: "within" }, one.within), element("p", {}, ...line(one.text, patterns)));
  }));
}

document.addEventListener("DOMContentLoaded", () => {
  const typed = new URLSearchParams(location.search).get("q") || "", field = document.querySelector(".bd-search-container input");
  field.value = typed;
  if (typed) show(typed); else field.focus();
});

"use strict";
// Finds rules in the words that people use, typos included; everything is on this page and nothing leaves it.
const rules = [...document.querySelectorAll("details.rule")];
const sections = [...document.querySelectorAll("section.area")];
const found = document.getElementById("found");
const query = document.getElementById("query");
const area = document.getElementById("area");
const who = document.getElementById("who");
const letters = [...document.querySelectorAll(".letters button")];
const told = document.getElementById("told");
const homes = new Map(rules.map((rule) => [rule, rule.parentElement]));
const LEAST = 0.45;

const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
const words = (text) => fold(text).match(/[a-z0-9]+/g) || [];
const skipped = new Set(words(document.body.dataset.skipped));
const grams = (word) => {
  const padded = ` ${word} `;
  return new Set([...padded].slice(0, -1).map((_, i) => padded.slice(i, i + 2)));
};
const index = new Map(
  rules.map((rule) => [rule, [...new Set(words(`${rule.dataset.words} ${rule.querySelector("h3").textContent}`))].map((word) => [word, grams(word)])])
);

function likeness(asked, askedGrams, known, knownGrams) {
  if (asked === known) return 1;
  if (asked.length > 3 && known.startsWith(asked)) return 0.9;
  if (asked.length > 4 && known.includes(asked)) return 0.8;
  if (known.length > 4 && asked.includes(known)) return 0.8;
  let shared = 0;
  for (const gram of askedGrams) if (knownGrams.has(gram)) shared += 1;
  const dice = (2 * shared) / (askedGrams.size + knownGrams.size);
  return asked.length > 3 && dice >= 0.55 ? 0.85 * dice : 0;
}

function rate(rule, asked) {
  const best = asked.map(([word, wordGrams]) =>
    Math.max(0, ...index.get(rule).map(([known, knownGrams]) => likeness(word, wordGrams, known, knownGrams)))
  );
  return best.reduce((sum, value) => sum + value * value, 0) / best.length;
}

function show() {
  const letter = letters.find((button) => button.getAttribute("aria-pressed") === "true")?.value || "";
  const fits = rules.filter(
    (rule) =>
      (!area.value || rule.dataset.area === area.value) &&
      (!who.value || rule.dataset.who === who.value) &&
      (!letter || fold(rule.querySelector("h3").textContent).startsWith(letter))
  );
  const telling = words(query.value).filter((word) => !skipped.has(word));
  const asked = (telling.length ? telling : words(query.value)).map((word) => [word, grams(word)]);
  let visible = fits;
  if (asked.length) {
    const rated = fits.map((rule) => [rule, rate(rule, asked)]).filter(([, value]) => value >= LEAST * LEAST);
    const top = Math.max(0, ...rated.map(([, value]) => value));
    visible = rated.filter(([, value]) => value >= top * 0.65).sort((a, b) => b[1] - a[1]).map(([rule]) => rule);
    found.replaceChildren(...visible);
  } else {
    for (const rule of rules) homes.get(rule).append(rule);
  }
  const seen = new Set(visible);
  for (const rule of rules) rule.hidden = !seen.has(rule);
  found.hidden = !asked.length;
  for (const section of sections) section.hidden = asked.length > 0 || ![...section.querySelectorAll("details")].some((rule) => !rule.hidden);
  told.textContent = (visible.length ? told.dataset.some : told.dataset.none).replace("#", visible.length);
}

function follow() {
  const rule = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!rule || !rules.includes(rule)) return;
  query.value = area.value = who.value = "";
  for (const button of letters) button.setAttribute("aria-pressed", "false");
  show();
  rule.open = true;
  rule.scrollIntoView();
  rule.querySelector("summary").focus({ preventScroll: true });
}

document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
for (const field of [query, area, who]) {
  field.addEventListener("input", () => {
    show();
    scrollTo({ top: 0 });
  });
}
for (const button of letters) {
  button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") === "true";
    for (const other of letters) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(!pressed));
    show();
  });
}
for (const rule of rules) rule.addEventListener("toggle", () => rule.open && history.replaceState(null, "", `#${rule.id}`));
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => rules.forEach((rule) => (rule.dataset.was = rule.open) && 0 || (rule.open = true)));
addEventListener("afterprint", () => rules.forEach((rule) => (rule.open = rule.dataset.was === "true")));
document.documentElement.classList.add("ready");
show();
addEventListener("load", () => setTimeout(follow));

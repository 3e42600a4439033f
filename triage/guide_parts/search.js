"use strict";
// Finds rules in the words that people use, typos included; everything is on this page and nothing leaves it.
const rules = [...document.querySelectorAll("details.rule")];
const sections = [...document.querySelectorAll("section.area")];
const found = document.getElementById("found");
const query = document.getElementById("query");
const area = document.getElementById("area");
const who = document.getElementById("who");
const alphabet = document.querySelector(".letters");
const letters = [...alphabet.querySelectorAll("button")];
const language = document.querySelector("header a");
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
const title = (rule) => rule.querySelector("h3").textContent;
const spelled = (text) => [...new Set(words(text))].map((word) => [word, grams(word)]);
const titles = new Map(rules.map((rule) => [rule, spelled(title(rule))]));
const index = new Map(rules.map((rule) => [rule, spelled(`${rule.dataset.words} ${title(rule)}`)]));

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

const nearest = (asked, known) => Math.max(0, ...known.map((word) => likeness(...asked, ...word)));

// A word that few rules know tells more than one that many know, and a word in the title more than one elsewhere.
function rate(asked) {
  const rated = new Map(rules.map((rule) => [rule, 0]));
  let total = 0;
  for (const word of asked) {
    const near = rules.map((rule) => nearest(word, index.get(rule)));
    const weight = Math.log(1 + rules.length / (1 + near.filter((value) => value >= 0.8).length));
    rules.forEach((rule, i) => {
      const value = near[i] ** 2 * (1 + 0.5 * nearest(word, titles.get(rule)));
      rated.set(rule, rated.get(rule) + weight * value);
    });
    total += weight;
  }
  for (const [rule, sum] of rated) rated.set(rule, sum / total);
  return rated;
}

function press(letter) {
  for (const button of letters) button.setAttribute("aria-pressed", String(button === letter));
}

function show() {
  const telling = words(query.value).filter((word) => !skipped.has(word));
  const asked = (telling.length ? telling : words(query.value)).map((word) => [word, grams(word)]);
  if (asked.length) press(null);
  alphabet.hidden = asked.length > 0;
  const letter = letters.find((button) => button.getAttribute("aria-pressed") === "true")?.value || "";
  const fits = rules.filter(
    (rule) =>
      (!area.value || rule.dataset.area === area.value) &&
      (!who.value || rule.dataset.who === who.value) &&
      (!letter || fold(title(rule)).startsWith(letter))
  );
  let visible = fits;
  if (asked.length) {
    const rated = rate(asked);
    const least = Math.max(LEAST ** 2, 0.65 * Math.max(...fits.map((rule) => rated.get(rule))));
    const urgent = (rule) => Number(rule.dataset.urgency === "emergency");
    visible = fits.filter((rule) => rated.get(rule) >= least);
    visible.sort((a, b) => rated.get(b) - rated.get(a) || urgent(b) - urgent(a));
    found.replaceChildren(...visible);
  } else {
    for (const rule of rules) homes.get(rule).append(rule);
  }
  const seen = new Set(visible);
  for (const rule of rules) rule.hidden = !seen.has(rule);
  found.hidden = !asked.length;
  for (const section of sections) section.hidden = asked.length > 0 || ![...section.querySelectorAll("details")].some((rule) => !rule.hidden);
  const { none, one, some } = told.dataset;
  told.textContent = ([none, one][visible.length] ?? some).replace("#", visible.length);
}

function follow() {
  const rule = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!rule || !rules.includes(rule)) return;
  query.value = area.value = who.value = "";
  press(null);
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
    press(button.getAttribute("aria-pressed") === "true" ? null : button);
    show();
  });
}
let printing = []; // the rules that are open for the print only
for (const rule of rules) {
  rule.addEventListener("toggle", () => {
    if (rule.open && !printing.includes(rule)) history.replaceState(null, "", `#${rule.id}`);
  });
}
addEventListener("beforeprint", () => {
  printing = rules.filter((rule) => !rule.open);
  for (const rule of printing) rule.open = true;
});
addEventListener("afterprint", () => {
  for (const rule of printing) rule.open = false;
  printing = [];
});
language.addEventListener("click", () => (language.hash = location.hash));
addEventListener("hashchange", follow);
show();
addEventListener("load", () => setTimeout(follow));

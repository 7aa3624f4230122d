// Draws the answer again as soon as an assumption changes: the address says what is asked, here as without
// this script, with which the form is sent by its button. The workload that is shown comes first; what it hangs
// on and the verdicts on others follow. Whatever is not of the new question says so meanwhile.
"use strict";

const TYPED_MS = 200;
const SLOW_MS = 150;
const QUIET_MS = 700;
const ask = document.getElementById("ask");
const asking = document.querySelector("form[data-redraw]");
const told = document.getElementById("ask-state");
const unfolded = new Set();
let typing, slow, rest, underWay;

// What is stated, as an address has it: without what is left empty, and without choices that are the default.
function query() {
  const stated = [...new FormData(asking)].filter(([, value]) => value.trim());
  return new URLSearchParams(stated);
}

function addressOf(asked) {
  const text = asked.toString();
  return text ? `${asking.getAttribute("action")}?${text}` : asking.getAttribute("action");
}

// Asked about one workload alone, the answer is there sooner; the others are asked about afterwards.
function shownFirst(asked) {
  const shown = document.getElementById("verdict")?.dataset.workload;
  if (asked.has("workload") || !shown || !document.querySelector("#workloads nav")) return null;
  return new URLSearchParams([["workload", shown], ...asked]);
}

async function pageOf(address, signal, headers = {}) {
  for (;;) {
    const answer = await fetch(address, { signal, headers, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.status !== 202) return { isAnswer: answer.ok && Boolean(page.getElementById("verdict")), page };
    await new Promise((done) => setTimeout(done, SLOW_MS)); // it is still being worked out
  }
}

// With the name that somebody is about to save it under.
function putStated(fresh) {
  const typed = document.getElementById("plan-name");
  const isTyping = document.activeElement === typed;
  document.getElementById("stated").replaceWith(fresh);
  const field = fresh.querySelector("#plan-name");
  if (!typed || !field) return;
  field.value = typed.value;
  if (isTyping) field.focus({ preventScroll: true });
}

// What is folded out stays so, through an answer too in which it is still to come.
function noteUnfolded(main) {
  for (const one of main.querySelectorAll("details[id]")) {
    if (one.open) unfolded.add(one.id);
    else unfolded.delete(one.id);
  }
}

// What is to come takes as much room as what it stands for, so that nothing jumps twice.
function heightsOf(toCome) {
  const heights = toCome.map((one) => document.getElementById(one.id)?.offsetHeight ?? 0);
  return () => toCome.forEach((one, place) => (one.style.minHeight = `${heights[place]}px`));
}

function put(page, kept) {
  const main = document.getElementById("main");
  const top = ask.getBoundingClientRect().top;
  noteUnfolded(main);
  const hold = heightsOf([...page.querySelectorAll("[data-to-come]")]);
  const isKept = (one) => kept.includes(one.id);
  for (const one of [...main.children]) if (!isKept(one)) one.remove();
  let place = main.firstElementChild;
  for (const one of [...page.getElementById("main").children]) {
    if (isKept(one)) place = document.getElementById(one.id).nextElementSibling;
    else main.insertBefore(document.adoptNode(one), place);
  }
  hold();
  putStated(document.adoptNode(page.getElementById("stated")));
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  scrollBy({ top: ask.getBoundingClientRect().top - top, behavior: "instant" });
}

// The other workloads lead to the new question already; their verdicts are not known yet.
function othersAreOpen(asked) {
  for (const line of document.querySelectorAll("#workloads li:not(.shown)")) {
    const link = line.querySelector("a");
    if (link) link.search = new URLSearchParams([["workload", new URLSearchParams(link.search).get("workload")], ...asked]);
    const badge = line.querySelector(".badge");
    badge.className = "badge early";
    badge.textContent = "Being worked out";
  }
  const known = document.querySelector("#verdict .badge").cloneNode(true);
  document.querySelector("#workloads li.shown .badge")?.replaceWith(known);
}

function say(words, isStale) {
  clearTimeout(slow);
  told.textContent = words;
  document.getElementById("main").classList.toggle("stale", isStale);
}

function verdict() {
  const section = document.getElementById("verdict");
  return `${section.querySelector("h2").textContent.trim()}: ${section.querySelector(".badge").textContent}.`;
}

function keep(address, isNew) {
  if (isNew) history.pushState(null, "", address);
  for (const back of document.querySelectorAll("form.viewer [name=back]")) back.value = address;
}

// What the answer hangs on, and the verdicts on the other workloads.
async function askForAll(asked, signal, sentence) {
  const { isAnswer, page } = await pageOf(addressOf(asked), signal);
  if (!isAnswer || signal.aborted) return;
  put(page, ["ask"]);
  const isSame = document.querySelector("#verdict .said").textContent === sentence;
  say(isSame ? verdict() : `${verdict()} Calls have come meanwhile: these numbers are of now.`, false);
}

async function redraw(isNew = true) {
  clearTimeout(typing);
  clearTimeout(rest);
  underWay?.abort();
  if (!asking.checkValidity()) {
    const field = asking.querySelector(":invalid");
    const label = field.closest("label").querySelector(".label").firstChild.textContent.trim();
    return say(`${label}: ${field.validationMessage} The numbers below are those of before.`, true);
  }
  performance.mark("asked");
  underWay = new AbortController();
  const { signal } = underWay;
  const asked = query();
  const first = shownFirst(asked);
  slow = setTimeout(() => say("Working it out. The numbers below are those of before.", true), SLOW_MS);
  try {
    const { isAnswer, page } = await pageOf(addressOf(first ?? asked), signal, { "X-Payback-Briefly": "1" });
    if (signal.aborted) return undefined;
    if (!isAnswer) {
      const why = page.querySelector("main .sentence p bdi")?.textContent ?? page.title;
      return say(`${why} The numbers below are those of before.`, true);
    }
    const sentence = page.querySelector("#verdict .said").textContent;
    keep(addressOf(asked), isNew);
    put(page, first ? ["ask", "workloads"] : ["ask"]);
    if (first) othersAreOpen(asked);
    for (const kept of document.querySelectorAll("#ask [name=query]")) kept.value = asked.toString();
    say(verdict(), false);
    requestAnimationFrame(() => performance.measure("redraw", "asked"));
    rest = setTimeout(() => askForAll(asked, signal, sentence).catch(() => {}), QUIET_MS);
  } catch {
    if (!signal.aborted) say("payback does not answer. The numbers below are those of before.", true);
  }
  return undefined;
}

function filledIn(asked) {
  for (const field of asking.elements) {
    if (field.type === "checkbox") field.checked = asked.get(field.name) === "on";
    else if (field.name && field.type !== "hidden") field.value = asked.get(field.name) ?? "";
  }
}

if (asking && told) {
  asking.addEventListener("submit", (event) => {
    event.preventDefault();
    redraw();
  });
  asking.addEventListener("change", () => redraw());
  asking.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(redraw, TYPED_MS);
  });
  addEventListener("popstate", () => {
    if (location.pathname !== asking.getAttribute("action")) return;
    filledIn(new URLSearchParams(location.search));
    redraw(false);
  });
}

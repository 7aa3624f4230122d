// Keeps the page of the running month up to date: reads it again and puts in what has changed. And says in a line what
// cheaper steps would save, as the page on paying off works it out in a process of its own.
// Without this script the page is whole, and the line leads there; the switch is shown by the script only.
"use strict";

const EVERY_MS = 10_000;
const LOOK_AGAIN_MS = 3_000;
const MOST_LOOKS = 40;
const KEPT_MS = 3_600_000;
const steps = document.querySelector("[data-steps]");
const line = document.querySelector(".live");
const toggle = document.getElementById("live");
const state = document.getElementById("live-state");

// Somebody marks text to copy it, or stands on a link: then nothing moves, so that all numbers are of one moment.
function isInUse() {
  const focused = document.activeElement;
  return !document.getSelection().isCollapsed || (focused.closest("main section") && !focused.matches("summary"));
}

function isSamePage(fresh) {
  const outline = (page) => [page.title, ...[...page.querySelectorAll("main section[id]")].map((section) => section.id)];
  return outline(fresh).join() === outline(document).join();
}

function replace(before, after) {
  const unfolded = [...before.querySelectorAll("details[id][open]")].map((details) => details.id);
  const focused = before.contains(document.activeElement) ? document.activeElement.closest("details") : null;
  before.replaceWith(document.adoptNode(after));
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.querySelector(`#${focused.id} summary`)?.focus({ preventScroll: true });
}

function putIn(fresh) {
  for (const after of fresh.querySelectorAll("main section[id], #read-at")) {
    replace(document.getElementById(after.id), after);
  }
}

async function readAgain() {
  if (!toggle.checked || document.hidden || isInUse()) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.status === 401) return location.reload(); // the session is over
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!isSamePage(fresh)) return location.reload();
    if (!isInUse()) putIn(fresh);
    state.textContent = "";
  } catch {
    state.textContent = "payback does not answer; these are the last numbers read";
  }
}

if (line) {
  toggle.checked = sessionStorage.getItem("live") !== "off";
  toggle.addEventListener("change", () => {
    sessionStorage.setItem("live", toggle.checked ? "on" : "off");
    readAgain();
  });
  line.hidden = false;
  setInterval(readAgain, EVERY_MS);
  document.addEventListener("visibilitychange", readAgain);
}

// Of this tab, for an hour; with numbers as the reader has them written.
function stepsKey() {
  return `steps ${document.querySelector("form.viewer [name=numbers]")?.value ?? ""}`;
}

function stepsOn(page) {
  const workload = page.getElementById("verdict-title")?.textContent.trim();
  const rungs = [...page.querySelectorAll("#ladder tbody tr")].map((row) => ({
    name: row.querySelector("th").textContent.trim(),
    saved: row.querySelector("strong")?.textContent ?? "",
  }));
  return { at: Date.now(), workload, rungs: rungs.filter((rung) => rung.saved.startsWith("$")) };
}

async function askForSteps() {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const answer = await fetch(steps.dataset.steps, { cache: "no-store", headers: { "X-Payback-Briefly": "1" } });
    if (answer.status === 200) return stepsOn(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (answer.status !== 202) return null;
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS)); // it is still being worked out
  }
  return null;
}

function strong(words) {
  const told = document.createElement("strong");
  told.textContent = words;
  return told;
}

function putSteps({ workload, rungs }) {
  const link = steps.querySelector("a");
  const told = rungs.flatMap(({ name, saved }, place) => [place ? " · " : "", strong(saved), ` by ${name[0].toLowerCase()}${name.slice(1)}`]);
  link.hash = "ladder";
  link.textContent = workload;
  steps.replaceChildren(link, " could save a month ", ...told);
}

async function tellSteps() {
  let answer = JSON.parse(sessionStorage.getItem(stepsKey()) ?? "null");
  if (!answer || Date.now() - answer.at > KEPT_MS) answer = await askForSteps();
  if (!answer) return;
  sessionStorage.setItem(stepsKey(), JSON.stringify(answer));
  if (answer.workload && answer.rungs.length) putSteps(answer);
}

if (steps) tellSteps().catch(() => {});

// Keeps the page of the running month up to date: reads it again and puts in what has changed.
// Without this script the page is whole; the switch is shown by the script only.
"use strict";

const EVERY_MS = 10_000;
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

// Puts calls that begin or go on into the list of the latest ones, as the server tells of them.
// Without this script the list is whole, and the link below it reads it again.
"use strict";

const MOST_LINES = 50;
const line = document.querySelector("[data-tail]");
const list = document.getElementById("calls");
const toggle = document.getElementById("tail");
const state = document.getElementById("tail-state");
const waiting = new Map();
let source = null;

// Somebody marks text, points at a line or stands on one: then nothing moves away from under them.
function isInUse(body) {
  const selection = document.getSelection();
  const isMarking = !selection.isCollapsed && body.contains(selection.anchorNode);
  return isMarking || body.matches(":hover") || body.contains(document.activeElement);
}

// Ids sort by time, and those of lines are ids of calls.
function placeOf(fresh, body) {
  return [...body.rows].find((row) => row.id < fresh.id) ?? null;
}

function putIn(fresh, body) {
  const before = document.getElementById(fresh.id);
  if (before) before.replaceWith(fresh);
  else body.insertBefore(fresh, placeOf(fresh, body));
}

function show() {
  const body = list?.querySelector("tbody");
  if (!body) return waiting.size && location.reload(); // the page had no line yet
  const fresh = [...waiting.values()].filter((row) => !document.getElementById(row.id)).length;
  if (isInUse(body)) {
    state.textContent = fresh ? `${fresh} new, shown when you leave the list` : "";
    return undefined;
  }
  for (const row of waiting.values()) putIn(document.adoptNode(row), body);
  waiting.clear();
  while (body.rows.length > MOST_LINES) body.rows[body.rows.length - 1].remove();
  state.textContent = "";
  return undefined;
}

function take(event) {
  const page = new DOMParser().parseFromString(`<table><tbody>${event.data}</tbody></table>`, "text/html");
  for (const row of page.querySelectorAll("tr[id]")) waiting.set(row.id, row);
  for (const id of [...waiting.keys()].sort().slice(0, -MOST_LINES)) waiting.delete(id);
  show();
}

function listen() {
  const wanted = toggle.checked && !document.hidden;
  if (wanted === (source !== null)) return;
  if (!wanted) {
    source.close();
    source = null;
    return;
  }
  source = new EventSource(line.dataset.tail);
  source.addEventListener("calls", take);
  source.addEventListener("trouble", (event) => (state.textContent = event.data));
  source.addEventListener("open", () => (state.textContent = ""));
  source.addEventListener("error", () => {
    const isGivenUp = source?.readyState === EventSource.CLOSED;
    state.textContent = isGivenUp ? "payback tells nobody else of new calls; refresh instead" : "payback does not answer; trying again";
  });
}

if (line) {
  toggle.checked = sessionStorage.getItem("tail") === "on";
  toggle.addEventListener("change", () => {
    sessionStorage.setItem("tail", toggle.checked ? "on" : "off");
    state.textContent = "";
    listen();
  });
  line.hidden = false;
  list?.addEventListener("pointerleave", () => waiting.size && show());
  document.addEventListener("selectionchange", () => waiting.size && show());
  list?.addEventListener("focusout", () => setTimeout(() => waiting.size && show()));
  document.addEventListener("visibilitychange", listen);
  listen();
}

// Spares reloads; every page works without it.

const said = document.getElementById("said");

function say(text) {
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = text; });
}

// What an element is known by when a page is drawn anew: its id, or what it does.
function keyOf(element) {
  if (!element?.tagName) return null;
  if (element.id) return `#${element.id}`;
  const says = ["href", "name", "value", "aria-label", "action"].map((name) => element.getAttribute(name) ?? "");
  if (says.every((text) => text === "")) says.push(element.textContent.trim());
  return [element.tagName, formOf(element), ...says].join("|");
}

function formOf(element) {
  return element.form ? element.form.getAttribute("action") ?? "" : "";
}

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

// Where the focus is: on what, and the how many-th of its kind that is, for when it itself is gone.
function placeOfFocus(main) {
  const active = document.activeElement;
  if (!main.contains(active) || active === main) return null;
  const kind = active.matches(".switch") ? ".switch" : FOCUSABLE;
  return { key: keyOf(active), kind, index: [...main.querySelectorAll(kind)].indexOf(active) };
}

function focusAgain(main, place) {
  if (!place) return;
  const same = [...main.querySelectorAll(FOCUSABLE)].find((element) => keyOf(element) === place.key);
  const alike = [...main.querySelectorAll(place.kind)];
  (same ?? alike[Math.min(place.index, alike.length - 1)] ?? main).focus({ preventScroll: true });
}

function isTouched(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.matches("select")) return [...field.options].some((one) => one.selected && !one.defaultSelected);
  return field.value !== field.defaultValue;
}

const FIELDS = "input:not([type=hidden]), select, textarea";

// The fields that somebody has filled in, ticked or chosen from, and not sent yet, each with its key: outside of the page it
// would be in no form.
function touchedFields(main) {
  return [...main.querySelectorAll(FIELDS)].filter(isTouched).map((field) => [keyOf(field), field]);
}

function fillInAgain(main, touched) {
  const fresh = new Map([...main.querySelectorAll(FIELDS)].map((field) => [keyOf(field), field]));
  for (const [key, field] of touched) {
    const now = fresh.get(key);
    if (!now) continue;
    if (field.type === "checkbox") now.checked = field.checked;
    // No script can choose a file.
    else if (field.type === "file") now.replaceWith(field);
    else now.value = field.value;
  }
}

// The parts that somebody has opened, by what stands on them.
function openedParts(main) {
  return new Set([...main.querySelectorAll("details[open] > summary")].map(keyOf));
}

// Draws the page as it is now; what somebody is at stays: the focus, what is filled in and not sent, what is open.
async function redraw(response) {
  const text = await response.text();
  const whole = new DOMParser().parseFromString(text, "text/html");
  const fresh = whole.getElementById("main");
  const main = document.getElementById("main");
  // What is still on its way comes again by itself, but only to a page that was loaded.
  if (!fresh || !main || response.status === 202) { location.assign(response.url); return; }
  const [place, touched, opened] = [placeOfFocus(main), touchedFields(main), openedParts(main)];
  main.replaceChildren(...fresh.childNodes);
  main.dataset.version = fresh.dataset.version ?? "";
  document.title = whole.title;
  for (const summary of main.querySelectorAll("summary")) {
    if (opened.has(keyOf(summary))) summary.parentElement.open = true;
  }
  fillInAgain(main, touched);
  enhance(main);
  focusAgain(main, place);
}

// The path and query whose page is shown.
let shown = location.pathname + location.search;

async function reload() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  // What a form was answered with is nothing that can be asked for again.
  if (response.ok && !response.redirected) await redraw(response);
}

// Goes to another address without leaving the page, so that the keyboard stays where it is.
async function goTo(address) {
  try {
    const response = await fetch(address, { headers: { accept: "text/html" } });
    if (response.status !== 200 || response.redirected) { location.assign(address); return; }
    history.pushState(null, "", response.url);
    shown = location.pathname + location.search;
    await redraw(response);
  } catch {
    say("The server does not answer.");
  }
}

// A switch is flipped in place; what comes back is the page as it is then, or why it could not be.
async function flip(form) {
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const isHere = new URL(response.url).pathname === location.pathname;
    await redraw(response);
    if (response.ok && isHere) say(button.dataset.done);
    else document.querySelector("#main .notice")?.scrollIntoView({ block: "nearest" });
  } catch {
    button.removeAttribute("aria-busy");
    say("The server does not answer. Nothing was changed.");
  }
}

function watchSelection(scope) {
  const all = scope.querySelector("[data-select-all]");
  if (!all) return;
  const boxes = () => [...scope.querySelectorAll("input[name=user]")];
  const count = scope.querySelector("[data-selected-count]");
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && chosen < boxes().length;
    if (count) count.textContent = chosen === 0 ? "Nobody selected" : `${chosen} selected`;
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  for (const box of boxes()) box.addEventListener("change", show);
  show();
}

// A file that is dropped on the field is put into it.
function takeFiles(scope) {
  const field = scope.querySelector("[data-drop]");
  if (!field) return;
  const take = async (file) => { if (file) field.value = await file.text(); };
  field.addEventListener("dragover", (event) => { event.preventDefault(); field.classList.add("dropping"); });
  field.addEventListener("dragleave", () => field.classList.remove("dropping"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("dropping");
    take(event.dataTransfer.files[0]);
  });
}

// A slider of days goes with its date field. A key moves it by one day: the page waits until no other follows.
const DAY_MS = 86_400_000;
const SLIDER_PAUSE_MS = 400;
let sliding = 0;

function tieSliders(scope) {
  for (const slider of scope.querySelectorAll("[data-day-slider]")) {
    const field = document.getElementById(slider.dataset.daySlider);
    const first = Date.parse(slider.dataset.first);
    slider.hidden = false;
    const show = () => {
      field.value = new Date(first + Number(slider.value) * DAY_MS).toISOString().slice(0, 10);
      slider.setAttribute("aria-valuetext", field.value);
    };
    const send = () => {
      const address = new URL(field.form.action);
      address.search = new URLSearchParams(new FormData(field.form)).toString();
      goTo(address.href);
    };
    slider.addEventListener("input", show);
    slider.addEventListener("change", () => {
      show();
      clearTimeout(sliding);
      sliding = setTimeout(send, SLIDER_PAUSE_MS);
    });
    slider.setAttribute("aria-valuetext", field.value);
  }
}

function enhance(scope) {
  for (const form of scope.querySelectorAll("form[data-flip]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); flip(form); });
  }
  watchSelection(scope);
  takeFiles(scope);
  tieSliders(scope);
}

// Somebody who is typing or about to decide is not disturbed, only told.
function isBusy() {
  const active = document.activeElement;
  const isTyping = active && active.matches("input:not([type=checkbox]), textarea, select");
  return isTyping || isDeciding();
}

function isDeciding() {
  return document.querySelector("#main [data-decision]") !== null;
}

function tellOfChange() {
  if (document.querySelector("[data-stale]")) return;
  const bar = document.createElement("div");
  bar.className = "notice info";
  bar.dataset.stale = "";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "Show what is new";
  // What was decided on would not be the same any more.
  button.addEventListener("click", () => (isDeciding() ? location.reload() : reload()));
  bar.append("Somebody changed something meanwhile. ", button);
  document.getElementById("main").prepend(bar);
  say("Somebody changed something meanwhile.");
}

function followChanges() {
  const main = document.getElementById("main");
  if (!main?.dataset.changes) return;
  const source = new EventSource(main.dataset.changes);
  source.addEventListener("version", (event) => {
    if (event.data === main.dataset.version) return;
    if (isBusy()) tellOfChange(); else reload();
  });
  addEventListener("pagehide", () => source.close());
}

function offerThemes() {
  const button = document.querySelector("[data-theme-switch]");
  const themes = ["auto", "light", "dark"];
  const show = (theme) => {
    button.textContent = { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" }[theme];
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  let theme = themes.includes(localStorage.getItem("usher-theme")) ? localStorage.getItem("usher-theme") : "auto";
  show(theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    localStorage.setItem("usher-theme", theme);
    show(theme);
  });
}

// Back and forward; the way to a part of the page is none.
addEventListener("popstate", () => {
  const asked = location.pathname + location.search;
  if (asked === shown) return;
  shown = asked;
  location.reload();
});

enhance(document);
followChanges();
offerThemes();

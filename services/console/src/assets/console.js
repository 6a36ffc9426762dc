// Spares reloads; every page works without it.

const said = document.getElementById("said");

function say(text) {
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = text; });
}

// What has to survive a redraw: where the focus is.
function placeOfFocus() {
  const active = document.activeElement;
  return active && active.id ? active.id : null;
}

async function redraw(response) {
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  const main = document.getElementById("main");
  if (!fresh || !main) { location.assign(response.url); return; }
  const focused = placeOfFocus();
  const checked = new Set([...main.querySelectorAll("input[name=user]:checked")].map((box) => box.value));
  main.replaceChildren(...fresh.childNodes);
  main.dataset.version = fresh.dataset.version ?? "";
  for (const box of main.querySelectorAll("input[name=user]")) box.checked = checked.has(box.value);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  enhance(main);
}

async function reload() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (response.ok) await redraw(response);
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

// A slider of days goes with its date field.
function tieSliders(scope) {
  for (const slider of scope.querySelectorAll("[data-day-slider]")) {
    const field = document.getElementById(slider.dataset.daySlider);
    const first = Date.parse(slider.dataset.first);
    const dayMs = 86_400_000;
    slider.hidden = false;
    const show = () => {
      field.value = new Date(first + Number(slider.value) * dayMs).toISOString().slice(0, 10);
      slider.setAttribute("aria-valuetext", field.value);
    };
    slider.addEventListener("input", show);
    slider.addEventListener("change", () => { show(); field.form.requestSubmit(); });
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

// Somebody who is filling in a form is not disturbed, only told.
function isBusy() {
  const active = document.activeElement;
  const isTyping = active && active.matches("input:not([type=checkbox]), textarea, select");
  return isTyping || document.querySelector("#main [data-decision]") !== null;
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
  button.addEventListener("click", () => location.reload());
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

enhance(document);
followChanges();
offerThemes();

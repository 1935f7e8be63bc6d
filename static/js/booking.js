// The booking page with scripts: months and days without reloading, the month as an accessible grid, the
// visitor's own time zone. Everything here also works as plain links and forms.
// Grid: WAI-ARIA Authoring Practices, date picker example. Only one day is in the tab order; arrows move.

const MONTH_STEP = { PageUp: -1, PageDown: 1 };
let wanted = null; // what to focus after the next swap: {date} or {slots: true} or {nav: "next"}

const pad = (number) => String(number).padStart(2, "0");
const isoDate = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
const readDate = (text) => new Date(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10)));

function daysIn(year, month) {
  return new Date(year, month + 1, 0).getDate();
}

/** The same day of another month, or that month's last day where it is shorter. */
function monthsLater(date, months) {
  const first = new Date(date.getFullYear(), date.getMonth() + months, 1);
  return new Date(first.getFullYear(), first.getMonth(), Math.min(date.getDate(), daysIn(first.getFullYear(), first.getMonth())));
}

function daysLater(date, days) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

function cells(grid) {
  return [...grid.querySelectorAll("td[data-date]")];
}

function rove(grid, cell) {
  for (const other of cells(grid)) other.tabIndex = other === cell ? 0 : -1;
}

/** Turn the month's table into a grid. Without scripts it stays a table of links. */
function enhance(grid) {
  grid.setAttribute("role", "grid");
  for (const row of grid.querySelectorAll("tr")) row.setAttribute("role", "row");
  for (const head of grid.querySelectorAll("th")) head.setAttribute("role", "columnheader");
  for (const cell of grid.querySelectorAll("td")) cell.setAttribute("role", "gridcell");
  for (const cell of cells(grid)) {
    const link = cell.querySelector("a");
    cell.setAttribute("aria-label", cell.querySelector(".visually-hidden").textContent);
    if (link) link.tabIndex = -1;
    else cell.setAttribute("aria-disabled", "true");
    if (cell.classList.contains("day-selected")) cell.setAttribute("aria-selected", "true");
  }
  const first = grid.querySelector(".day-selected") || grid.querySelector(".day-free") || grid.querySelector(".day-today") || cells(grid)[0];
  if (first) rove(grid, first);
  grid.addEventListener("keydown", (event) => onKey(grid, event));
  grid.addEventListener("focusin", (event) => {
    const cell = event.target.closest("td[data-date]");
    if (cell) rove(grid, cell);
  });
}

function onKey(grid, event) {
  const cell = event.target.closest("td[data-date]");
  if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
  const date = readDate(cell.dataset.date);
  const sideways = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
  const column = cell.cellIndex;
  const steps = {
    ArrowRight: () => daysLater(date, sideways),
    ArrowLeft: () => daysLater(date, -sideways),
    ArrowDown: () => daysLater(date, 7),
    ArrowUp: () => daysLater(date, -7),
    Home: () => daysLater(date, -column),
    End: () => daysLater(date, 6 - column),
  };
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    cell.querySelector("a")?.click();
  } else if (event.key in MONTH_STEP) {
    event.preventDefault();
    goTo(grid, monthsLater(date, MONTH_STEP[event.key] * (event.shiftKey ? 12 : 1)));
  } else if (event.key in steps) {
    event.preventDefault();
    goTo(grid, steps[event.key]());
  }
}

/** Focus a date; another month is loaded first. */
function goTo(grid, date) {
  const text = isoDate(date);
  const cell = grid.querySelector(`td[data-date="${text}"]`);
  if (cell) {
    rove(grid, cell);
    cell.focus();
    return;
  }
  const url = new URL(location.href);
  url.searchParams.set("month", text.slice(0, 7));
  url.searchParams.delete("day");
  wanted = { date: text };
  load(url, true);
}

function load(url, push) {
  const swapped = window.htmx.ajax("GET", url.pathname + url.search, { target: "#booking", select: "#booking", swap: "outerHTML" });
  swapped.then(() => history[push ? "pushState" : "replaceState"]({ htmx: true }, "", url));
}

/** Show times in the visitor's own zone unless one was chosen or the event shows the host's to everybody.
 * The server knows old names of zones too; for a name it does not know, it stays with the host's. */
function proposeZone(box) {
  const url = new URL(location.href);
  if ("zoneLocked" in box.dataset || "zoneChosen" in box.dataset || url.searchParams.has("tz")) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === box.dataset.zone) return;
  url.searchParams.set("tz", zone);
  load(url, false);
}

/** Where the focus goes after a swap: to the times after choosing a day, to the date after moving by keys. */
function settleFocus(box) {
  if (!wanted) return;
  const grid = box.querySelector("[data-month-grid]");
  const target = wanted.slots ? box.querySelector("#slots-heading")
    : wanted.date ? grid?.querySelector(`td[data-date="${wanted.date}"]`)
    : wanted.nav ? box.querySelector(`[data-month="${wanted.nav}"]`) : null;
  if (target && wanted.date) rove(grid, target);
  announce(box);
  wanted = null;
  target?.focus();
}

/** Say what changed in a live region that outlives the swap: the number of times, or the month. */
function announce(box) {
  const status = document.getElementById("booking-status");
  if (!status) return;
  const told = wanted.slots ? box.querySelectorAll("#slots-heading, [data-slot-count]")
    : wanted.nav ? box.querySelectorAll("#month-heading") : [];
  status.textContent = [...told].map((part) => part.textContent.trim()).join(": ");
}

/** Dress what has just come into the page. Called again for the same box, it changes nothing. */
function dress(box) {
  const grid = box.querySelector("[data-month-grid]");
  if (grid && grid.getAttribute("role") !== "grid") enhance(grid);
  const select = box.querySelector("select[name=tz]");
  if (select && !select.dataset.ready) {
    select.dataset.ready = "yes";
    select.form.querySelector("button").hidden = true;
    select.addEventListener("change", () => select.form.requestSubmit());
  }
}

/** Call `step` with the booking box, where the page has one. */
function withBox(step) {
  const box = document.getElementById("booking");
  if (box) step(box);
}

document.addEventListener("click", (event) => {
  const day = event.target.closest("[data-month-grid] a");
  const nav = event.target.closest("a[data-month]");
  if (day) wanted = { slots: true };
  else if (nav) wanted = { nav: nav.dataset.month };
});
document.addEventListener("htmx:afterSwap", () => withBox(dress));
document.addEventListener("htmx:afterSettle", () => withBox(settleFocus));
withBox(dress);
withBox(proposeZone);

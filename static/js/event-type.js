// The form of an event type: only the fields that count for what was chosen are shown. Without this all are.

const form = document.querySelector("[data-event-type]");
const kind = form?.querySelector("[name=window]");
const place = form?.querySelector("[name=place_kind]");
const adds = form?.querySelector("[name=adds_to_calendar]");

function show() {
  for (const part of form.querySelectorAll("[data-for-window]")) {
    // A field that was refused stays in sight, so that the error summary's link leads somewhere.
    part.hidden = !part.dataset.forWindow.split(" ").includes(kind.value) && !part.querySelector(".errorlist");
  }
  for (const part of form.querySelectorAll("[data-for-place]")) {
    part.hidden = part.dataset.forPlace !== place.value && !part.querySelector(".errorlist");
  }
  for (const part of form.querySelectorAll("[data-for-calendar]")) {
    part.hidden = !adds.checked && !part.querySelector(".errorlist");
  }
}

if (form) {
  form.addEventListener("change", show);
  show();
}

// Small things that make pages nicer. Every page works without them.

/** Selects marked `data-propose-zone` start on the visitor's own zone, unless the server knows a better one. */
function proposeZones() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of document.querySelectorAll("select[data-propose-zone]")) {
    if ([...select.options].some((option) => option.value === zone)) select.value = zone;
  }
}

/** Buttons marked `data-copy="text"` appear and copy that text; the button says so for a moment. */
function offerCopying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    const label = button.querySelector("[data-copy-label]") || button;
    const before = label.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = button.dataset.copied;
      setTimeout(() => { label.textContent = before; }, 2000);
    });
  }
}

/** After a failed form the summary gets the focus, so that it is read first. */
function focusErrors() {
  document.querySelector(".error-summary")?.focus();
}

/** A form is sent once, however often its button is pressed. */
function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
}

proposeZones();
offerCopying();
focusErrors();
sendOnce();

/* Ranges are added and removed on the spot; without this script the same buttons do it by way of the server. */

const template = document.getElementById("range-row");

function nextNumber(ranges) {
  const numbers = [...ranges.querySelectorAll("input[name$='-from']")].map((input) => Number(input.name.split("-")[1]));
  return Math.max(-1, ...numbers) + 1;
}

function newRange(day, number) {
  const range = template.content.firstElementChild.cloneNode(true);
  const stem = `${day.dataset.day}-${number}`;
  for (const input of range.querySelectorAll("input")) {
    const end = input.id.endsWith("-to") ? "to" : "from";
    input.id = input.name = `${stem}-${end}`;
  }
  for (const part of range.querySelectorAll("[aria-label]")) {
    part.setAttribute("aria-label", part.getAttribute("aria-label").replace("{day}", day.dataset.label));
  }
  return range;
}

function showRemoveButtons(root) {
  for (const button of root.querySelectorAll("[data-remove-range]")) {
    button.hidden = false;
  }
}

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-range]");
  if (add) {
    event.preventDefault();
    const day = add.closest("[data-day]");
    const ranges = day.querySelector("[data-ranges]");
    const range = newRange(day, nextNumber(ranges));
    showRemoveButtons(range);
    ranges.append(range);
    range.querySelector("input").focus();
  }
  const remove = event.target.closest("[data-remove-range]");
  if (remove) {
    const ranges = remove.closest("[data-ranges]");
    const range = remove.closest("[data-range]");
    if (ranges.children.length > 1) {
      range.remove();
    } else {
      // The last one stays, blank: a closed day has a line to type into.
      range.querySelectorAll("input").forEach((input) => (input.value = ""));
    }
    ranges.querySelector("input").focus();
  }
});

showRemoveButtons(document);

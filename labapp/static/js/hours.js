// The week grid: says how the saving goes, tries again when the line is back, and moves with the arrow keys.
// Also the boxes of a list to approve. Everything works without this file.
const form = document.querySelector("[data-hours]");
const RETRY = 8000;

if (form) {
  const state = () => document.getElementById("bewaard");
  let dirty = false, timer;
  const say = (kind) => {
    state().textContent = state().dataset[kind];
    state().classList.toggle("is-failed", kind === "failed");
    state().classList.toggle("is-changed", kind !== "failed");
  };
  const again = () => { clearTimeout(timer); if (dirty) window.htmx.trigger(form, "change"); };
  const isOurs = (event) => event.detail.elt === form || event.detail.elt.closest?.("[data-hours]") === form || event.detail.elt.getAttribute?.("form") === form.id;

  form.addEventListener("input", (event) => { dirty = true; if (event.target.matches(".cell input")) event.target.setAttribute("value", event.target.value); say("changed"); });
  document.body.addEventListener("htmx:beforeRequest", (event) => { if (isOurs(event)) { clearTimeout(timer); say("saving"); } });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!isOurs(event)) return;
    const { status } = event.detail.xhr;
    if (status >= 200 && status < 300) { dirty = false; state().classList.remove("is-failed", "is-changed"); return; }
    dirty = true;
    state().classList.add("is-failed");
    if (status === 0 || status >= 500 || status === 429) { say("failed"); timer = setTimeout(again, RETRY); }
  });
  // A conflict (409) comes with both values at the cell: show it, do not only say it.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.getResponseHeader("X-Show-Conflict")) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  addEventListener("online", again);
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  form.addEventListener("submit", () => { if (!window.htmx) dirty = false; });

  // The errors came out of band: mark the cells that they are about.
  const mark = () => {
    form.querySelectorAll("[aria-invalid]").forEach((field) => {
      field.removeAttribute("aria-invalid");
      if (field.dataset.hint) field.setAttribute("aria-describedby", field.dataset.hint);
    });
    form.querySelectorAll("[data-for]").forEach((item) => {
      const field = document.getElementById(item.dataset.for);
      field?.setAttribute("aria-invalid", "true");
      field?.setAttribute("aria-describedby", item.id);
    });
  };
  document.body.addEventListener("htmx:afterSettle", mark);
  form.querySelectorAll("[data-quiet]").forEach((field) => field.addEventListener("change", (event) => event.stopPropagation()));

  form.addEventListener("focusin", (event) => { if (event.target.matches(".cell input")) event.target.select(); });
  form.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const place = step && /^u-(\d+)-(\d+)$/.exec(event.target.id);
    if (!place) return;
    const other = document.getElementById(`u-${Number(place[1]) + step}-${place[2]}`);
    if (other) { event.preventDefault(); other.focus(); }
  });
}

// Boxes to approve: one that ticks all, and a button that says how many.
for (const list of document.querySelectorAll("[data-choose]")) {
  const boxes = [...list.querySelectorAll("[name=urenstaat]")];
  const all = list.querySelector("[data-choose-all]");
  const button = list.querySelector("[data-choose-button]");
  if (!all || !button) continue;
  const words = button.querySelector("span");
  const count = () => {
    const number = boxes.filter((box) => box.checked).length;
    words.textContent = number === 1 ? list.dataset.one : list.dataset.many.replace("{n}", number);
    button.disabled = number === 0;
    all.checked = number === boxes.length;
    all.indeterminate = number > 0 && number < boxes.length;
  };
  all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); count(); });
  list.addEventListener("change", count);
  count();
}

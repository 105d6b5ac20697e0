// A text field with suggestions from the server: the combobox pattern of WAI-ARIA (list autocomplete).
// <div data-combobox="/url" data-combobox-param="q"> around an input and a listbox; see components/forms.html.
// The url answers JSON: [{"value": "12", "label": "De Regenboog", "note": "Utrecht, 12AB00"}].
// data-combobox-free: what is typed counts (a search box), and a choice sends the form.
let serial = 0;

const wire = (box) => {
  if (box.dataset.wired !== undefined) return;
  box.dataset.wired = "";
  const input = box.querySelector("input:not([type=hidden])");
  const hidden = box.querySelector("[data-combobox-value]");
  const list = box.querySelector("[role=listbox]");
  const status = box.querySelector("[data-combobox-say]");
  const free = "comboboxFree" in box.dataset;
  let options = [], active = -1, timer, asked = 0, stop;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  const mark = (index) => {
    active = index;
    [...list.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === index)));
    const row = list.children[index];
    if (row?.id) { input.setAttribute("aria-activedescendant", row.id); row.scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); mark(-1); };
  const open = () => {
    list.hidden = !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const choose = (option) => {
    input.value = option.label;
    if (hidden) hidden.value = option.value;
    close();
    status.textContent = "";
    if (free) input.form.requestSubmit();
    else input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const row = (option) => {
    const item = document.createElement("li");
    item.id = `suggestie-${++serial}`;
    item.className = "combobox__option";
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.append(option.label);
    if (option.note) {
      const note = document.createElement("span");
      note.className = "combobox__note";
      note.textContent = option.note;
      item.append(note);
    }
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.addEventListener("click", () => choose(option));
    return item;
  };
  const show = (found) => {
    options = found;
    list.replaceChildren(...found.map(row));
    mark(-1);
    if (!found.length && !free) {
      const nothing = document.createElement("li");
      nothing.className = "combobox__none";
      nothing.setAttribute("role", "option");
      nothing.setAttribute("aria-disabled", "true");
      nothing.textContent = box.dataset.none;
      list.append(nothing);
    }
    open();
    status.textContent = found.length === 1 ? box.dataset.one
      : found.length ? box.dataset.many.replace("{n}", found.length) : box.dataset.none;
  };
  const ask = async () => {
    const words = input.value.trim();
    stop?.abort();
    if (words.length < 2) { list.replaceChildren(); options = []; close(); return; }
    stop = new AbortController();
    const number = ++asked;
    const url = new URL(box.dataset.combobox, location.href);
    url.searchParams.set(box.dataset.comboboxParam, words);
    try {
      const answer = await fetch(url, { signal: stop.signal, headers: { Accept: "application/json" } });
      if (answer.ok && number === asked && document.activeElement === input) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close(); // suggestions are an extra: typing on works
    }
  };

  input.addEventListener("input", () => {
    if (hidden) hidden.value = "";
    clearTimeout(timer);
    timer = setTimeout(ask, 180);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const last = options.length - 1;
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
    else if (event.key === "ArrowDown" && options.length) { event.preventDefault(); open(); mark(active >= last ? 0 : active + 1); }
    else if (event.key === "ArrowUp" && options.length) { event.preventDefault(); open(); mark(active <= 0 ? last : active - 1); }
    else if (event.key === "Enter" && active >= 0) { event.preventDefault(); choose(options[active]); }
    else if (event.key === "Tab" && active >= 0 && !free) choose(options[active]);
  });
};

const wireAll = (root) => root.querySelectorAll?.("[data-combobox]").forEach(wire);
wireAll(document);
document.body.addEventListener("htmx:afterSettle", (event) => wireAll(event.detail.elt));

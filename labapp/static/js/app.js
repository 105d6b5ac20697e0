// Small behaviours that need script. Everything works without this file.
document.documentElement.classList.add("js");

// Filters: folded on a phone, always open next to the results.
const wide = matchMedia("(min-width: 58.01rem)");
const syncFilters = () => document.querySelectorAll("[data-open-wide]").forEach((box) => { box.open = wide.matches; });
wide.addEventListener("change", syncFilters);
syncFilters();

// Menus (details.menu): close on Escape, on a click elsewhere and when focus leaves; one open at a time.
const closeMenus = (except) => document.querySelectorAll("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Dialogs: the button opens, the cross, Escape and a click beside it close; the browser gives focus back.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

// The server can point at the element that should have focus, on a new page and after a swap.
const focusMarked = (root) => {
  const target = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
  if (!target) return;
  target.removeAttribute("data-focus");
  if (target.checkVisibility?.() ?? true) target.focus();
};
focusMarked(document.body);
document.body.addEventListener("htmx:afterSettle", (event) => focusMarked(event.detail.elt));

// A link to a field (error summary) puts the cursor in it, also when the hash is there already.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".alert a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});

// An error list that came with a fragment marks the fields it is about, so the form itself need not be replaced.
const syncErrors = (event) => {
  if (!event.detail.elt.querySelector?.("[data-for]") && !document.querySelector("[data-marked]")) return;
  document.querySelectorAll("[data-marked]").forEach((field) => {
    delete field.dataset.marked;
    field.removeAttribute("aria-invalid");
    if (field.dataset.hint) field.setAttribute("aria-describedby", field.dataset.hint);
    else field.removeAttribute("aria-describedby");
  });
  document.querySelectorAll("[data-for]").forEach((item) => {
    const field = document.getElementById(item.dataset.for);
    if (!field || field.getAttribute("aria-invalid")) return;
    item.id ||= `fout-lijst-${item.dataset.for}`;
    field.dataset.marked = "";
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", [item.id, field.dataset.hint].filter(Boolean).join(" "));
  });
};
document.body.addEventListener("htmx:afterSettle", syncErrors);

// The status message fades from view; it has been announced by then.
const toast = document.getElementById("melding");
let timer;
new MutationObserver(() => {
  clearTimeout(timer);
  if (toast.textContent) timer = setTimeout(() => { toast.textContent = ""; }, 8000);
}).observe(toast, { childList: true, characterData: true, subtree: true });

// A message that came with the page is only spoken when it changes after loading.
document.querySelectorAll("[data-announce]").forEach((message) => {
  const words = [...message.childNodes];
  message.replaceChildren();
  setTimeout(() => message.replaceChildren(...words), 100);
});

// Trouble must never be silent. A refusal comes as a page of its own: take its words.
const say = (words) => { toast.textContent = words; };
for (const name of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(name, () => say(toast.dataset.network));
document.body.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  if (status === 401) { location.reload(); return; }
  const page = new DOMParser().parseFromString(responseText, "text/html");
  const words = page.querySelector("main .lead")?.textContent.trim();
  say(words || (status === 429 ? toast.dataset.busy : toast.dataset.refused));
});

// The language link follows the address that filters have put in the bar.
document.querySelector("[data-language]")?.addEventListener("click", (event) => {
  const link = event.currentTarget;
  const here = new URL(location.href);
  here.searchParams.set("lang", new URL(link.href).searchParams.get("lang"));
  link.href = here.href;
});

// Buttons that print, copy or send their form at once; the server hides them from who has no script.
document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  const source = document.getElementById(copy.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  say(copy.dataset.copied);
});

// A button that chooses a value of a list in the form, as if one did so there.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choose]");
  const list = button && document.querySelector(`select[name="${button.dataset.choose}"]`);
  if (!list) return;
  list.value = button.dataset.value;
  list.focus();
  list.dispatchEvent(new Event("change", { bubbles: true }));
});

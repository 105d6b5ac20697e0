// Names behind @ while one types: <textarea data-mentions="/gesprekken/5/personen">. Without script one types the whole name.
// Suggestions stand in a list under the field; arrow down goes into it, Enter or a click puts the name in, Escape closes it.
const PAUSE = 200;
const TYPED = /(?:^|[\s(])@([\p{L}][\p{L}\p{M}'’. -]{0,60})?$/u;

const start = (area) => {
  const list = document.createElement("ul");
  list.className = "mentions";
  list.hidden = true;
  area.after(list);
  let timer, asked = 0;

  const close = () => { clearTimeout(timer); asked += 1; list.hidden = true; list.replaceChildren(); };
  const typed = () => TYPED.exec(area.value.slice(0, area.selectionStart));
  const choose = (name) => {
    const end = area.selectionStart;
    const begin = area.value.lastIndexOf("@", end - 1);
    area.setRangeText(`@${name} `, begin, end, "end");
    close();
    area.focus();
  };
  const show = (people) => {
    list.replaceChildren(...people.map(({ value }) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = value;
      button.addEventListener("click", () => choose(value));
      item.append(button);
      return item;
    }));
    list.hidden = people.length === 0;
  };
  const ask = async (words) => {
    const number = asked += 1;
    try {
      const answer = await fetch(`${area.dataset.mentions}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (number === asked && answer.ok) show(await answer.json());
    } catch { close(); }
  };

  area.addEventListener("input", () => {
    clearTimeout(timer);
    const found = typed();
    if (!found) { close(); return; }
    timer = setTimeout(() => ask(found[1] ?? ""), PAUSE);
  });
  const move = (step) => {
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    (next ?? area).focus();
  };
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") { event.preventDefault(); move(1); }
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { close(); area.focus(); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
  });
};

const startAll = (root) => root.querySelectorAll?.("[data-mentions]").forEach((area) => {
  if (!area.nextElementSibling?.matches(".mentions")) start(area);
});
startAll(document);
document.body.addEventListener("htmx:afterSettle", () => startAll(document));

// The Markdown editor: a toolbar, drafts that save themselves, a preview. Without script it is a plain textarea.
// <div data-editor data-draft-url data-preview-url>; see components/forms.html.
// A draft is sent as the whole form by POST to data-draft-url (CSRF token included). The answer may be JSON
// {"version": 4, "errors": []}: the form's field `version` takes it; errors are fields that were left out. 409 or 412: somebody else changed the text.
const PAUSE = 1500, RETRY = 10000;

const MARKS = {
  bold: ["**", "**"], italic: ["_", "_"], link: ["[", "](https://)"],
};
const LINES = { heading: "## ", list: "- ", numbers: "1. ", quote: "> " };

const apply = (area, action) => {
  const { selectionStart: from, selectionEnd: to, value } = area;
  area.focus();
  if (MARKS[action]) {
    const [before, after] = MARKS[action];
    area.setRangeText(before + value.slice(from, to) + after, from, to, "end");
    if (from === to) area.setSelectionRange(from + before.length, from + before.length);
  } else {
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const marked = value.slice(start, to).split("\n").map((line, number) => (action === "numbers" ? `${number + 1}. ` : LINES[action]) + line).join("\n");
    area.setRangeText(marked, start, to, "end");
  }
  area.dispatchEvent(new Event("input", { bubbles: true }));
};

const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

class Drafts {
  constructor(form, url, boxes) {
    Object.assign(this, { form, url, boxes, timer: null, busy: false, again: false, refused: false, dirty: false });
    form.addEventListener("input", () => this.change());
    form.addEventListener("change", () => this.change());
    form.addEventListener("submit", () => { this.dirty = false; clearTimeout(this.timer); });
    addEventListener("beforeunload", (event) => { if (this.dirty) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.dirty) this.save(); });
  }

  say(kind, time = "", fields = "") {
    for (const box of this.boxes) {
      const state = box.querySelector("[data-state]");
      state.textContent = box.dataset[kind].replace("{time}", time).replace("{fields}", fields);
      state.classList.toggle("is-changed", kind === "changed" || kind === "saving");
      state.classList.toggle("is-failed", ["failed", "refused", "partly"].includes(kind));
    }
  }

  change() {
    if (this.refused) return;
    if (!this.dirty) this.say("changed");
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    if (this.busy) { this.again = true; return; }
    clearTimeout(this.timer);
    this.busy = true;
    this.dirty = false;
    this.say("saving");
    try {
      const answer = await fetch(this.url, { method: "POST", body: new FormData(this.form), headers: { Accept: "application/json" } });
      await this.done(answer);
    } catch {
      this.fail();
    } finally {
      this.busy = false;
      if (this.again) { this.again = false; this.save(); }
    }
  }

  async done(answer) {
    if (answer.status === 409 || answer.status === 412) { this.refused = true; this.dirty = true; this.say("refused"); return; }
    if (!answer.ok || answer.redirected) { this.fail(); return; }
    let wrong = [];
    if (answer.headers.get("Content-Type")?.includes("json")) {
      const { version, errors = [] } = await answer.json();
      wrong = errors;
      const field = this.form.elements.version;
      if (field && version !== undefined) field.value = version;
    }
    if (!this.dirty) this.say(wrong.length ? "partly" : "saved", clock(), wrong.join(", "));
  }

  fail() {
    this.dirty = true;
    this.say("failed");
    this.timer = setTimeout(() => this.save(), RETRY);
  }
}

const wirePreview = (box, area) => {
  const button = box.querySelector("[data-preview]");
  const preview = box.querySelector(".editor__preview");
  button?.addEventListener("click", async () => {
    const on = preview.hidden;
    button.setAttribute("aria-pressed", String(on));
    area.hidden = on;
    preview.hidden = !on;
    if (!on) { area.focus(); return; }
    const form = new FormData();
    form.set("text", area.value);
    form.set("csrf_token", area.form.elements.csrf_token?.value ?? "");
    preview.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(box.dataset.previewUrl, { method: "POST", body: form, headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(String(answer.status));
      preview.innerHTML = await answer.text(); // sanitised by the server
    } catch {
      preview.textContent = document.getElementById("melding").dataset.network;
    }
    preview.removeAttribute("aria-busy");
    preview.focus();
  });
};

const wireTools = (box, area) => {
  const tools = box.querySelector(".editor__tools");
  const buttons = [...tools.querySelectorAll("button")];
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (button && !area.hidden) apply(area, button.dataset.mark);
  });
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = buttons.indexOf(document.activeElement);
    const next = buttons[(now + step + buttons.length) % buttons.length];
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  });
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const action = { b: "bold", i: "italic", k: "link" }[event.key];
    if (action) { event.preventDefault(); apply(area, action); }
  });
};

const boxes = [...document.querySelectorAll("[data-editor]")];
for (const box of boxes) {
  const area = box.querySelector("textarea");
  wireTools(box, area);
  wirePreview(box, area);
}
const saving = Map.groupBy?.(boxes.filter((box) => box.dataset.draftUrl), (box) => box.querySelector("textarea").form)
  ?? new Map(boxes.filter((box) => box.dataset.draftUrl).map((box) => [box.querySelector("textarea").form, [box]]));
for (const [form, members] of saving) new Drafts(form, members[0].dataset.draftUrl, members);

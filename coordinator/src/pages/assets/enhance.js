// Small comforts: menus that close, copying, rows of variables that grow, countdowns, times that move.

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      announce(document.body.dataset.copied);
    } catch {
      // Without the right to write there is still the text to be marked.
    }
    return;
  }
  for (const menu of document.querySelectorAll("details.menu[open], details.ask[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open], details.ask[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});

// A menu that would hang over an edge of the window is moved into it.
const fit = (menu) => {
  const sheet = menu.querySelector(":scope > .sheet");
  if (!sheet || !menu.matches(".menu, .ask")) return;
  sheet.style.transform = "";
  const { left, right } = sheet.getBoundingClientRect();
  const over = Math.max(0, right - document.documentElement.clientWidth + 8) || Math.min(0, left - 8);
  if (over) sheet.style.transform = `translateX(${-over}px)`;
};

// What a menu shows is fetched when it is opened. What is open and live follows the page's changes.
const load = async (menu) => {
  const answer = await fetch(menu.dataset.load).catch(() => undefined);
  if (!answer?.ok || answer.redirected) return;
  const sheet = menu.querySelector(".sheet, .sheet-flat");
  if (sheet) children(sheet, parse(await answer.text()).body);
  fit(menu);
};

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLDetailsElement) || !menu.open) return;
  fit(menu);
  if (menu.dataset.load) load(menu);
}, true);

document.addEventListener("refreshed", () => {
  for (const menu of document.querySelectorAll("details.load[data-live][open]")) load(menu);
});

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.method === "post") form.dataset.touched = "1";
  const rows = event.target.closest("[data-rows]");
  if (!rows) return;
  const own = [...rows.querySelectorAll("[data-row]")];
  const last = own.at(-1);
  if (last && last.contains(event.target) && event.target.value) {
    const fresh = last.cloneNode(true);
    for (const field of fresh.querySelectorAll("input, textarea")) field.value = "";
    last.after(fresh);
  }
});

// Where the navigation is a strip, the entry of this page is in view.
const here = document.querySelector("nav.side [aria-current]");
if (here) {
  const strip = here.closest("nav");
  strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Countdowns of delayed jobs.
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Math.max(0, Math.floor((Number(time.dataset.until) - Date.now()) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    time.textContent = `${two(Math.floor(left / 3600))}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  }
}, 1000);

// The editor: numbers of lines, and places of errors.
const editor = document.querySelector("[data-editor]");
if (editor) {
  const numbers = document.querySelector("[data-numbers]");
  const count = () => {
    const lines = Math.max(12, editor.value.split("\n").length);
    const shown = Number(numbers.dataset.jsLines || 0);
    if (shown !== lines) {
      numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n") + "\n";
      numbers.dataset.jsLines = lines;
    }
    numbers.scrollTop = editor.scrollTop;
  };
  editor.addEventListener("input", count);
  editor.addEventListener("scroll", count);
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey || editor.dataset.jsLeave) return;
    event.preventDefault();
    document.execCommand("insertText", false, "  ");
  });
  // Escape lets the next Tab leave the field, so that keyboards are not caught.
  editor.addEventListener("keyup", (event) => {
    if (event.key === "Escape") editor.dataset.jsLeave = "1";
  });
  editor.addEventListener("blur", () => delete editor.dataset.jsLeave);
  document.addEventListener("click", (event) => {
    const line = Number(event.target.closest("[data-line]")?.dataset.line);
    if (!line) return;
    event.preventDefault();
    const before = editor.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const length = editor.value.split("\n")[line - 1]?.length ?? 0;
    editor.focus();
    editor.setSelectionRange(before, before + length);
    editor.scrollTop = Math.max(0, (line - 4) * 20);
  });
  count();
}

// Logs: parts are loaded when they come near, what is written is followed, lines are found.

const startLog = (log) => {
  const box = document.getElementById("log-box");
  const base = log.dataset.log;
  const PART = 1000;
  const LINE = 20;
  let last = log.dataset.last;
  let finished = log.hasAttribute("data-finished");
  // Whether the log was read to its end after it had got one.
  let settled = finished;
  let growing = Promise.resolve();
  let tail = log.querySelector(".part");

  const nodes = (text) => [...parse(text).body.childNodes].map((node) => document.importNode(node, true));
  const rows = async (state) => {
    const answer = await fetch(`${base}?state=${encodeURIComponent(state)}`);
    if (!answer.ok || answer.redirected) throw new Error("no log");
    const head = (name) => answer.headers.get(name) ?? "";
    return { first: Number(head("log-first")), last: head("log-last"), next: head("log-next"), nodes: nodes(await answer.text()) };
  };

  // Shows how long a section took whose end came in another part than its head.
  const settle = (root) => {
    for (const end of root.querySelectorAll(".e[data-for]")) {
      const head = log.querySelector(`details[data-s="${end.dataset.for}"] > summary.h`);
      if (!head || head.querySelector(".d")) continue;
      const badge = document.createElement("span");
      badge.className = "d";
      badge.textContent = end.textContent;
      head.append(badge);
      end.remove();
    }
  };

  // Puts rows behind what is there; sections that go on, go on in the element that is there.
  const append = (place, fresh) => {
    const [first, ...rest] = fresh;
    if (first === undefined) return;
    const open = place.lastElementChild;
    const goesOn = first.nodeType === 1 && first.matches("details.cont") && open?.matches("details") && open.dataset.s === first.dataset.s;
    if (goesOn) append(open, [...first.childNodes].slice(1));
    else place.append(first);
    place.append(...rest);
  };

  const number = (row) => Number(row.id.slice(1));
  const dropFrom = (line) => {
    const all = tail.querySelectorAll(".l[id]");
    for (let at = all.length - 1; at >= 0 && number(all[at]) >= line; at--) {
      const row = all[at];
      if (row.nodeName === "SUMMARY") row.parentElement.remove();
      else row.remove();
    }
  };

  const atBottom = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
  const toBottom = () => window.scrollTo({ top: document.documentElement.scrollHeight });
  const follow = (on) => box.classList.toggle("following", on);

  const grow = async () => {
    if (settled) return;
    const over = finished;
    if (tail.dataset.state) await fill(tail);
    const stay = atBottom() || box.classList.contains("following");
    for (;;) {
      const part = await rows(last);
      dropFrom(part.first);
      if (tail.querySelectorAll(".l[id]").length > 2 * PART) {
        tail = document.createElement("div");
        tail.className = "part";
        log.append(tail);
      }
      append(tail, part.nodes);
      settle(tail);
      last = part.last;
      if (!part.next) break;
      last = part.next;
    }
    settled = over;
    if (stay && !over) toBottom();
  };
  const grew = () => (growing = growing.then(grow).catch(() => undefined));
  document.addEventListener("log-grew", grew);
  document.addEventListener("refreshed", () => {
    if (!finished && document.querySelector("#status[data-finished]")) {
      finished = true;
      follow(false);
      box.querySelector(".dots")?.remove();
    }
    grew();
  });

  // A long log: a place for every part, filled when it comes near.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) fill(entry.target);
  }, { rootMargin: "1500px" });

  const fill = async (part) => {
    if (!part.dataset.state || part.dataset.jsBusy) return part.jsFilled;
    part.dataset.jsBusy = "1";
    part.jsFilled = (async () => {
      const fresh = await rows(part.dataset.state);
      part.replaceChildren(...fresh.nodes);
      part.style.height = "";
      delete part.dataset.state;
      if (part === tail) last = fresh.last;
      near.unobserve(part);
      settle(part);
    })().catch(() => delete part.dataset.jsBusy);
    return part.jsFilled;
  };

  const layOut = async () => {
    const answer = await fetch(`${base}/index`);
    if (!answer.ok || answer.redirected) return;
    const index = await answer.json();
    if (index.parts.length < 2) return;
    const parts = index.parts.map(({ line, state }, at) => {
      const end = index.parts[at + 1]?.line ?? index.lines + 1;
      const shown = Number(log.dataset.first) === line;
      const part = shown ? log.querySelector(".part") : document.createElement("div");
      part.className = "part";
      part.dataset.line = line;
      part.style.containIntrinsicSize = `auto ${(end - line) * LINE}px`;
      if (!shown) {
        part.dataset.state = state;
        part.style.height = `${(end - line) * LINE}px`;
      }
      return part;
    });
    log.replaceChildren(...parts);
    for (const part of parts) if (part.dataset.state) near.observe(part);
    tail = parts.at(-1);
    await open(location.hash);
  };

  // Goes to a line: its part is loaded, its sections are opened.
  const open = async (hash) => {
    const line = Number(/^#L(\d+)$/.exec(hash)?.[1]);
    if (!line) return;
    const part = [...log.querySelectorAll(".part[data-line]")].findLast((part) => Number(part.dataset.line) <= line);
    if (part) await fill(part);
    const row = document.getElementById(`L${line}`);
    if (!row) return;
    for (let around = row.parentElement; around && around !== log; around = around.parentElement) {
      if (around.nodeName === "DETAILS") around.open = true;
    }
    for (const marked of log.querySelectorAll(".marked")) marked.classList.remove("marked");
    row.classList.add("marked");
    row.scrollIntoView({ block: "center" });
    // Parts above may become taller when they are shown for the first time.
    requestAnimationFrame(() => row.scrollIntoView({ block: "center" }));
  };
  window.addEventListener("hashchange", () => open(location.hash));

  // A section that is in several parts is folded as one.
  log.addEventListener("toggle", (event) => {
    const section = event.target;
    if (!section.dataset?.s) return;
    for (const other of log.querySelectorAll(`details[data-s="${section.dataset.s}"]`)) if (other.open !== section.open) other.open = section.open;
  }, true);
  log.addEventListener("click", (event) => {
    const link = event.target.closest("a.n");
    if (!link) return;
    event.preventDefault();
    history.replaceState(undefined, "", link.getAttribute("href"));
    open(location.hash);
  });

  // Search: the server knows all lines, also those that are not loaded.
  const field = document.getElementById("log-q");
  const shown = document.getElementById("log-count");
  let found = [];
  let at = -1;
  let asked = "";
  const step = async (by) => {
    if (!found.length) return;
    at = (at + by + found.length) % found.length;
    shown.textContent = `${at + 1} / ${found.length}`;
    for (const hit of log.querySelectorAll(".hit")) hit.classList.remove("hit");
    await open(`#L${found[at]}`);
    document.getElementById(`L${found[at]}`)?.classList.add("hit");
  };
  field?.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asked !== field.value) {
      asked = field.value;
      const answer = await fetch(`${base}/find?q=${encodeURIComponent(asked)}`).catch(() => undefined);
      found = answer?.ok ? await answer.json() : [];
      at = -1;
      shown.textContent = `0 / ${found.length}`;
    }
    await step(1);
  });
  field?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      step(-1);
    }
  });

  const times = document.getElementById("log-times");
  try {
    if (localStorage.getItem("log-times") === "off") times.checked = false;
    times.addEventListener("change", () => localStorage.setItem("log-times", times.checked ? "on" : "off"));
  } catch {
    // Without storage the choice lasts as long as the page.
  }

  const on = (id, act) => document.getElementById(id)?.addEventListener("click", act);
  on("log-top", () => {
    follow(false);
    box.scrollIntoView();
  });
  on("log-bottom", async () => {
    if (tail.dataset.state) await fill(tail);
    if (!finished) {
      follow(true);
      announce(log.dataset.following);
    }
    toBottom();
  });
  on("log-full", () => (document.fullscreenElement ? document.exitFullscreen() : box.requestFullscreen()));
  let failure = 0;
  on("log-failure", () => {
    const red = [...log.querySelectorAll(".l:has(.term-fg-red, .term-fg-l-red)")];
    if (red.length) open(`#${red[failure++ % red.length].id}`);
  });
  window.addEventListener("wheel", (event) => event.deltaY < 0 && follow(false), { passive: true });
  window.addEventListener("keydown", (event) => ["PageUp", "ArrowUp", "Home"].includes(event.key) && follow(false));

  if (log.dataset.next || Number(log.dataset.first) > 1) growing = layOut().catch(() => undefined).then(grow).catch(() => undefined);
  else {
    open(location.hash);
    if (!finished) {
      grew();
      if (!location.hash) toBottom();
    }
  }
};

// The log of a job that waits comes later.
const watchForLog = () => {
  const log = document.getElementById("log");
  if (!log) return;
  document.removeEventListener("refreshed", watchForLog);
  document.removeEventListener("log-grew", refresh);
  startLog(log);
};
if (document.getElementById("waiting")) {
  document.addEventListener("refreshed", watchForLog);
  document.addEventListener("log-grew", refresh);
} else {
  watchForLog();
}

// Tells the page of changes: it is asked for again, and what differs is changed.

document.documentElement.classList.add("scripted");

const parse = (text) => new DOMParser().parseFromString(text, "text/html");
const announce = (text) => {
  const place = document.getElementById("announce");
  if (place && text) place.textContent = text;
};

let asking = false;
let again = false;
const refresh = async () => {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "live" } });
    if (answer.redirected || !answer.ok) return;
    const fresh = parse(await answer.text());
    const said = document.querySelector("[data-announce]")?.dataset.announce;
    const main = document.querySelector("main");
    const notice = main.querySelector(":scope > .alert.success[role=status]");
    const freshMain = fresh.querySelector("main");
    if (!notice) freshMain?.querySelector(":scope > .alert.success[role=status]")?.remove();
    if (freshMain) morph(main, freshMain);
    document.title = fresh.title;
    const mark = fresh.getElementById("favicon");
    if (mark && document.getElementById("favicon").href !== mark.href) document.getElementById("favicon").href = mark.href;
    const news = document.querySelector("[data-announce]")?.dataset.announce;
    if (news !== said) announce(news);
    document.dispatchEvent(new Event("refreshed"));
  } catch {
    // The connection is gone; the stream of events comes back by itself, and with it the next change.
  } finally {
    asking = false;
    if (again) {
      again = false;
      refresh();
    }
  }
};

const listen = () => {
  const address = document.body.dataset.events;
  if (!address || !window.EventSource) return;
  let stream;
  let opened = false;
  const open = () => {
    if (stream) return;
    stream = new EventSource(address);
    stream.addEventListener("page", refresh);
    stream.addEventListener("log", () => document.dispatchEvent(new Event("log-grew")));
    // Nothing is told of what happened between the making of the page and now, nor while the connection was lost. Of a
    // job that was over by then there is nothing to miss.
    stream.addEventListener("open", () => {
      if (opened || !document.querySelector("#status[data-finished]")) refresh();
      opened = true;
    });
  };
  const close = () => {
    stream?.close();
    stream = undefined;
  };
  // A page that nobody sees holds no connection.
  const seen = () => {
    if (document.visibilityState === "visible") {
      open();
    } else {
      close();
    }
  };
  open();
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && open());
  // What a form does is seen on the page that it leads to. This one may be of what is no more by then.
  document.addEventListener("submit", (event) => event.target.method === "post" && close());
};
listen();

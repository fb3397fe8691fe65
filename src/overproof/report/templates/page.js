// Draws the plots, lets arms be switched on and off, and shows what is pointed at. Nothing is loaded, nothing is evaluated.
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const views = new Map();
  const hidden = new Set();

  const refuse = () => Promise.reject(new Error("this page loads nothing"));
  const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  function tell(_view, event, _item, text) {
    tip.hidden = !text || !event;
    if (tip.hidden) return;
    tip.textContent = text;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const below = event.clientY + 18 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, room))}px`;
    tip.style.top = `${event.clientY + (below ? 18 : -12 - tip.offsetHeight)}px`;
  }

  async function draw(place) {
    try {
      const compiled = vegaLite.compile(page.plots[place.dataset.plot], { config: page.config }).spec;
      const view = new vega.View(vega.parse(compiled, null, { ast: true }), {
        expr: vega.expressionInterpreter,
        renderer: "svg",
        container: place,
        loader,
        tooltip: tell,
        logLevel: vega.Warn,
      });
      await view.runAsync();
      views.set(place.dataset.plot, view);
    } catch (error) {
      console.error(error);
      place.textContent = "This plot cannot be drawn here; the tables say the same.";
    }
  }

  function toggle(arm) {
    if (!hidden.delete(arm)) hidden.add(arm);
    for (const button of document.querySelectorAll("button[data-arm]")) {
      button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.arm))));
    }
    return Promise.all([...views.values()].map((view) => view.signal("hidden", [...hidden]).runAsync()));
  }

  function choose(select) {
    return views.get(select.dataset.of).signal(select.name, select.value).runAsync();
  }

  async function start() {
    document.documentElement.classList.add("scripted");
    for (const place of document.querySelectorAll("[data-plot]")) await draw(place);
    for (const button of document.querySelectorAll("button[data-arm]")) {
      button.disabled = false;
      button.addEventListener("click", () => toggle(Number(button.dataset.arm)));
    }
    for (const select of document.querySelectorAll("select[data-of]")) {
      select.disabled = false;
      select.addEventListener("change", () => choose(select));
    }
    addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
    document.documentElement.classList.add("drawn");
  }

  start();
})();

// The slider over a curve: all values are here already, so moving it asks nobody. Other assumptions
// on costs are asked of the server, which has the redrawn histories.
"use strict";

(() => {
  const root = document.querySelector("[data-curve]");
  if (root) slide(root);

  function slide(root) {
    const data = JSON.parse(document.getElementById("curve-data").textContent);
    const drawn = data.drawn;
    let answer = data.answer;
    let place = drawn.current;
    const slider = root.querySelector("[data-slider]");
    const { unit, currency } = root.dataset;
    const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
    const fine = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 6 });
    const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
    const one = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
    const percent = (share) => (share === null ? "–" : `${Number((100 * share).toPrecision(3))} %`);
    const withUnit = (value) => `${fine.format(value)} ${unit}`.trim();
    const find = (name) => root.querySelector(`[data-${name}]`);
    const best = () => (answer.proposal.optimum ? drawn.values.indexOf(answer.proposal.optimum.value) : -1);

    const FIGURES = [
      [drawn.hits, (v) => number.format(v)],
      [drawn.precision, percent],
      [drawn.recall, percent],
      [drawn.money_stopped, (v) => short.format(v)],
      [drawn.money_missed, (v) => short.format(v)],
      [drawn.insults, (v) => number.format(v)],
      [drawn.reviews_a_day, (v) => one.format(v)],
      [null, (v) => one.format(v)], // hours, which the assumptions change
    ];

    const charts = makeCharts();
    show();

    slider.addEventListener("input", () => { place = Number(slider.value); show(); });
    for (const button of root.querySelectorAll("[data-to]")) {
      button.addEventListener("click", () => {
        const to = button.dataset.to === "best" ? best() : drawn.current;
        if (to < 0) return;
        place = to;
        slider.value = to;
        show();
        slider.focus();
      });
    }
    const costs = find("costs");
    let timer = 0;
    costs.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
    costs.addEventListener("submit", (event) => {
      if (event.submitter && event.submitter.formMethod === "post") return;
      event.preventDefault();
      ask();
    });

    async function ask() {
      if (!costs.checkValidity()) return;
      const said = new URLSearchParams();
      for (const name of ["missed", "insult", "minutes", "hourly"]) said.set(name, costs.elements[name].value);
      const found = await fetch(`${root.dataset.answer}?${said}`, { headers: { Accept: "application/json" } });
      if (!found.ok) return;
      answer = await found.json();
      propose();
      redraw();
      show();
    }

    function propose() {
      const told = answer.proposal;
      const words = { better: "proposed", keep: "keep the present value", unsure: "not sure", too_few: "too few labels" };
      const tone = { better: "fs-approved", keep: "fs-approved", unsure: "fs-review", too_few: "fs-review" };
      find("verdict").textContent = words[told.verdict];
      find("verdict").className = `fs-status ${tone[told.verdict]}`;
      find("reason").textContent = told.words;
      find("best").textContent = told.optimum ? withUnit(told.optimum.value) : "–";
      find("best-bounds").textContent = told.optimum ? `${fine.format(told.optimum.low)} to ${fine.format(told.optimum.high)} at 95 %` : "";
      find("saving").textContent = told.saving ? `${number.format(told.saving.value)} ${currency}` : "–";
      find("saving-bounds").textContent = told.saving ? `${number.format(told.saving.low)} to ${number.format(told.saving.high)}` : "–";
      find("expected").textContent = told.expected === null ? "–" : `${number.format(told.expected)} ${currency}`;
      find("edge").hidden = !told.at_edge;
    }

    function show() {
      const value = drawn.values[place];
      const words = withUnit(value);
      find("value").textContent = words;
      const saved = `${number.format(answer.saved[place])} ${currency}`;
      slider.setAttribute("aria-valuetext", `${words}, saves ${saved}`);
      find("take").value = String(value);
      find("take-button").disabled = place === drawn.current;
      find("take-button").textContent = place === drawn.current ? "Put the slider's value in" : `Put ${words} in`;
      row("current", "Present", drawn.current);
      row("chosen", place === drawn.current ? "Slider (present)" : `Slider: ${words}`, place);
      changes();
      for (const chart of charts) chart.update("none");
    }

    function values(at) {
      return FIGURES.map(([list]) => (list === null ? answer.hours_a_day : list)[at]);
    }

    function row(name, heading, at) {
      const cells = values(at).map((v, i) => cell(FIGURES[i][1](v)));
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = heading;
      root.querySelector(`[data-row="${name}"]`).replaceChildren(head, ...cells);
    }

    function changes() {
      const before = values(drawn.current);
      const cells = values(place).map((v, i) => {
        if (v === null || before[i] === null) return cell("–");
        const by = v - before[i];
        const sign = by > 0 ? "+" : by < 0 ? "−" : "±";
        const size = i === 1 || i === 2 ? `${Math.abs(100 * by).toFixed(1)} points` : FIGURES[i][1](Math.abs(by));
        return cell(by === 0 || /^[0.]*$/.test(size) ? "±0" : sign + size);
      });
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = "Change";
      root.querySelector('[data-row="change"]').replaceChildren(head, ...cells);
    }

    function cell(text) {
      const found = document.createElement("td");
      found.className = "fs-right";
      found.textContent = text;
      return found;
    }

    // -- charts ---------------------------------------------------------------------------------

    function colours() {
      const dark = document.documentElement.classList.contains("dark");
      return {
        text: dark ? "#cbd5e1" : "#475569",
        grid: dark ? "rgb(148 163 184 / 18%)" : "rgb(100 116 139 / 18%)",
        main: dark ? "#a5b4fc" : "#4f46e5",
        band: dark ? "rgb(165 180 252 / 20%)" : "rgb(79 70 229 / 14%)",
        good: dark ? "#4ade80" : "#15803d",
        bad: dark ? "#f87171" : "#b91c1c",
        warn: dark ? "#fbbf24" : "#92400e",
      };
    }

    function line(label, list, colour, more) {
      return {
        label,
        data: drawn.values.map((x, i) => ({ x, y: list[i] })),
        borderColor: colour,
        backgroundColor: colour,
        borderWidth: 2,
        pointRadius: 0,
        pointHitRadius: 8,
        stepped: false,
        ...more,
      };
    }

    // The present value, the slider's, and the bounds of the cheapest one.
    function marks(c, withBounds) {
      return {
        id: "marks",
        beforeDatasetsDraw(chart) {
          const { ctx, chartArea: area, scales } = chart;
          const optimum = answer.proposal.optimum;
          if (!withBounds || !optimum) return;
          const left = scales.x.getPixelForValue(optimum.low);
          const right = scales.x.getPixelForValue(optimum.high);
          ctx.save();
          ctx.fillStyle = c.grid;
          ctx.fillRect(left - 1, area.top, Math.max(2, right - left), area.height);
          ctx.restore();
        },
        afterDatasetsDraw(chart) {
          const { ctx, chartArea: area, scales } = chart;
          const draw = (at, dash, colour, label) => {
            const x = scales.x.getPixelForValue(drawn.values[at]);
            ctx.save();
            ctx.beginPath();
            ctx.setLineDash(dash);
            ctx.strokeStyle = colour;
            ctx.lineWidth = 1.5;
            ctx.moveTo(x, area.top);
            ctx.lineTo(x, area.bottom);
            ctx.stroke();
            if (label && withBounds) {
              ctx.fillStyle = colour;
              ctx.font = "12px sans-serif";
              const right = x + 4 + ctx.measureText(label).width < area.right;
              ctx.textAlign = right ? "left" : "right";
              ctx.fillText(label, right ? x + 4 : x - 4, area.top + (dash.length ? 24 : 11));
            }
            ctx.restore();
          };
          draw(drawn.current, [4, 4], c.text, "present");
          if (place !== drawn.current) draw(place, [], c.main, withUnit(drawn.values[place]));
        },
      };
    }

    function options(c, y, legend) {
      const axis = { grid: { color: c.grid }, ticks: { color: c.text, maxTicksLimit: 6, maxRotation: 0, autoSkipPadding: 14 }, border: { color: c.grid } };
      return {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: { display: legend, position: "bottom", labels: { color: c.text, boxWidth: 18, boxHeight: 2, filter: (item) => !item.text.startsWith("_") } },
          tooltip: {
            filter: (item) => !item.dataset.label.startsWith("_"),
            callbacks: {
              title: (items) => (items.length ? withUnit(items[0].parsed.x) : ""),
              label: (item) => `${item.dataset.label}: ${y.say(item.parsed.y)}`,
            },
          },
        },
        scales: {
          x: {
            ...axis,
            type: drawn.logarithmic ? "logarithmic" : "linear",
            min: drawn.values[0],
            max: drawn.values[drawn.values.length - 1],
            title: { display: true, color: c.text, text: unit || "weight" },
            ticks: { ...axis.ticks, callback: (value) => short.format(value) },
          },
          y: { ...axis, ...y.range, title: { display: Boolean(y.title), color: c.text, text: y.title }, ticks: { ...axis.ticks, maxTicksLimit: 6, callback: (value) => y.say(value) } },
        },
        onClick: (event, items, chart) => {
          const near = chart.getElementsAtEventForMode(event, "index", { intersect: false }, true);
          if (!near.length) return;
          place = near[0].index;
          slider.value = place;
          show();
        },
      };
    }

    function chart(name, datasets, y, { legend = true, bounds = false } = {}) {
      const c = colours();
      const canvas = root.querySelector(`[data-chart="${name}"]`);
      return new Chart(canvas, { type: "line", data: { datasets }, options: options(c, y, legend), plugins: [marks(c, bounds)] });
    }

    function saved(c) {
      return [
        line("_low", answer.low, "transparent", { borderWidth: 0 }),
        line("95 % of redrawn histories", answer.high, c.band, { borderWidth: 0, backgroundColor: c.band, fill: "-1" }),
        line("Saved", answer.saved, c.main),
      ];
    }

    function makeCharts() {
      if (typeof Chart === "undefined") return [];
      const c = colours();
      return [
        chart("saved", saved(c), { say: (v) => short.format(v), title: currency, range: {} }, { bounds: true }),
        chart("quality", [line("Precision", drawn.precision, c.main), line("Recall", drawn.recall, c.good, { borderDash: [6, 3] })], { say: percent, range: { min: 0, suggestedMax: 0.1 } }),
        chart("money", [line("Fraud stopped", drawn.money_stopped, c.good), line("Genuine declined", drawn.genuine_blocked, c.bad, { borderDash: [6, 3] })], { say: (v) => short.format(v), range: { min: 0 } }),
        chart("hours", [line("Hours a day", answer.hours_a_day, c.warn)], { say: (v) => one.format(v), range: { min: 0 } }),
      ];
    }

    function redraw() {
      if (!charts.length) return;
      const c = colours();
      charts[0].data.datasets = saved(c);
      charts[3].data.datasets = [line("Hours a day", answer.hours_a_day, c.warn)];
    }

    // The theme may be changed while the page is open.
    new MutationObserver(() => {
      if (!charts.length) return;
      for (const old of charts.splice(0)) old.destroy();
      charts.push(...makeCharts());
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  }
})();

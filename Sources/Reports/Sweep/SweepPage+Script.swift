extension SweepPage {
    /// What puts charts that answer the pointer in the places of the still ones.
    ///
    /// Colours are taken from the page's style, so they follow it from light to dark.
    static let script = #"""
        "use strict";
        (() => {
          if (typeof Chart === "undefined") return;
          const data = JSON.parse(document.getElementById("data").textContent);
          const tone = name =>
            getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
          const short = value => {
            const size = Math.abs(value);
            if (size >= 1000) return value.toLocaleString("en", {maximumFractionDigits: 0});
            return String(Number(value.toPrecision(3)));
          };
          const bytes = value => {
            for (const [letter, size] of [["M", 1048576], ["K", 1024]])
              if (value >= size) return Number((value / size).toPrecision(3)) + letter;
            return String(Number(value.toPrecision(3)));
          };

          // Numbers along an axis: powers, or equal distances from zero.
          function scale(axis, isLog) {
            const names = axis.ticks && new Map(axis.ticks.map((v, i) => [v, axis.names[i]]));
            const result = {
              type: isLog ? "logarithmic" : "linear",
              title: {display: true, text: axis.title + (isLog ? ", logarithmic" : ""), color: tone("ink")},
              ticks: {color: tone("ink"), maxRotation: 0, autoSkip: !isLog,
                callback(value) {
                  if (names && names.has(value)) return names.get(value);
                  if (names) return bytes(value);
                  return short(value);
                }},
              grid: {color: tone("grid"), borderColor: tone("ink")}, border: {color: tone("ink")},
              grace: isLog ? undefined : "5%", beginAtZero: !isLog && Boolean(axis.zero),
            };
            if (isLog && axis.low) {
              [result.min, result.max] = [axis.low, axis.high];
              // The marks of the still picture: the fewer decades, the more of their parts.
              const decades = Math.log10(axis.high / axis.low);
              const parts = decades < 1 ? [1, 2, 3, 4, 5, 6, 8] : decades < 3 ? [1, 2, 5] : [1];
              result.afterBuildTicks = self => {
                self.ticks = [];
                for (let ten = Math.floor(Math.log10(axis.low)); 10 ** ten <= axis.high; ten++)
                  for (const part of parts)
                    if (axis.low <= part * 10 ** ten && part * 10 ** ten <= axis.high)
                      self.ticks.push({value: part * 10 ** ten});
              };
            }
            if (names && (isLog || axis.ticks.every((v, i) => v === i)))
              result.afterBuildTicks = self => { self.ticks = axis.ticks.map(value => ({value})); };
            if (names && axis.ticks.length > 1) {
              const low = Math.min(...axis.ticks), high = Math.max(...axis.ticks);
              if (isLog) {
                const part = Math.pow(high / low, 0.03);
                [result.min, result.max] = [low / part, high * part];
              } else {
                const isFromZero = low >= 1 && high > 4 * low;
                result.min = isFromZero ? 0 : low - (high - low) * 0.03;
                result.max = high + (high - low) * 0.03;
                if (isFromZero && high >= 8)
                  result.afterBuildTicks = self => {
                    self.ticks = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(part => ({value: high / 8 * part}));
                  };
              }
            }
            return result;
          }

          const common = words => ({
            responsive: true, maintainAspectRatio: false, animation: false,
            plugins: {legend: {display: false}, tooltip: {callbacks: words, displayColors: false,
              backgroundColor: tone("note"), titleColor: tone("ink"), bodyColor: tone("ink"),
              borderColor: tone("faint"), borderWidth: 1}},
          });

          const makers = {
            points(chart, state) {
              const isShown = series => series.places.every((place, axis) => !state.off.has(axis + "/" + place));
              const datasets = chart.series.map((series, index) => ({
                label: series.label, hidden: state.off.has(String(index)) || !isShown(series),
                data: series.points.map(([x, y, words]) => ({x, y, words})),
                showLine: series.steps || "dash" in series, stepped: series.steps ? "before" : false,
                borderColor: tone(series.tone), borderWidth: 2, borderDash: series.dash || [],
                pointStyle: series.mark, pointRadius: series.radius, pointHoverRadius: series.radius + 2,
                pointBorderColor: tone(series.tone), pointBorderWidth: series.hollow ? 1.5 : 1,
                pointBackgroundColor: series.hollow ? "transparent" : tone(series.tone),
                order: index === 1 && !("dash" in series) ? 2 : 1,
              }));
              const unit = axis => axis.unit ? " " + axis.unit : "";
              const options = common({
                title: items => items.length ? items[0].raw.words : "",
                label: item => "dash" in chart.series[item.datasetIndex]
                  ? item.dataset.label + ": " + short(item.raw.y) + unit(chart.y)
                  : [short(item.raw.x) + unit(chart.x), short(item.raw.y) + unit(chart.y)],
              });
              options.scales = {x: scale(chart.x, state.x), y: scale(chart.y, state.y)};
              options.interaction = {mode: "nearest", intersect: true};
              return {type: "scatter", data: {datasets}, options};
            },
            bars(chart) {
              const options = common({label: item => item.raw.toFixed(1) + " %"});
              options.indexAxis = "y";
              options.scales = {
                x: {min: 0, max: 100, title: {display: true, text: chart.title, color: tone("ink")},
                  ticks: {color: tone("ink")}, grid: {color: tone("grid")}},
                y: {ticks: {color: tone("ink"), autoSkip: false}, grid: {display: false}},
              };
              const numbers = {afterDatasetsDraw(self) {
                const pen = self.ctx;
                pen.fillStyle = tone("ink");
                pen.font = "12px sans-serif";
                pen.textBaseline = "middle";
                self.getDatasetMeta(0).data.forEach((bar, i) => {
                  const text = chart.values[i].toFixed(1) + " %";
                  const isInside = bar.x + 60 > self.chartArea.right;
                  pen.textAlign = isInside ? "right" : "left";
                  pen.fillStyle = tone(isInside ? "paper" : "ink");
                  pen.fillText(text, bar.x + (isInside ? -6 : 6), bar.y);
                });
              }};
              return {type: "bar", options, plugins: [numbers], data: {labels: chart.labels, datasets: [{
                data: chart.values, backgroundColor: chart.tones.map(tone), barPercentage: 0.8}]}};
            },
            cells(chart, state) {
              const shade = cell => cell[state.colour ? "log" : "linear"];
              const options = common({
                title: items => items.length ? chart.across + " " + chart.columns[items[0].dataIndex] + ", "
                  + chart.up + " " + chart.rows[items[0].datasetIndex] : "",
                label: item => chart.name + ": " + chart.cells[item.datasetIndex][item.dataIndex].words,
              });
              const place = (title, names) => ({
                title: {display: true, text: title, color: tone("ink")},
                ticks: {color: tone("ink"), maxRotation: 0, callback: value => names[value]},
                grid: {display: false}});
              options.scales = {x: place(chart.across, chart.columns), y: place(chart.up, chart.rows)};
              Object.assign(options.scales.y, {type: "linear", min: -0.5, max: chart.rows.length - 0.5,
                afterBuildTicks: self => { self.ticks = chart.rows.map((_, value) => ({value})); }});
              const numbers = {afterDatasetsDraw(self) {
                const pen = self.ctx;
                pen.font = "12px sans-serif";
                pen.textAlign = "center";
                pen.textBaseline = "middle";
                chart.cells.forEach((cells, row) => self.getDatasetMeta(row).data.forEach((bar, column) => {
                  const cell = cells[column];
                  if (!cell) return;
                  const {x, y, base, width} = bar.getProps(["x", "y", "base", "width"], true);
                  if (cell.least) {
                    pen.strokeStyle = tone("s1");
                    pen.lineWidth = 3;
                    pen.strokeRect(x - width / 2 + 1.5, Math.min(y, base) + 1.5, width - 3,
                      Math.abs(y - base) - 3);
                  }
                  if (pen.measureText(cell.text).width > width - 4) return;
                  pen.fillStyle = shade(cell)[1];
                  pen.fillText(cell.text, x, (y + base) / 2);
                }));
              }};
              return {type: "bar", options, plugins: [numbers], data: {labels: chart.columns,
                datasets: chart.cells.map((cells, row) => ({
                  data: cells.map(cell => cell ? [row - 0.5, row + 0.5] : null), grouped: false,
                  backgroundColor: cells.map(cell => cell ? shade(cell)[0] : "transparent"),
                  hoverBackgroundColor: cells.map(cell => cell ? shade(cell)[0] : "transparent"),
                  borderColor: tone("paper"), borderWidth: 0.5, borderSkipped: false,
                  barPercentage: 1, categoryPercentage: 1}))}};
            },
          };

          const redraws = [];
          for (const [name, chart] of Object.entries(data)) {
            const section = document.getElementById(name);
            const live = section.querySelector(".live");
            const controls = section.querySelector(".controls");
            const state = {off: new Set(), x: chart.x && chart.x.log, y: chart.y && chart.y.log,
              colour: chart.isLog};
            let drawn;
            const draw = () => {
              if (drawn) drawn.destroy();
              drawn = new Chart(live.firstElementChild, makers[chart.kind](chart, state));
            };
            live.style.height = chart.height + "px";
            live.hidden = false;
            section.querySelector(".still").hidden = true;
            if (controls) {
              controls.hidden = false;
              controls.addEventListener("change", event => {
                const box = event.target;
                if (box.dataset.scale) state[box.dataset.scale] = box.checked;
                else {
                  const key = box.dataset.series || box.dataset.axis + "/" + box.dataset.place;
                  box.checked ? state.off.delete(key) : state.off.add(key);
                }
                draw();
              });
            }
            redraws.push(draw);
            draw();
          }
          matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
            redraws.forEach(draw => draw()));
        })();

        """#
}

// 产业大脑: draws what the tables beside say; whoever cannot see a chart reads the table.
const board = document.querySelector("[data-cockpit]");
const style = getComputedStyle(document.documentElement);
const paint = (name) => style.getPropertyValue(`--${name}`).trim();
const ink = paint("ink"), mute = paint("mute"), line = paint("line"), accent = paint("accent"), stop = paint("stop"), info = paint("info"), warn = paint("warn");
const PALETTE = [accent, info, warn, "#7a5ea8", "#4c8c8c", "#a8683a", mute];
const FEN_PER_WAN = 1000000, SHOWN = 30, FULL = 100, CAP = 200;
const base = {
  animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  textStyle: { color: ink, fontFamily: style.fontFamily },
  aria: { enabled: true },
  color: PALETTE,
  tooltip: { renderMode: "richText", confine: true },
  grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
};
const axis = { axisLabel: { color: mute }, axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } } };
const late = (row) => row.tasks_overdue + Object.values(row.overdue).reduce((sum, n) => sum + n, 0);
const shorter = (words, most = 12) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);

function map(told) {
  const data = told.clusters.map((row) => ({ name: row.prefecture_code, value: late(row), title: row.name, place: row.place, href: `/cockpits/${row.ref}` }));
  const most = Math.max(1, ...data.map((row) => row.value));
  return {
    tooltip: { ...base.tooltip, formatter: ({ data: row }) => (row?.title ? `${row.title}\n${row.place}\n逾期 ${row.value} 项` : "没有承载地") },
    visualMap: { min: 0, max: most, show: false, inRange: { color: [paint("ok-soft") || "#dff0e2", stop] } },
    series: [{
      type: "map", map: "guizhou", layoutCenter: ["50%", "50%"], layoutSize: "98%", labelLayout: { hideOverlap: true }, nameProperty: "code", data, roam: false, selectedMode: false,
      itemStyle: { borderColor: mute, areaColor: line },
      label: { show: true, color: ink, fontSize: 11, formatter: ({ data: row }) => (row?.title ? shorter(row.title.replace("产业集群", ""), 8) : "") },
      emphasis: { label: { color: ink }, itemStyle: { areaColor: null, borderWidth: 2 } },
    }],
  };
}

function stages(told) {
  const labels = told.clusters.length ? told.clusters[0].stages.map((each) => each.label) : [];
  return {
    legend: { textStyle: { color: mute }, type: "scroll", top: 0 },
    tooltip: { ...base.tooltip, trigger: "item" },
    xAxis: { type: "value", minInterval: 1, ...axis },
    yAxis: { type: "category", inverse: true, data: told.clusters.map((row) => shorter(row.name)), ...axis },
    series: labels.map((name, at) => ({
      name, type: "bar", stack: "all",
      data: told.clusters.map((row) => ({ value: row.stages[at].count, href: `/projects/?cluster=${row.key}&stage=${row.stages[at].stage}` })),
    })),
  };
}

function money(told) {
  const wan = (field) => told.money.map((row) => ({ value: row[field] / FEN_PER_WAN, href: "/funds/" }));
  return {
    legend: { textStyle: { color: mute }, top: 0 },
    xAxis: { type: "category", data: told.money.map((row) => String(row.year)), ...axis },
    yAxis: { type: "value", name: "万元", nameTextStyle: { color: mute }, ...axis },
    series: [["安排", "arranged_fen"], ["拨付", "paid_out_fen"], ["支出", "spent_fen"]].map(([name, field]) => ({ name, type: "bar", data: wan(field) })),
  };
}

function trade(told) {
  return {
    tooltip: { ...base.tooltip, trigger: "axis" },
    xAxis: { type: "category", data: told.trade.map((row) => row.on.slice(5)), ...axis },
    yAxis: { type: "value", name: "头", minInterval: 1, nameTextStyle: { color: mute }, ...axis },
    series: [{ name: "头数", type: "bar", data: told.trade.map((row) => ({ value: row.head, href: "/prices/" })) }],
  };
}

function series(told) {
  return {
    tooltip: { ...base.tooltip, trigger: "axis" },
    xAxis: { type: "category", data: told.series.points.map((row) => row.period), ...axis },
    yAxis: { type: "value", name: told.series.unit || "", scale: true, nameTextStyle: { color: mute }, ...axis },
    series: [{ name: told.series.name, type: "line", data: told.series.points.map((row) => ({ value: Number(row.value), href: `/actuals/${row.ref}` })) }],
  };
}

function targets(told) {
  const rows = told.targets.filter((row) => row.permille != null).slice(0, SHOWN);
  return {
    tooltip: { ...base.tooltip, formatter: ({ data: row }) => `${row.title}\n${row.words}` },
    xAxis: { type: "value", max: CAP, name: "%", nameTextStyle: { color: mute }, ...axis },
    yAxis: { type: "category", inverse: true, data: rows.map((row) => shorter(row.name, 14)), ...axis },
    series: [{
      type: "bar",
      data: rows.map((row) => ({
        value: Math.min(CAP, row.permille / 10), title: row.name, href: `/indicators/${row.ref}`,
        words: `${row.actual}${row.unit || ""} / ${row.target}${row.unit || ""}（${row.permille / 10}%）`,
        itemStyle: { color: row.permille >= FULL * 10 ? accent : info },
      })),
      markLine: { symbol: "none", label: { formatter: "目标" }, lineStyle: { color: stop }, data: [{ xAxis: FULL }] },
    }],
  };
}

const EMPTY = {
  stages: (told) => !told.clusters.length,
  money: (told) => !told.money.length,
  trade: (told) => !told.trade.some((row) => row.head),
  series: (told) => !told.series || !told.series.points.length,
  targets: (told) => !told.targets.some((row) => row.permille != null),
};
const DRAWN = { map, stages, money, trade, series, targets };

async function draw() {
  const answer = await fetch(board.dataset.cockpit, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const told = await answer.json();
  const charts = [];
  for (const place of board.querySelectorAll("[data-chart]")) {
    const name = place.dataset.chart;
    if (EMPTY[name]?.(told)) continue;
    if (name === "map") {
      const outline = await fetch("/static/vendor/guizhou-outline/guizhou.json");
      if (!outline.ok) continue;
      window.echarts.registerMap("guizhou", await outline.json());
    }
    place.hidden = false;
    const chart = window.echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({ ...base, ...DRAWN[name](told) });
    chart.on("click", ({ data }) => { if (data?.href) location.assign(data.href); });
    charts.push(chart);
  }
  addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
  board.dataset.drawn = String(charts.length);
}

async function again(seconds) {
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
      if (answer.ok) { location.reload(); return; }
    } catch { /* no network: what is on the wall stays */ }
    again(seconds);
  }, seconds * 1000);
}

if (board && window.echarts) draw();
const seconds = Number(document.body.dataset.reload || 0);
if (seconds) again(seconds);

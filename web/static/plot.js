// Time series: every element with data-plot, { x, y, lines: [{label, class}], unit }, becomes a chart of uPlot. The
// figures are also in a table beside it, so that nothing is lost without this script.
(() => {
  'use strict';
  const charts = new Map();

  // A custom property would give light-dark(...) as it was written: the computed colour of an element is resolved.
  const colour = (cls) => {
    const probe = document.createElement('span');
    probe.className = cls;
    probe.hidden = true;
    document.body.append(probe);
    const c = getComputedStyle(probe).color;
    probe.remove();
    return c;
  };
  const number = (v) => (v >= 100 ? Math.round(v) : Number(v.toPrecision(3)));

  // Times as the other charts have them: 24 hours, and the day where it changes.
  const two = (n) => String(n).padStart(2, '0');
  const clock = (d) => two(d.getHours()) + ':' + two(d.getMinutes());
  const day = (d) => d.getDate() + ' ' + d.toLocaleString('en', { month: 'short' });
  const times = (_, vs) => vs.map((v, i) => {
    const d = new Date(v * 1000);
    return i && clock(d) === '00:00' || vs[1] - vs[0] >= 86400 ? day(d) : clock(d);
  });
  const none = '\u2013';

  const draw = (box) => {
    const data = JSON.parse(box.dataset.plot);
    const figure = (v) => number(v) + (data.unit && ' ' + data.unit);
    const quiet = colour('plot-axis'), grid = colour('plot-grid');
    // Beside the axis there is room for a short unit; a long one is in the legend.
    const short = (v) => (data.unit.length > 2 ? number(v) : figure(v));
    const axis = { stroke: quiet, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '11px system-ui, sans-serif' };
    const old = charts.get(box);
    if (old) old.destroy();
    charts.set(box, new uPlot({
      width: Math.max(200, box.clientWidth), height: 180, legend: { live: true }, cursor: { drag: { x: true, y: false } },
      series: [
        { label: 'Time', value: (_, v) => (v == null ? none : day(new Date(v * 1000)) + ' ' + clock(new Date(v * 1000))) },
        ...data.lines.map((l) => ({ label: l.label, stroke: colour(l.class), width: 1.5, points: { size: 4 }, value: (_, v) => (v == null ? none : figure(v)) })),
      ],
      axes: [{ ...axis, values: times }, { ...axis, size: 56, values: (_, vs) => vs.map(short) }],
      scales: { y: { range: (_, min, max) => [0, (max || 1) * 1.1] } },
    }, [data.x, ...data.y], box));
  };
  const all = () => {
    for (const [box, chart] of charts) { // a page that is fetched again leaves its old charts behind
      if (box.isConnected) continue;
      chart.destroy();
      charts.delete(box);
    }
    for (const box of document.querySelectorAll('[data-plot]')) draw(box);
  };

  document.addEventListener('DOMContentLoaded', () => {
    all();
    addEventListener('resize', all);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', all);
    new MutationObserver(all).observe(document.documentElement, { attributeFilter: ['data-theme'] });
    // A page that is fetched again brings new data.
    new MutationObserver((changes) => {
      if (changes.some((c) => [...c.addedNodes].some((n) => n.querySelector && n.querySelector('[data-plot]:empty')))) all();
    }).observe(document.querySelector('main'), { childList: true, subtree: true });
  });
})();

// <debug-toolbar base="/_toolbar/" record="ID" css="tokens.css toolbar.css app.css">: what the page and its
// requests cost, in a shadow root, over the page. Outside itself it listens to one chord, Alt+Shift+D; it leaves no
// global, moves nothing in the page and logs nothing.
//
// Attributes: base is the dashboard's prefix with both slashes; record the id of the document's own Record;
// css the addresses of the stylesheets: the first two are loaded at once, app.css when the drawer first opens;
// follow lists what the whole app is asked for since the Record that it names, and not only by this page: for apps
// without pages of their own.
//
// It reads {base}api/v1/requests/{id}?pending=1, where 204 (or 404) means "not stored yet", and of the answer
//   { id, kind, method, path, name, status, started, duration_ns, query_ns,
//     flags: { slow, error, panic },
//     counts: { spans, queries, signals, layers, logs, errors, ... },
//     worst: { queries: "slow" | "bad", ... } }
// of which all but id may be missing. A panel is {base}requests/{id}[/{panel}]?fragment=1, HTML. What the browser
// measured of the document goes to {base}api/v1/requests/{id}/timing.
(() => {
  'use strict';
  if (customElements.get('debug-toolbar')) return;

  const HEADER = 'X-Debug-Toolbar-Id';
  const TRIES = [40, 120, 300, 700, 1500]; // ms before each attempt: the writer works in batches
  const MOST = 100; // requests listed
  const SVG = 'http://www.w3.org/2000/svg';
  const nonce = document.currentScript ? document.currentScript.nonce : '';

  const CIRCLE = 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0z';
  const ICONS = {
    ok: CIRCLE + 'M5.5 8.2l1.8 1.8 3.3-3.8',
    slow: CIRCLE + 'M8 4.5V8l2.5 1.5',
    off: CIRCLE + 'M5 8h6',
    bad: 'M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM6 6l4 4M10 6l-4 4',
    query: 'M3 4c0-2.7 10-2.7 10 0s-10 2.7-10 0v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
    signal: 'M7 8a1 1 0 1 0 2 0a1 1 0 1 0-2 0M5.2 10.8a4 4 0 0 1 0-5.6M10.8 5.2a4 4 0 0 1 0 5.6M3 13A7 7 0 0 1 3 3M13 3a7 7 0 0 1 0 10',
    layer: 'm8 2 6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
    log: 'M2.5 4h11M2.5 8h11M2.5 12h7',
    exception: 'M8 2.2 14.5 13.5h-13zM8 6.5v3M8 11.5v.1',
    request: 'M2 8h8M7 5l3 3-3 3M13.5 3v10',
    cache: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
    call: 'M6.5 3H3v10h10V9.5M9.5 3H13v3.5M13 3 7.5 8.5',
    render: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
    task: 'M2 9h3.5l1 2h3l1-2H14M2 9l2-6h8l2 6v4.5H2z',
    custom: 'm8 2 6 6-6 6-6-6z',
    chart: 'M2.5 13.5h11M4.5 11V8M8 11V3M11.5 11V6',
    close: 'm4 4 8 8M12 4l-8 8',
    grip: 'M6 4v.1M6 8v.1M6 12v.1M10 4v.1M10 8v.1M10 12v.1',
  };
  const WORDS = { ok: 'OK', slow: 'Slow', bad: 'Failed', off: 'Expired' };
  // Panels of the drawer: address, label, count in the answer.
  const PANELS = [
    ['', 'Waterfall', 'spans'], ['sql', 'SQL', 'queries'], ['signals', 'Signals', 'signals'], ['middleware', 'Middleware', 'layers'],
    ['cache', 'Cache', 'cache'], ['calls', 'Outgoing', 'calls'], ['templates', 'Templates', 'templates'], ['tasks', 'Tasks', 'tasks'],
    ['files', 'Static files', 'files'], ['custom', 'Custom', 'custom'], ['logs', 'Logs', 'logs'], ['alerts', 'Alerts', 'alerts'], ['exceptions', 'Exceptions', ''], ['request', 'Request', ''],
    ['time', 'Time', ''], ['versions', 'Versions', ''], ['settings', 'Settings', ''],
  ];
  // Items of the bar: panel, icon, label, count. Those after the fourth are there only when something was counted.
  const BAR = [
    ['sql', 'query', 'SQL', 'queries'], ['signals', 'signal', 'Signals', 'signals'], ['middleware', 'layer', 'Layers', 'layers'], ['logs', 'log', 'Logs', 'logs'],
    ['cache', 'cache', 'Cache', 'cache'], ['calls', 'call', 'Outgoing', 'calls'], ['templates', 'render', 'Templates', 'templates'], ['tasks', 'task', 'Tasks', 'tasks'],
    ['custom', 'custom', 'Custom', 'custom'], ['alerts', 'slow', 'Alerts', 'alerts'],
  ];
  const ALWAYS = 4;
  const EDGES = { left: 'x', right: 'x', top: 'y', bottom: 'y' };

  // ---------- small helpers ----------
  const make = (tag, props, ...children) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(props || {})) {
      if (k === 'class') e.className = v;
      else if (k === 'text') e.textContent = v;
      else if (v === true) e.setAttribute(k, '');
      else if (v !== false && v != null) e.setAttribute(k, v);
    }
    e.append(...children.filter((c) => c != null));
    return e;
  };
  const icon = (name, cls, label) => {
    const s = document.createElementNS(SVG, 'svg');
    s.setAttribute('class', 'icon ' + (cls || ''));
    s.setAttribute('viewBox', '0 0 16 16');
    if (label) {
      s.setAttribute('role', 'img');
      s.setAttribute('aria-label', label);
    } else s.setAttribute('aria-hidden', 'true');
    const p = document.createElementNS(SVG, 'path');
    p.setAttribute('d', ICONS[name]);
    s.append(p);
    return s;
  };
  const status = (name) => icon(name, 'st-' + name, WORDS[name]);
  const dim = (text) => make('span', { class: 'dim', text });
  const three = (f) => (f >= 99.5 ? String(Math.round(f)) : String(Number(f.toPrecision(f < 10 ? 2 : 3))));
  const time = (ns) => {
    const [n, unit] = ns < 999500 ? [three(ns / 1e3), 'µs'] : ns < 999500000 ? [three(ns / 1e6), 'ms'] : [Number((ns / 1e9).toPrecision(3)), 's'];
    return make('span', { class: 'num' }, make('b', { text: n }), ' ', make('span', { class: 'u', text: unit }));
  };
  const storage = (value) => {
    try {
      if (value === undefined) return JSON.parse(localStorage.getItem('debugtoolbar.bar')) || {};
      localStorage.setItem('debugtoolbar.bar', JSON.stringify(value));
    } catch { /* storage may be forbidden or hold something else */ }
    return {};
  };
  const theme = () => {
    try { return localStorage.getItem('debugtoolbar.theme') || ''; } catch { return ''; }
  };

  // ---------- requests of this page ----------
  // The page's own functions are called with their own this and arguments; answers and errors pass unchanged.
  const listeners = new Set();
  const seen = (id, info) => { for (const l of listeners) l(id, info); };
  const quietly = (f) => { try { f(); } catch { /* never the page's problem */ } };

  let realFetch, ourFetch, realOpen, ourOpen, realHeader, ourHeader, realSource, ourSource, entries;
  const xhrs = new WeakMap();

  // kinds of libraries that fetch for the page, by the header that they send; those that swap the whole page are marked.
  const LIBRARY = { 'hx-request': 'htmx', 'hx-boosted': 'htmx', 'x-turbo-request-id': 'turbo', 'turbo-frame': 'turbo' };
  const library = (info, header, whole) => {
    info.type = LIBRARY[header] || info.type;
    if (whole && header === 'hx-boosted') info.page = true;
    if (header === 'x-turbo-request-id' && info.page === undefined) info.page = true;
    if (header === 'turbo-frame') info.page = false;
  };
  const headersOf = (input, init) => (init && init.headers) || (input instanceof Request && input.headers);
  const noteFetch = (res, args) => {
    const id = res.type === 'basic' && res.headers.get(HEADER);
    if (!id) return;
    const [input, init] = args;
    const info = {
      type: 'fetch', method: ((init && init.method) || (input instanceof Request && input.method) || 'GET').toUpperCase(),
      path: new URL(res.url).pathname, status: res.status,
    };
    const h = headersOf(input, init);
    if (h) for (const name of new Headers(h).keys()) library(info, name, true);
    seen(id, info);
  };
  const noteXHR = (xhr) => {
    const info = xhrs.get(xhr);
    // Reading the header of a foreign answer would be logged by the browser.
    if (!info || !xhr.responseURL || new URL(xhr.responseURL).origin !== location.origin) return;
    const id = xhr.getResponseHeader(HEADER);
    if (id) seen(id, { ...info, path: new URL(xhr.responseURL).pathname, status: xhr.status });
  };

  const watch = () => {
    if (ourFetch || typeof fetch !== 'function') return;
    realFetch = window.fetch;
    ourFetch = new Proxy(realFetch, {
      apply(target, self, args) {
        const p = Reflect.apply(target, self, args);
        if (!listeners.size) return p;
        // Only success is looked at: a failure that nobody handles is still reported as unhandled, once.
        return p.then((res) => { quietly(() => noteFetch(res, args)); return res; });
      },
    });
    window.fetch = ourFetch;
    const proto = XMLHttpRequest.prototype;
    realOpen = proto.open;
    ourOpen = new Proxy(realOpen, {
      apply(target, self, args) {
        const out = Reflect.apply(target, self, args);
        quietly(() => {
          if (!xhrs.has(self)) self.addEventListener('loadend', () => quietly(() => noteXHR(self)));
          xhrs.set(self, { type: 'xhr', method: String(args[0]).toUpperCase() });
        });
        return out;
      },
    });
    proto.open = ourOpen;
    realHeader = proto.setRequestHeader;
    ourHeader = new Proxy(realHeader, {
      apply(target, self, args) {
        const out = Reflect.apply(target, self, args);
        quietly(() => {
          const info = xhrs.get(self);
          if (info) library(info, String(args[0]).toLowerCase(), true);
        });
        return out;
      },
    });
    proto.setRequestHeader = ourHeader;
    if (typeof EventSource === 'function') {
      realSource = window.EventSource;
      ourSource = new Proxy(realSource, {
        construct(target, args, self) {
          const out = Reflect.construct(target, args, self === ourSource ? target : self);
          quietly(() => noteStream(out));
          return out;
        },
      });
      window.EventSource = ourSource;
    }
    quietly(() => {
      entries = new PerformanceObserver((list) => { for (const e of list.getEntries()) quietly(() => noteEntry(e)); });
      entries.observe({ type: 'resource', buffered: true });
    });
  };

  // A stream of events is listed while it is open; which Record it is, the browser says when it has ended.
  const noteStream = (source) => {
    const u = new URL(source.url);
    if (u.origin !== location.origin) return;
    const info = { type: 'sse', method: 'GET', path: u.pathname, open: true };
    seen('stream ' + source.url, info);
    const close = source.close;
    source.close = function () {
      quietly(() => { info.open = false; redraw(); });
      return close.call(this);
    };
    source.addEventListener('error', () => quietly(() => {
      if (source.readyState !== realSource.CLOSED) return;
      info.open = false;
      redraw();
    }));
  };
  // What was fetched before this script ran, beacons and streams that have ended are known by the timing that
  // the server sends with its answers.
  const FOUND = { fetch: 'fetch', xmlhttprequest: 'xhr', beacon: 'beacon', other: 'sse', eventsource: 'sse' };
  const noteEntry = (e) => {
    const own = FOUND[e.initiatorType] && (e.serverTiming || []).find((t) => t.name === 'debug-toolbar');
    if (own) seen(own.description, { type: FOUND[e.initiatorType], method: '', path: new URL(e.name).pathname, status: e.responseStatus || 0, stream: 'stream ' + e.name });
  };
  const redraw = () => { for (const l of listeners) l(); };
  // What somebody else has wrapped in the meantime cannot be taken out; it then passes calls through.
  const unwatch = () => {
    if (listeners.size || !ourFetch || window.fetch !== ourFetch) return;
    const proto = XMLHttpRequest.prototype;
    if (proto.open !== ourOpen || proto.setRequestHeader !== ourHeader) return;
    window.fetch = realFetch;
    proto.open = realOpen;
    proto.setRequestHeader = realHeader;
    if (window.EventSource === ourSource) window.EventSource = realSource;
    if (entries) entries.disconnect();
    ourFetch = null;
  };

  // ---------- asking the dashboard ----------
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const load = async (base, id) => {
    for (const ms of TRIES) {
      await wait(ms);
      try {
        const res = await realFetch.call(window, base + 'api/v1/requests/' + encodeURIComponent(id) + '?pending=1', { cache: 'no-store', headers: { Accept: 'application/json' } });
        if (res.status === 200) return await res.json();
        if (res.status !== 204 && res.status !== 404) return null;
      } catch { return null; }
    }
    return null;
  };
  // The browser itself turns the answer into a document, in which nothing runs: no text is turned into markup
  // here, which a page that demands trusted types would refuse.
  const loadPanel = (url) => new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    realOpen.call(x, 'GET', url);
    x.responseType = 'document';
    x.onload = () => (x.status === 200 && x.response ? done(x.response) : fail(new Error('status ' + x.status)));
    x.onerror = () => fail(new Error('no answer'));
    x.send();
  });

  // ---------- what the browser measured of the document ----------
  // Once it has loaded, and again with what changed when it is left. Durations in ms; CLS has no unit.
  const measure = (base, id) => {
    const out = { lcp: 0, cls: 0, inp: 0 };
    const types = PerformanceObserver.supportedEntryTypes || [];
    const observe = (type, fn, more) => {
      if (types.includes(type)) new PerformanceObserver((list) => { for (const e of list.getEntries()) fn(e); }).observe({ type, buffered: true, ...more });
    };
    observe('largest-contentful-paint', (e) => { out.lcp = e.startTime; });
    // Shifts of one burst: at most a second apart, five seconds in all.
    let burst = 0, first = 0, last = 0;
    observe('layout-shift', (e) => {
      if (e.hadRecentInput) return;
      if (e.startTime - last > 1000 || e.startTime - first > 5000) { burst = 0; first = e.startTime; }
      last = e.startTime;
      out.cls = Math.max(out.cls, burst += e.value);
    });
    observe('event', (e) => { if (e.interactionId) out.inp = Math.max(out.inp, e.duration); }, { durationThreshold: 40 });
    let sent = '';
    const send = () => {
      const n = performance.getEntriesByType('navigation')[0];
      if (!n || !n.loadEventEnd) return;
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      const ms = {
        redirect: n.redirectEnd - n.redirectStart, dns: n.domainLookupEnd - n.domainLookupStart, connect: n.connectEnd - n.connectStart,
        ttfb: n.responseStart - n.requestStart, response: n.responseEnd - n.responseStart, interactive: n.domInteractive,
        content_loaded: n.domContentLoadedEventEnd, load: n.loadEventEnd, fcp: paint ? paint.startTime : 0, lcp: out.lcp, inp: out.inp,
      };
      for (const k in ms) ms[k] = Math.round(ms[k] * 10) / 10;
      const body = JSON.stringify({ type: n.type, bytes: n.transferSize, cls: Math.round(out.cls * 1e4) / 1e4, ms });
      if (body === sent) return;
      sent = body;
      const url = base + 'api/v1/requests/' + encodeURIComponent(id) + '/timing';
      realFetch.call(window, url, { method: 'POST', body, keepalive: true, headers: { 'Content-Type': 'application/json' } }).catch(() => {});
    };
    const loaded = () => setTimeout(() => quietly(send), 300);
    if (document.readyState === 'complete') loaded();
    else addEventListener('load', loaded, { once: true });
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') quietly(send); });
  };

  let measured = false; // the document, once, however often its body is swapped
  let left = null; // the element that a swap took out last

  class DebugToolbar extends HTMLElement {
    connectedCallback() {
      if (!this.root) this.build();
      watch();
      listeners.add(this.hear);
      const id = this.getAttribute('record');
      if (this.requests.length === 0 && id) {
        if (left && left !== this) this.resume(left);
        this.add(id, { type: 'document', method: '', path: location.pathname });
        if (!measured) quietly(() => measure(this.base, id));
        measured = true;
      }
      left = null;
      this.chord = (e) => this.shortcut(e);
      document.addEventListener('keydown', this.chord);
      this.sized = () => this.draw();
      addEventListener('resize', this.sized);
      if (this.hasAttribute('follow') && !this.feed) this.follows();
    }

    // A page that swaps its body (htmx's boost, Turbo) takes the toolbar out with it. When no other has come in
    // its place, it goes back, and what was fetched for the swap is the document from then on.
    disconnectedCallback() {
      document.removeEventListener('keydown', this.chord);
      removeEventListener('resize', this.sized);
      left = this;
      setTimeout(() => {
        if (this.isConnected) return;
        this.returns = (this.returns || 0) + 1;
        if (document.body && !document.querySelector('debug-toolbar') && this.returns < 200) {
          const swap = [...this.requests].reverse().find((r) => r.info.page && !r.taken);
          if (swap) this.becomes(swap);
          document.body.append(this);
          this.draw();
          return;
        }
        listeners.delete(this.hear); // not before: what a swap is made of is heard of right after it
        if (this.feed) this.feed.close();
        this.feed = null;
        unwatch();
      });
    }

    becomes(r) {
      for (const o of this.requests) o.taken = true;
      this.requests = this.requests.slice(this.requests.indexOf(r));
      r.info.document = true;
      this.older = 0;
      this.chosen = '';
    }

    // resume goes on where the element of the page before it was.
    resume(old) {
      this.state = old.state;
      if (old.drawer) this.again = old.panel;
    }

    // follows lists what the app is asked for by anybody, from the dashboard's own stream, since the page was made.
    follows() {
      this.feed = new (realSource || EventSource)(this.base + 'events?format=json&kind=request&last=' + this.getAttribute('follow'));
      this.feed.addEventListener('record', (e) => quietly(() => {
        const d = JSON.parse(e.data);
        this.add(d.id, { type: 'app', method: d.method || '', path: d.path || d.name, status: d.status });
      }));
    }

    build() {
      this.requests = []; // { id, info, data, gone }, the document first
      this.older = 0;
      this.panel = 'signals';
      this.shown = '';
      this.hear = (id, info) => (id ? this.add(id, info) : this.draw());
      this.state = storage();
      if (!EDGES[this.state.side]) this.state.side = 'right';
      this.root = this.attachShadow({ mode: 'open' });
      if (theme()) this.setAttribute('data-theme', theme());
      this.sheets = (this.getAttribute('css') || '').split(/\s+/).filter(Boolean);
      // Nothing is shown before it is styled: the page would jump.
      this.box = make('div', { hidden: true });
      const links = this.sheets.slice(0, 2).map((href) => this.link(href));
      Promise.all(links.map((l) => new Promise((done) => l.addEventListener('load', done)))).then(() => {
        this.styled = true;
        this.draw();
      });
      this.last = links[links.length - 1];
      this.root.append(...links, this.box);
      this.root.addEventListener('keydown', (e) => this.key(e));
    }

    link(href) {
      const l = make('link', { rel: 'stylesheet', href });
      l.nonce = this.nonce || nonce;
      return l;
    }

    get scope() { return this.hasAttribute('follow') ? 'This app' : 'This page'; }
    get base() { return this.getAttribute('base') || '/_toolbar/'; }
    get first() { return this.hasAttribute('follow') ? this.requests[this.requests.length - 1] : this.requests.find((r) => r.info.type === 'document' || r.info.document) || this.requests[0]; }
    get selected() { return this.requests.find((r) => r.id === this.chosen) || this.first; }
    url(r, panel) { return this.base + 'requests/' + encodeURIComponent(r.id) + (panel ? '/' + panel : ''); }

    async add(id, info) {
      if (this.requests.some((r) => r.id === id)) return;
      const r = { id, info, data: null, gone: false };
      // The Record of a stream takes the place of the line that stood for it.
      const at = info.stream ? this.requests.findIndex((o) => o.id === info.stream) : -1;
      if (at >= 0) this.requests.splice(at, 1, r);
      else if (info.stream && info.type === 'sse') return; // a download or a preload: not the page's own request
      else this.requests.push(r);
      if (this.requests.length > MOST) {
        this.requests.splice(this.hasAttribute('follow') ? 0 : 1, 1);
        this.older++;
      }
      this.draw();
      if (id.startsWith('stream ')) return;
      r.data = await load(this.base, id);
      r.gone = !r.data;
      this.draw();
    }

    // ---------- figures ----------
    count(r, name) { return (r.data && r.data.counts && r.data.counts[name]) || 0; }
    flag(r, name) { return !!(r.data && r.data.flags && r.data.flags[name]); }
    verdict(r) {
      if (r.gone || r.info.open !== undefined) return 'off';
      if (this.flag(r, 'error') || this.flag(r, 'panic') || (r.data && r.data.status >= 500) || r.info.status >= 500) return 'bad';
      return this.flag(r, 'slow') ? 'slow' : 'ok';
    }
    problems(r) { return Math.max(this.count(r, 'errors'), this.verdict(r) === 'bad' ? 1 : 0); }

    // ---------- drawing ----------
    draw() {
      const doc = this.first;
      if (!this.styled || this.dragging || !this.isConnected) return;
      if (!this.hasAttribute('follow') && (!doc || (!doc.data && !doc.gone))) return;
      if (this.again !== undefined && this.state.open) {
        const panel = this.again;
        this.again = undefined;
        return this.toggle(doc, panel);
      }
      const focused = this.root.activeElement && this.root.activeElement.dataset.k;
      let parts = [];
      if (!this.state.open) parts = [this.handle(doc)];
      else {
        if (!this.bar) this.bar = make('div', { class: 'bar-tb', role: 'toolbar', 'aria-label': 'Go Debug Toolbar' });
        this.fillBar(doc);
        parts = this.drawer ? [this.fillDrawer(), this.bar] : [this.bar];
      }
      // Putting the same drawer in again would lose its place and play its opening again.
      const old = this.box.children;
      if (old.length !== parts.length || parts.some((p, i) => p !== old[i])) this.box.replaceChildren(...parts);
      this.box.hidden = false;
      const again = focused && this.root.querySelector('[data-k="' + CSS.escape(focused) + '"]');
      if (again && again !== this.root.activeElement) again.focus({ preventScroll: true });
    }

    handle(doc) {
      const h = make('button', { class: 'handle', type: 'button', 'aria-expanded': 'false', title: 'Go Debug Toolbar, Alt+Shift+D. Drag, or press arrow keys, to move', 'data-k': 'handle', 'data-side': this.state.side },
        make('span', { class: 'sr', text: 'Go Debug Toolbar: ' }));
      if (!doc || !doc.data && !doc.gone) h.append(make('span', { class: 'row dim', text: 'waiting' }));
      else if (doc.gone) h.append(make('span', { class: 'row dim' }, status('off'), 'expired'));
      else {
        const v = this.verdict(doc);
        h.append(make('span', { class: 'row' }, status(v), time(doc.data.duration_ns)), make('span', { class: 'row dim', text: this.count(doc, 'queries') + ' SQL' }));
        const n = this.requests.reduce((sum, r) => sum + this.problems(r), 0);
        if (n) h.append(make('span', { class: 'row st-bad' }, icon('bad'), n + (n === 1 ? ' problem' : ' problems')));
      }
      this.place(h);
      this.drag(h);
      return h;
    }

    // place puts the handle at its edge; y is its distance from the edge's top or left end.
    place(h) {
      const along = EDGES[this.state.side] === 'x' ? 'top' : 'left';
      const most = along === 'top' ? innerHeight - (h.offsetHeight || 72) : innerWidth - (h.offsetWidth || 104);
      h.dataset.side = this.state.side;
      h.style.top = h.style.left = '';
      h.style[along] = Math.max(0, Math.min(this.state.y ?? 96, most)) + 'px';
    }

    // moveTo keeps the handle at the edge that a point is nearest to.
    moveTo(h, x, y, from) {
      const near = { left: x, right: innerWidth - x, top: y, bottom: innerHeight - y };
      this.state.side = Object.keys(near).reduce((a, b) => (near[b] < near[a] ? b : a));
      this.state.y = Math.max(0, EDGES[this.state.side] === 'x' ? Math.min(innerHeight - h.offsetHeight, y - from.y) : Math.min(innerWidth - h.offsetWidth, x - from.x));
      this.place(h);
    }

    // Arrow keys move the handle along its edge, and over to the opposite or next one.
    nudge(h, key) {
      const along = { x: { ArrowUp: -24, ArrowDown: 24 }, y: { ArrowLeft: -24, ArrowRight: 24 } }[EDGES[this.state.side]][key];
      if (along) {
        const room = EDGES[this.state.side] === 'x' ? innerHeight - h.offsetHeight : innerWidth - h.offsetWidth;
        this.state.y = Math.max(0, Math.min(room, (this.state.y ?? 96) + along));
      } else this.state.side = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'top', ArrowDown: 'bottom' }[key];
      this.place(h);
      storage(this.state);
    }

    drag(h) {
      let from = null;
      h.addEventListener('pointerdown', (e) => {
        if (e.button !== 0) return;
        const box = h.getBoundingClientRect();
        from = { x: e.clientX - box.left, y: e.clientY - box.top, sx: e.clientX, sy: e.clientY, moved: false };
        h.setPointerCapture(e.pointerId);
      });
      h.addEventListener('pointermove', (e) => {
        if (!from) return;
        if (!from.moved && Math.hypot(e.clientX - from.sx, e.clientY - from.sy) < 5) return;
        from.moved = this.dragging = true;
        this.moveTo(h, e.clientX, e.clientY, from);
      });
      const end = () => {
        if (from && from.moved) storage(this.state);
        this.dragging = false;
        setTimeout(() => { from = null; });
      };
      h.addEventListener('pointerup', end);
      h.addEventListener('pointercancel', end);
      h.addEventListener('click', () => {
        if (from && from.moved) return;
        this.open(true);
      });
    }

    open(open) {
      this.state.open = open;
      if (!open) this.drawer = null;
      storage(this.state);
      this.draw();
      const first = this.root.querySelector(open ? '[data-k="doc"]' : '[data-k="handle"]');
      if (first) first.focus({ preventScroll: true });
    }

    // shortcut opens and closes from anywhere in the page: a chord, so that nothing that is typed is taken.
    shortcut(e) {
      if (e.code !== 'KeyD' || !e.altKey || !e.shiftKey || e.ctrlKey || e.metaKey || !this.styled) return;
      const t = e.composedPath()[0];
      if (t.matches && t.matches('input, textarea, select') || t.isContentEditable) return;
      e.preventDefault();
      this.open(!this.state.open);
    }

    // mark is the status of an item: what went wrong in it, beside its count.
    mark(r, count) {
      const worst = r.data && r.data.worst && r.data.worst[count];
      return worst ? status(worst) : null;
    }

    fillBar(doc) {
      const item = (k, panel, ...children) => {
        const a = make('a', { href: this.url(doc, panel), 'data-k': k, 'aria-expanded': String(!!this.drawer && this.panel === panel && this.selected === doc) }, ...children);
        a.addEventListener('click', (e) => {
          if (e.ctrlKey || e.metaKey || e.shiftKey) return; // a new tab, as with any link
          e.preventDefault();
          this.toggle(doc, panel);
        });
        return a;
      };
      const items = [];
      if (doc) {
        const d = doc.data || {};
        items.push(make('a', { href: this.url(doc), 'data-k': 'doc', title: 'Open this record in the dashboard', class: 'first' }, status(this.verdict(doc)),
          make('b', { text: doc.gone ? 'expired' : d.status || '' }), ' ' + ((d.method || doc.info.method) + ' ' + (d.path || d.name || doc.info.path)).trim()));
      }
      if (doc && doc.data) {
        const d = doc.data;
        items.push(item('time', '', status(this.flag(doc, 'slow') ? 'slow' : 'ok'), time(d.duration_ns)));
        BAR.forEach(([panel, kind, label, count], i) => {
          if (i >= ALWAYS && !this.count(doc, count)) return;
          const more = panel === 'sql' && d.query_ns ? [' ', make('span', { class: 'dim' }, time(d.query_ns))] : [];
          items.push(item(panel, panel, icon(kind, 'k-' + kind), label + ' ', make('b', { text: this.count(doc, count) }), ...more, this.mark(doc, count)));
        });
        const n = this.problems(doc);
        items.push(item('exceptions', 'exceptions', icon('exception', n ? 'st-bad' : 'dim'), 'Problems ', make('b', { text: n }), n ? status('bad') : null));
      }
      const page = make('button', { type: 'button', 'data-k': 'page', 'aria-expanded': String(!!this.drawer) }, icon('request', 'k-request'), this.scope + ' ', make('b', { text: this.requests.length + this.older }));
      if (this.requests.some((r) => r !== doc && this.verdict(r) === 'bad')) page.append(status('bad'));
      page.addEventListener('click', () => doc && this.toggle(this.selected, this.drawer ? null : this.panel));
      const close = make('button', { class: 'icon-only', type: 'button', 'data-k': 'close', 'aria-label': 'Close the toolbar, Escape' }, icon('close'));
      close.addEventListener('click', () => this.open(false));
      items.push(page, make('span', { class: 'grow' }), make('a', { class: 'icon-only', href: this.base, 'aria-label': 'Open the dashboard', title: 'Dashboard' }, icon('chart')), close);
      this.bar.replaceChildren(...items.filter(Boolean));
    }

    // toggle opens the drawer on a panel; the same panel again closes it.
    toggle(r, panel) {
      const same = this.drawer && (panel === null || (this.panel === panel && this.selected === r));
      if (same) this.drawer = null;
      else {
        this.chosen = r.id;
        this.panel = panel;
        this.openDrawer();
      }
      this.draw();
      if (this.drawer) this.fetchPanel(this.url(r, panel));
    }

    openDrawer() {
      if (this.drawer) return;
      for (const href of this.sheets.slice(2)) {
        const l = this.link(href);
        this.root.insertBefore(l, this.last); // the toolbar's own rules stay last
      }
      this.sheets.length = 2;
      this.list = make('ol');
      this.tabs = make('nav', { class: 'tabs', 'aria-label': 'Panels' });
      this.content = make('div', { class: 'content' });
      this.head = make('div', { class: 'head' });
      this.find = make('input', { class: 'input', type: 'search', 'aria-label': 'Filter these requests', placeholder: 'Filter' });
      this.find.addEventListener('input', () => this.draw());
      // What is typed is no shortcut of the page.
      this.find.addEventListener('keydown', (e) => { if (e.key !== 'Escape') e.stopPropagation(); });
      this.drawer = make('section', { class: 'drawer', role: 'region', 'aria-label': 'Debug panel' },
        make('div', { class: 'side' }, this.head, this.find, this.list), make('div', { class: 'panel' }, this.tabs, this.content));
      this.content.addEventListener('click', (e) => this.follow(e));
    }

    fillDrawer() {
      const clear = make('button', { class: 'btn', type: 'button', text: 'Clear', 'data-k': 'clear' });
      clear.addEventListener('click', () => {
        this.requests = this.requests.filter((r) => r === this.first);
        this.older = 0;
        this.chosen = '';
        this.draw();
      });
      const n = this.requests.length;
      const left = this.older ? ', ' + this.older + ' older not listed' : '';
      this.head.replaceChildren(make('h2', { text: this.scope }), dim(n + (n === 1 ? ' request' : ' requests') + left), make('span', { class: 'grow' }), clear);
      const typed = this.find.value.trim().toLowerCase();
      this.list.replaceChildren(...this.requests.map((r) => this.line(r)).filter((l) => l.textContent.toLowerCase().includes(typed)));
      const r = this.selected;
      this.tabs.replaceChildren(...PANELS.map(([panel, label, count]) => {
        const a = make('a', { href: this.url(r, panel), 'data-k': 'tab-' + panel, 'aria-current': panel === this.panel ? 'true' : null }, label);
        const n = count ? this.count(r, count) : panel === 'exceptions' ? this.problems(r) : 0;
        if (n) a.append(make('span', { class: 'c', text: n }));
        const m = panel === 'exceptions' && n ? status('bad') : count && panel ? this.mark(r, count) : null;
        if (m) a.append(m);
        a.addEventListener('click', (e) => this.pick(e, r, panel));
        return a;
      }));
      return this.drawer;
    }

    line(r) {
      const d = r.data || {};
      const code = d.status || r.info.status || '';
      const path = make('span', { class: 'path', title: d.path || r.info.path }, dim(d.method || r.info.method), ' ' + (d.path || r.info.path));
      if (r.info.open !== undefined) return make('li', {}, make('span', { class: 'open' }, status('off'), path, dim(''), dim(r.info.open ? 'open' : 'ended'), make('span', { class: 'type', text: r.info.type })));
      const a = make('a', { href: this.url(r), 'data-k': 'r' + r.id, 'aria-current': r === this.selected ? 'true' : null },
        status(r.data || r.gone ? this.verdict(r) : 'off'), path, make('span', { class: code >= 500 ? 'st-bad' : 'dim', text: code }),
        r.data ? time(d.duration_ns) : dim(r.gone ? 'expired' : '…'), make('span', { class: 'type', text: r.info.type }));
      a.addEventListener('click', (e) => this.pick(e, r, this.panel));
      return make('li', {}, a);
    }

    pick(e, r, panel) {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      this.chosen = r.id;
      this.panel = panel;
      this.draw();
      this.fetchPanel(this.url(r, panel));
    }

    // fetchPanel keeps what is shown until the new panel is there. A panel that fails says so in its place.
    async fetchPanel(url) {
      const u = new URL(url, location.href);
      u.searchParams.set('fragment', '1');
      const turn = this.shown = u.href;
      try {
        const doc = await loadPanel(u.href);
        if (turn !== this.shown) return;
        this.content.replaceChildren(...[...doc.body.childNodes].map((n) => document.importNode(n, true)));
        this.content.parentElement.scrollTop = 0;
      } catch (err) {
        if (turn !== this.shown) return;
        this.content.replaceChildren(make('div', { class: 'tb-note' }, status('bad'), make('span', { text: 'This panel could not be loaded (' + err.message + '). The others work.' })));
      }
    }

    // follow keeps links to the same record in the drawer; the others open beside the page.
    follow(e) {
      const a = e.target.closest('a[href]');
      if (!a || e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      const u = new URL(a.getAttribute('href'), location.href);
      const own = new URL(this.url(this.selected), location.href).pathname;
      if (u.origin === location.origin && (u.pathname === own || u.pathname.startsWith(own + '/'))) {
        this.panel = decodeURIComponent(u.pathname.slice(own.length + 1));
        this.draw();
        this.fetchPanel(u.href);
      } else if (u.protocol === 'http:' || u.protocol === 'https:') window.open(u.href, '_blank', 'noopener');
    }

    key(e) {
      if (e.key === 'Escape' && this.state.open) {
        e.stopPropagation();
        if (!this.drawer) return this.open(false);
        this.drawer = null;
        this.draw();
        const page = this.root.querySelector('[data-k="page"]');
        if (page) page.focus({ preventScroll: true });
        return;
      }
      if (!/^Arrow(Left|Right|Up|Down)$/.test(e.key) || e.altKey || e.ctrlKey || e.metaKey) return;
      const on = this.root.activeElement;
      if (!on) return;
      const by = e.key === 'ArrowLeft' || e.key === 'ArrowUp' ? -1 : 1;
      const across = e.key === 'ArrowLeft' || e.key === 'ArrowRight';
      if (on.dataset.k === 'handle') this.nudge(on, e.key);
      else if (across && this.drawer && this.tabs.contains(on)) this.turn(by);
      else if (across && this.bar.contains(on)) this.walk([...this.bar.querySelectorAll('a, button')], on, by);
      else if (!across && this.drawer && this.list.contains(on)) this.walk([...this.list.querySelectorAll('a')], on, by);
      else return;
      e.preventDefault();
    }

    // walk moves the focus along a row of items, from its end to its beginning.
    walk(all, on, by) {
      all[(all.indexOf(on) + by + all.length) % all.length].focus();
    }

    // turn shows the next panel.
    turn(by) {
      const i = PANELS.findIndex(([p]) => p === this.panel);
      const [panel] = PANELS[(i + by + PANELS.length) % PANELS.length];
      this.panel = panel;
      this.draw();
      this.root.querySelector('[data-k="tab-' + panel + '"]').focus();
      this.fetchPanel(this.url(this.selected, panel));
    }
  }

  customElements.define('debug-toolbar', DebugToolbar);
})();

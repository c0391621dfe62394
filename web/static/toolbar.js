// <debug-toolbar base="/_toolbar/" record="ID" css="tokens.css toolbar.css app.css">: what the page and its
// requests cost, in a shadow root, over the page. It listens to no key outside itself, leaves no global, moves
// nothing in the page and logs nothing.
//
// Attributes: base is the dashboard's prefix with both slashes; record the id of the document's own Record;
// css the addresses of the stylesheets: the first two are loaded at once, app.css when the drawer first opens.
//
// It reads {base}api/v1/requests/{id}?pending=1, where 204 (or 404) means "not stored yet", and of the answer
//   { id, kind, method, path, name, status, started, duration_ns, query_ns,
//     flags: { slow, error, panic },
//     counts: { spans, queries, signals, layers, logs, errors } }
// of which all but id may be missing. A panel is {base}requests/{id}[/{panel}]?fragment=1, HTML.
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
    chart: 'M2.5 13.5h11M4.5 11V8M8 11V3M11.5 11V6',
    close: 'm4 4 8 8M12 4l-8 8',
    grip: 'M6 4v.1M6 8v.1M6 12v.1M10 4v.1M10 8v.1M10 12v.1',
  };
  const WORDS = { ok: 'OK', slow: 'Slow', bad: 'Failed', off: 'Expired' };
  // Panels of the drawer: address, label, count in the answer.
  const PANELS = [
    ['', 'Waterfall', 'spans'], ['sql', 'SQL', 'queries'], ['signals', 'Signals', 'signals'], ['middleware', 'Middleware', 'layers'],
    ['logs', 'Logs', 'logs'], ['exceptions', 'Exceptions', ''], ['request', 'Request', ''],
  ];
  const BAR = [['sql', 'query', 'SQL', 'queries'], ['signals', 'signal', 'Signals', 'signals'], ['middleware', 'layer', 'Layers', 'layers'], ['logs', 'log', 'Logs', 'logs']];

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

  let realFetch, ourFetch, realOpen, ourOpen, realHeader, ourHeader;
  const xhrs = new WeakMap();

  const isHtmx = (input, init) => {
    const h = (init && init.headers) || (input instanceof Request && input.headers);
    return !!h && new Headers(h).has('HX-Request');
  };
  const noteFetch = (res, args) => {
    const id = res.type === 'basic' && res.headers.get(HEADER);
    if (!id) return;
    const [input, init] = args;
    seen(id, {
      type: isHtmx(input, init) ? 'htmx' : 'fetch',
      method: ((init && init.method) || (input instanceof Request && input.method) || 'GET').toUpperCase(),
      path: new URL(res.url).pathname, status: res.status,
    });
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
          if (info && String(args[0]).toLowerCase() === 'hx-request') info.type = 'htmx';
        });
        return out;
      },
    });
    proto.setRequestHeader = ourHeader;
  };
  // What somebody else has wrapped in the meantime cannot be taken out; it then passes calls through.
  const unwatch = () => {
    if (listeners.size || !ourFetch || window.fetch !== ourFetch) return;
    const proto = XMLHttpRequest.prototype;
    if (proto.open !== ourOpen || proto.setRequestHeader !== ourHeader) return;
    window.fetch = realFetch;
    proto.open = realOpen;
    proto.setRequestHeader = realHeader;
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

  class DebugToolbar extends HTMLElement {
    connectedCallback() {
      if (!this.root) this.build();
      this.hear = (id, info) => this.add(id, info);
      watch();
      listeners.add(this.hear);
      if (this.requests.length === 0 && this.getAttribute('record')) {
        this.add(this.getAttribute('record'), { type: 'document', method: '', path: location.pathname });
      }
    }

    disconnectedCallback() {
      listeners.delete(this.hear);
      unwatch();
    }

    build() {
      this.requests = []; // { id, info, data, gone }, the document first
      this.older = 0;
      this.panel = 'signals';
      this.shown = '';
      this.state = storage();
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

    get base() { return this.getAttribute('base') || '/_toolbar/'; }
    get first() { return this.requests.find((r) => r.info.type === 'document') || this.requests[0]; }
    get selected() { return this.requests.find((r) => r.id === this.chosen) || this.first; }
    url(r, panel) { return this.base + 'requests/' + encodeURIComponent(r.id) + (panel ? '/' + panel : ''); }

    async add(id, info) {
      if (this.requests.some((r) => r.id === id)) return;
      const r = { id, info, data: null, gone: false };
      this.requests.push(r);
      if (this.requests.length > MOST) {
        this.requests.splice(1, 1);
        this.older++;
      }
      this.draw();
      r.data = await load(this.base, id);
      r.gone = !r.data;
      this.draw();
    }

    // ---------- figures ----------
    count(r, name) { return (r.data && r.data.counts && r.data.counts[name]) || 0; }
    flag(r, name) { return !!(r.data && r.data.flags && r.data.flags[name]); }
    verdict(r) {
      if (r.gone) return 'off';
      if (this.flag(r, 'error') || this.flag(r, 'panic') || (r.data && r.data.status >= 500) || r.info.status >= 500) return 'bad';
      return this.flag(r, 'slow') ? 'slow' : 'ok';
    }
    problems(r) { return Math.max(this.count(r, 'errors'), this.verdict(r) === 'bad' ? 1 : 0); }

    // ---------- drawing ----------
    draw() {
      const doc = this.first;
      if (!this.styled || this.dragging || !doc || (!doc.data && !doc.gone)) return;
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
      const h = make('button', { class: 'handle', type: 'button', 'aria-expanded': 'false', title: 'Drag to move', 'data-k': 'handle', 'data-side': this.state.side },
        make('span', { class: 'sr', text: 'Go Debug Toolbar: ' }));
      if (doc.gone) h.append(make('span', { class: 'row dim' }, status('off'), 'expired'));
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

    place(h) {
      const y = Math.min(this.state.y ?? 96, Math.max(0, innerHeight - 72));
      h.style.top = y + 'px';
    }

    drag(h) {
      let from = null;
      h.addEventListener('pointerdown', (e) => {
        if (e.button === 0) from = { y: e.clientY - h.getBoundingClientRect().top, sx: e.clientX, sy: e.clientY, moved: false };
      });
      h.addEventListener('pointermove', (e) => {
        if (!from) return;
        if (!from.moved && Math.hypot(e.clientX - from.sx, e.clientY - from.sy) < 5) return;
        if (!from.moved) h.setPointerCapture(e.pointerId);
        from.moved = this.dragging = true;
        this.state.y = Math.max(0, Math.min(innerHeight - h.offsetHeight, e.clientY - from.y));
        this.state.side = e.clientX < innerWidth / 2 ? 'left' : 'right';
        h.dataset.side = this.state.side;
        this.place(h);
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
      const d = doc.data || {};
      const items = [
        make('span', { class: 'grip', 'aria-hidden': 'true' }, icon('grip')),
        make('a', { href: this.url(doc), 'data-k': 'doc', title: 'Open this record in the dashboard', class: 'first' }, status(this.verdict(doc)),
          make('b', { text: doc.gone ? 'expired' : d.status || '' }), ' ' + ((d.method || doc.info.method) + ' ' + (d.path || d.name || doc.info.path)).trim()),
      ];
      if (doc.data) {
        items.push(item('time', '', status(this.flag(doc, 'slow') ? 'slow' : 'ok'), time(d.duration_ns)));
        for (const [panel, kind, label, count] of BAR) {
          const more = panel === 'sql' && d.query_ns ? [' ', make('span', { class: 'dim' }, time(d.query_ns))] : [];
          items.push(item(panel, panel, icon(kind, 'k-' + kind), label + ' ', make('b', { text: this.count(doc, count) }), ...more));
        }
        const n = this.problems(doc);
        items.push(item('exceptions', 'exceptions', icon('exception', n ? 'st-bad' : 'dim'), 'Problems ', make('b', { text: n })));
      }
      const page = make('button', { type: 'button', 'data-k': 'page', 'aria-expanded': String(!!this.drawer) }, icon('request', 'k-request'), 'This page ', make('b', { text: this.requests.length + this.older }));
      if (this.requests.some((r) => r !== doc && this.verdict(r) === 'bad')) page.append(status('bad'));
      page.addEventListener('click', () => this.toggle(this.selected, this.drawer ? null : this.panel));
      const close = make('button', { class: 'icon-only', type: 'button', 'data-k': 'close', 'aria-label': 'Close the toolbar, Escape' }, icon('close'));
      close.addEventListener('click', () => this.open(false));
      items.push(page, make('span', { class: 'grow' }), make('a', { class: 'icon-only', href: this.base, 'aria-label': 'Open the dashboard', title: 'Dashboard' }, icon('chart')), close);
      this.bar.replaceChildren(...items);
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
      this.drawer = make('section', { class: 'drawer', role: 'region', 'aria-label': 'Debug panel' },
        make('div', { class: 'side' }, this.head, this.list), make('div', { class: 'panel' }, this.tabs, this.content));
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
      this.head.replaceChildren(make('h2', { text: 'This page' }), dim(n + (n === 1 ? ' request' : ' requests') + left), make('span', { class: 'grow' }), clear);
      this.list.replaceChildren(...this.requests.map((r) => this.line(r)));
      const r = this.selected;
      this.tabs.replaceChildren(...PANELS.map(([panel, label, count]) => {
        const a = make('a', { href: this.url(r, panel), 'data-k': 'tab-' + panel, 'aria-current': panel === this.panel ? 'true' : null }, label);
        const n = count ? this.count(r, count) : panel === 'exceptions' ? this.problems(r) : 0;
        if (n) a.append(make('span', { class: 'c', text: n }));
        if (panel === 'exceptions' && n) a.append(status('bad'));
        a.addEventListener('click', (e) => this.pick(e, r, panel));
        return a;
      }));
      return this.drawer;
    }

    line(r) {
      const d = r.data || {};
      const code = d.status || r.info.status || '';
      const path = make('span', { class: 'path', title: d.path || r.info.path }, dim(d.method || r.info.method), ' ' + (d.path || r.info.path));
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
      const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (!by || !this.drawer || !this.tabs.contains(this.root.activeElement)) return;
      e.preventDefault();
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

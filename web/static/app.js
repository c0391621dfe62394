// The dashboard's script. Every page can be read without it; it adds the theme, live rows, keys and copying.
// It is loaded without defer, so that the theme is set before anything is drawn.
(() => {
  'use strict';

  // ---------- what is remembered ----------
  const remember = (key, value) => {
    try {
      if (value === undefined) return localStorage.getItem('debugtoolbar.' + key) || '';
      if (value) localStorage.setItem('debugtoolbar.' + key, value);
      else localStorage.removeItem('debugtoolbar.' + key);
    } catch { /* storage may be forbidden: then nothing is remembered */ }
    return '';
  };

  const root = document.documentElement;
  const setTheme = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  setTheme(remember('theme'));

  const $ = (sel, in_ = document) => in_.querySelector(sel);
  const $$ = (sel, in_ = document) => [...in_.querySelectorAll(sel)];
  const make = (tag, props, ...children) => {
    const e = Object.assign(document.createElement(tag), props);
    e.append(...children);
    return e;
  };

  const toast = (text) => {
    const slot = $('.toast-slot');
    if (!slot) return;
    slot.replaceChildren(make('div', { className: 'toast', textContent: text }));
    setTimeout(() => slot.replaceChildren(), 2500);
  };

  // ---------- theme ----------
  const themeSwitch = () => {
    const box = $('[data-theme-switch]');
    if (!box) return;
    const show = () => {
      for (const b of $$('button', box)) b.setAttribute('aria-pressed', String(b.value === remember('theme')));
    };
    box.addEventListener('click', (e) => {
      const b = e.target.closest('button');
      if (!b) return;
      remember('theme', b.value);
      setTheme(b.value);
      show();
    });
    show();
    box.hidden = false;
  };

  // ---------- times in the viewer's zone ----------
  // The page has them in the server's; the exact one, with both zones, is on hover.
  const two = (n) => String(n).padStart(2, '0');
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const localText = (text, d) => {
    const clock = two(d.getHours()) + ':' + two(d.getMinutes());
    const m = /^(\d+ [A-Z][a-z]{2} )?\d\d:\d\d(:\d\d)?(\.\d{3})?$/.exec(text);
    if (!m) return /^\d+ [A-Z][a-z]{2}$/.test(text) ? d.getDate() + ' ' + months[d.getMonth()] : text;
    const ms = String(d.getMilliseconds()).padStart(3, '0');
    const other = d.toDateString() !== new Date().toDateString();
    return (m[1] || (other && m[2]) ? d.getDate() + ' ' + months[d.getMonth()] + ' ' : '') + clock + (m[2] ? ':' + two(d.getSeconds()) : '') + (m[3] ? '.' + ms : '');
  };
  const localTimes = (in_) => {
    for (const t of $$('time[datetime], text[data-time]', in_)) {
      if (t.dataset.local) continue;
      t.dataset.local = '1';
      const d = new Date(t.getAttribute('datetime') || t.dataset.time);
      if (isNaN(d)) continue;
      t.textContent = localText(t.textContent.trim(), d);
      if (t.localName === 'time') t.title = d.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' }) + '\n' + d.toISOString();
    }
  };

  // ---------- rows of links that scroll sideways ----------
  // On a phone they are longer than the window: the one that is open comes into view, and nothing else moves.
  const showCurrent = () => {
    for (const a of $$('.tabs [aria-current], .nav nav [aria-current]')) {
      const row = a.closest('.tabs, .nav');
      const by = a.getBoundingClientRect(), of = row.getBoundingClientRect();
      row.scrollLeft += by.left - of.left - (of.width - by.width) / 2;
    }
  };

  // ---------- copy ----------
  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
      toast('Copied ' + what);
    } catch {
      toast('The browser did not allow copying');
    }
  };
  const showCopy = (in_) => {
    for (const b of $$('[data-copy], [data-copy-text]', in_)) b.hidden = false;
  };
  document.addEventListener('click', (e) => {
    const form = e.target.closest('[data-copy-href]');
    if (form && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      e.preventDefault();
      fetch(form.href).then((res) => (res.ok ? res.text() : Promise.reject(res)))
        .then((text) => copy(text, form.textContent), () => toast('This record cannot be written so'));
      form.closest('details').open = false;
      return;
    }
    const b = e.target.closest('[data-copy], [data-copy-text]');
    if (!b) return;
    if (b.dataset.copyText) copy(b.dataset.copyText, b.dataset.copyText);
    else {
      const pre = $(b.dataset.copy, b.parentElement);
      copy(pre.textContent, pre.getAttribute('aria-label') || 'the text');
    }
  });

  // ---------- waterfall: collapse ----------
  const closed = new Set();
  const collapse = () => {
    for (const tr of $$('table[data-collapse] tbody tr')) {
      tr.hidden = tr.dataset.under.split(' ').some((i) => closed.has(i));
    }
  };
  const twist = (button, open) => {
    const row = button.closest('tr');
    if (open === undefined) open = closed.has(row.dataset.row);
    if (open) closed.delete(row.dataset.row);
    else closed.add(row.dataset.row);
    button.setAttribute('aria-expanded', String(open));
    button.setAttribute('aria-label', (open ? 'Collapse ' : 'Expand ') + $('.name a', row).textContent.trim());
    collapse();
  };
  document.addEventListener('click', (e) => {
    const b = e.target.closest('[data-twist]');
    if (b) twist(b);
  });

  // ---------- rows: move and open ----------
  const rows = () => $$('table.rows tbody tr, table.wf tbody tr').filter((tr) => !tr.hidden);
  let at = null;
  const select = (tr) => {
    if (at) at.removeAttribute('aria-selected');
    at = tr;
    if (!tr) return;
    tr.setAttribute('aria-selected', 'true');
    tr.scrollIntoView({ block: 'nearest' });
  };
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const i = all.indexOf(at);
    select(all[i < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, i + by))]);
  };

  // ---------- rows: tick, compare ----------
  const marks = () => {
    const form = $('form[data-marks]');
    if (!form) return;
    const show = () => {
      const n = $$('input[name=id]:checked', form).length;
      $('.markbar', form).toggleAttribute('data-none', n === 0);
      $('[data-marked]', form).textContent = n === 0 ? 'Tick rows to' : n + ' ticked:';
      for (const b of $$('button[name=do]', form)) b.disabled = b.value === 'compare' ? n !== 2 : n === 0;
    };
    form.addEventListener('change', show);
    show();
  };
  const tick = () => {
    const box = at && $('input[name=id]', at);
    if (box) box.click();
  };
  const compareTwo = () => {
    const b = $('form[data-marks] button[value=compare]');
    if (b && !b.disabled) b.click();
  };

  // ---------- filter: what can come next ----------
  const completion = () => {
    const input = $('input[data-complete]');
    if (!input) return;
    const list = make('ul', { className: 'completions', id: 'completions', hidden: true });
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'Ways to go on');
    input.parentElement.append(list);
    for (const [k, v] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-controls', 'completions'], ['aria-expanded', 'false']]) input.setAttribute(k, v);
    let found = [], chosen = -1, turn = 0;
    const bytes = (text) => new TextEncoder().encode(text);
    const show = () => {
      list.hidden = !found.length;
      input.setAttribute('aria-expanded', String(!list.hidden));
      list.replaceChildren(...found.map((c, i) => {
        const li = make('li', { id: 'completion-' + i }, make('b', { textContent: c.text }), make('span', { textContent: c.doc || '' }));
        li.setAttribute('role', 'option');
        li.setAttribute('aria-selected', String(i === chosen));
        return li;
      }));
      if (chosen >= 0) {
        input.setAttribute('aria-activedescendant', 'completion-' + chosen);
        list.children[chosen].scrollIntoView({ block: 'nearest' });
      } else input.removeAttribute('aria-activedescendant');
    };
    const close = () => { found = []; chosen = -1; turn++; show(); };
    const ask = async () => {
      const mine = ++turn;
      const url = new URL(input.dataset.complete, location.href);
      url.searchParams.set('q', input.value);
      url.searchParams.set('at', bytes(input.value.slice(0, input.selectionStart)).length);
      try {
        const res = await fetch(url);
        const answer = res.ok ? (await res.json()).completions : [];
        if (mine !== turn) return;
        found = answer;
        chosen = -1;
        show();
      } catch { /* the server is gone: the filter can be typed without help */ }
    };
    const take = (c) => {
      const text = bytes(input.value), dec = new TextDecoder();
      const before = dec.decode(text.slice(0, c.from)) + c.text;
      input.value = before + dec.decode(text.slice(c.to));
      input.setSelectionRange(before.length, before.length);
      ask();
    };
    input.addEventListener('input', ask);
    input.addEventListener('focus', ask);
    input.addEventListener('blur', () => setTimeout(close, 150));
    list.addEventListener('pointerdown', (e) => {
      const i = [...list.children].indexOf(e.target.closest('li'));
      if (i < 0) return;
      e.preventDefault();
      take(found[i]);
    });
    input.addEventListener('keydown', (e) => {
      if (list.hidden || e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
        chosen = (chosen + (e.key === 'ArrowDown' ? 1 : -1) + found.length + (chosen < 0 && e.key === 'ArrowUp' ? 1 : 0)) % found.length;
        show();
      } else if ((e.key === 'Enter' || e.key === 'Tab') && chosen >= 0) take(found[chosen]);
      else if (e.key === 'Escape') close();
      else return;
      e.preventDefault();
      e.stopPropagation();
    });
  };

  // ---------- live ----------
  // Text from the stream becomes nodes of another document first: nothing in it runs, and only rows and
  // icons are taken over.
  const parse = (html) => new DOMParser().parseFromString('<table><tbody>' + html + '</tbody></table>', 'text/html');
  const takeIcons = (doc) => {
    const sprite = $('svg.sprite defs');
    if (!sprite) return;
    for (const s of $$('svg.sprite symbol', doc)) {
      if (!document.getElementById(s.id)) sprite.append(document.importNode(s, true));
    }
  };

  const live = {
    paused: false,
    since: null,
    held: new Map(), // rows that wait to be shown, oldest first, by id
    lost: 0,
    source: null,
    region: null,

    start() {
      this.button = $('[data-live-toggle]');
      if (!this.button) return;
      this.paused = this.button.getAttribute('aria-pressed') === 'false';
      this.region = $('[data-live]');
      if (this.region) this.startRows();
      else this.startRefresh();
      this.show();
    },

    toggle() {
      if (!this.button) return;
      this.paused = !this.paused;
      this.since = this.paused ? new Date() : null;
      if (!this.paused) {
        select(null);
        window.scrollTo(0, 0);
        this.flush();
      }
      this.show();
    },

    show() {
      if (!this.button) return;
      this.button.setAttribute('aria-pressed', String(!this.paused));
      const label = $('[data-live-label]', this.button);
      if (label) label.textContent = this.paused ? 'Resume' : 'Live';
      const bar = this.region && $('[data-live-bar]', this.region);
      if (!bar) return;
      const n = this.held.size + this.lost;
      bar.hidden = n === 0;
      const when = this.since ? 'Paused at ' + this.since.toTimeString().slice(0, 8) + '. ' : '';
      $('[data-live-show]', bar).textContent = when + 'Show ' + n.toLocaleString('en') + ' newer';
    },

    // A list whose rows are being read must not move.
    reading() {
      const top = $('table', this.region).getBoundingClientRect().top;
      return this.paused || at !== null || top < 0;
    },

    startRows() {
      this.body = $('[data-live-rows]', this.region);
      this.most = Math.max(50, this.body.rows.length);
      $('[data-live-show]', this.region).addEventListener('click', () => {
        select(null);
        this.flush();
      });
      document.addEventListener('visibilitychange', () => this.connect());
      this.connect();
      setInterval(() => { if (this.held.size && !this.reading()) this.flush(); }, 250);
    },

    // A hidden page gives its place in the stream back: the server has only a few.
    connect() {
      if (this.source) this.source.close();
      this.source = null;
      if (document.hidden) return;
      const url = new URL(this.region.dataset.live, location.href);
      const first = this.body.rows[0];
      const newest = [...this.held.keys()].pop() || (first && first.dataset.id);
      if (newest) url.searchParams.set('last', newest);
      this.source = new EventSource(url);
      this.source.addEventListener('record', (e) => this.receive(e.data));
    },

    receive(html) {
      const doc = parse(html);
      takeIcons(doc);
      for (const tr of [...doc.querySelectorAll('tr')].reverse()) {
        const old = $('tr[data-id="' + CSS.escape(tr.dataset.id) + '"]', this.body);
        if (old) {
          old.replaceWith(document.importNode(tr, true));
          localTimes(this.body);
          continue;
        }
        this.held.set(tr.dataset.id, tr);
        if (this.held.size > 200) {
          this.held.delete(this.held.keys().next().value);
          this.lost++;
        }
      }
      if (this.reading() && !this.since) this.since = new Date();
      if (this.reading()) this.show();
    },

    flush() {
      if (!this.region) return;
      if (this.lost) { // more than fits: the page itself shows them
        location.assign(location.href);
        return;
      }
      for (const tr of this.held.values()) this.body.prepend(document.importNode(tr, true));
      this.held.clear();
      localTimes(this.body);
      while (this.body.rows.length > this.most) this.body.rows[this.body.rows.length - 1].remove();
      $('table', this.region).classList.remove('none');
      this.scale();
      const empty = $('.empty', this.region.parentElement);
      if (empty && this.body.rows.length) empty.remove();
      if (!this.paused) this.since = null;
      this.show();
    },

    // The bars compare the rows that are shown.
    scale() {
      const all = [...this.body.rows];
      const most = Math.max(1, ...all.map((tr) => Number(tr.dataset.ns)));
      for (const tr of all) {
        const bar = $('.barnum .bar', tr);
        if (!bar) continue;
        const share = Math.min(1, Number(tr.dataset.ns) / most);
        bar.lastElementChild.setAttribute('width', Math.max(1, share * 100).toFixed(2) + '%');
        bar.setAttribute('aria-label', Math.round(share * 100) + ' % of the slowest here');
      }
    },

    // A page without a list is fetched again; what is there stays until the new one has come.
    startRefresh() {
      const refresh = async () => {
        const main = $('main');
        const busy = main.contains(document.activeElement) && document.activeElement !== main
          || [...main.querySelectorAll('textarea')].some((t) => t.value !== t.defaultValue); // what was typed stays
        if (this.paused || document.hidden || at || busy || String(getSelection())) return;
        try {
          const res = await fetch(location.href, { cache: 'no-store' });
          if (!res.ok) return;
          const doc = new DOMParser().parseFromString(await res.text(), 'text/html');
          const next = $('main', doc);
          if (!next || this.paused) return;
          takeIcons(doc);
          // The head keeps its buttons: replacing them would lose the focus and the listener.
          const head = $('.page-head', main);
          for (const n of [...main.children]) if (n !== head) n.remove();
          for (const n of [...next.children]) if (!n.matches('.page-head')) main.append(document.importNode(n, true));
          showCopy(main);
          localTimes(main);
        } catch { /* the server is gone: what is shown stays */ }
      };
      setInterval(refresh, 5000);
    },
  };

  // ---------- a search that ran out of time goes on ----------
  const searchOn = async () => {
    const on = $('[data-search-on]');
    if (!on) return;
    on.textContent = 'Searching on …';
    try {
      const res = await fetch(on.href, { cache: 'no-store' });
      if (!res.ok) throw res;
      const doc = new DOMParser().parseFromString(await res.text(), 'text/html');
      if (at || $('input[name=id]:checked') || !on.isConnected) throw res; // somebody works with these rows
      takeIcons(doc);
      for (const part of ['[data-live-rows]', '.pager', '[data-searched]']) {
        const old = $(part), next = $(part, doc);
        if (old && next) old.replaceWith(document.importNode(next, true));
      }
      const table = $('table.rows'), empty = $('.card > .empty');
      table.classList.toggle('none', !table.tBodies[0].rows.length);
      if (empty && table.tBodies[0].rows.length) empty.remove();
      live.body = live.region && $('[data-live-rows]', live.region);
      localTimes(document);
    } catch {
      on.textContent = 'Search on';
      return;
    }
    searchOn();
  };

  document.addEventListener('click', (e) => {
    if (!e.target.closest('[data-live-toggle]')) return;
    e.preventDefault();
    live.toggle();
  });

  // ---------- keys ----------
  // The list is that of the page of help, which is where "?" leads when it cannot be read.
  const help = async () => {
    let d = $('dialog.keys');
    if (!d) {
      const page = document.body.dataset.base + 'help';
      let list;
      try {
        const res = await fetch(page);
        if (!res.ok) throw res;
        list = $('dl.keys', new DOMParser().parseFromString(await res.text(), 'text/html'));
        list = document.importNode(list, true);
      } catch {
        location.assign(page);
        return;
      }
      if ($('dialog.keys')) return; // pressed twice meanwhile
      const off = make('input', { type: 'checkbox', checked: remember('keys') !== 'off' });
      off.addEventListener('change', () => remember('keys', off.checked ? '' : 'off'));
      const close = make('button', { className: 'btn', type: 'button', textContent: 'Close' });
      close.addEventListener('click', () => d.close());
      d = make('dialog', { className: 'dialog keys' }, make('h2', { textContent: 'Keys' }), list,
        make('label', { className: 'kind' }, off, ' Single-letter keys'), make('div', { className: 'btn-row' }, make('a', { className: 'btn quiet', href: page, textContent: 'More help' }), close));
      document.body.append(d);
    }
    d.showModal();
  };

  const follow = (key) => {
    const a = $('[data-key="' + key + '"]');
    if (a) a.click();
  };
  const fold = (open) => {
    const b = at && $('[data-twist]', at);
    if (b) twist(b, open);
  };
  const letters = {
    '/': () => ($('.filter input[data-complete]') || $('[data-key="/"]')).focus(),
    'j': () => step(1),
    'k': () => step(-1),
    'p': () => live.toggle(),
    'x': tick,
    'c': compareTwo,
    'e': () => follow('e'),
    '[': () => follow('['),
    ']': () => follow(']'),
    '+': () => follow('+'),
    '=': () => follow('+'),
    '-': () => follow('-'),
    '0': () => follow('0'),
    '?': help,
    'Enter': () => { const a = at && $('a[href]:not(.tw)', at); if (a) a.click(); },
    'ArrowLeft': () => fold(false),
    'ArrowRight': () => fold(true),
  };
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
    const t = e.target;
    const typing = t.matches('input, textarea, select, [contenteditable]');
    if (e.key === 'Escape') {
      const menu = $('details.pop[open]');
      if (menu) {
        menu.open = false;
        $('summary', menu).focus();
      } else if (typing) t.blur();
      else if (at) select(null);
      return;
    }
    if (typing || $('dialog[open]')) return;
    if (e.key === 'Enter' && t.closest('a, button, summary')) return;
    if (remember('keys') === 'off' && e.key.length === 1 && e.key !== '?') return;
    const act = letters[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (!act || (e.key.startsWith('Arrow') && !at)) return;
    e.preventDefault();
    act();
  });

  document.addEventListener('DOMContentLoaded', () => {
    themeSwitch();
    showCurrent();
    showCopy(document);
    localTimes(document);
    marks();
    completion();
    live.start();
    searchOn();
  });
})();

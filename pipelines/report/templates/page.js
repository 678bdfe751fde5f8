'use strict';
// The report at work: charts, and the browser of documents. What comes from the data is set as text, never as markup.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);
  const number = (value) => value.toLocaleString('en');
  const percent = (share) => `${Math.round(100 * share)} %`;

  /** An element with its properties (attributes where they have a dash) and children: elements and texts. */
  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.includes('-')) element.setAttribute(name, value);
      else element[name] = value;
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
    return element;
  };

  // ---- a tip beside what it speaks of: under the pointer, at the focus, at the finger
  const tip = byId('tip');
  const hideTip = () => { tip.hidden = true; };
  const showTip = (x, y, ...content) => {
    tip.replaceChildren(...content);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const below = y + 14 + height < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    tip.style.top = `${Math.max(8, below ? y + 14 : y - height - 14)}px`;
  };
  addEventListener('keydown', (event) => { if (event.key === 'Escape') hideTip(); });
  // What has the focus keeps its tip while the page scrolls to it.
  let follows = null;
  addEventListener('scroll', () => { if (follows && !tip.hidden) follows(); else hideTip(); }, { capture: true, passive: true });

  // ---- charts
  const narrow = matchMedia('(max-width: 46rem)');
  const config = {
    background: 'transparent',
    font: 'system-ui, "Segoe UI", "Noto Sans", sans-serif',
    view: { stroke: null },
    axis: {
      labelColor: 'var(--ink-2)', titleColor: 'var(--ink-2)', gridColor: 'var(--grid)', domainColor: 'var(--line)',
      tickColor: 'var(--line)', labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', titlePadding: 8,
      labelLimit: narrow.matches ? 110 : 210,
    },
    axisBand: { ticks: false, domain: false },
    axisQuantitative: { domain: false, ticks: false, tickCount: 5 },
    axisY: { grid: true },
    axisYBand: { grid: false },
    axisXBand: { grid: false },
    text: { color: 'var(--ink)' },
    legend: { labelColor: 'var(--ink)', labelFontSize: 12, columns: narrow.matches ? 3 : 4 },
    scale: { bandPaddingInner: 0.25, bandPaddingOuter: 0.1 },
  };
  const chartTip = (handler, event, item, value) => {
    if (value === null || value === undefined || value === '') { hideTip(); return; }
    const fields = Object.entries(typeof value === 'object' ? value : { '': value });
    showTip(event.clientX, event.clientY, ...fields.map(([name, said], at) => (
      at ? make('div', {}, make('span', {}, name), make('span', {}, String(said))) : make('b', {}, String(said)))));
  };
  const draw = async () => {
    for (const [id, spec] of Object.entries(data.charts)) {
      const place = byId(`chart-${id}`);
      if (!place) continue;
      try {
        await vegaEmbed(place, spec, {
          ast: true, actions: false, defaultStyle: false, renderer: 'svg', tooltip: chartTip, config, mode: 'vega-lite',
        });
        place.dataset.drawn = 'true';
      } catch (error) {
        place.textContent = 'This chart could not be drawn; its numbers stand below it.';
        console.error(error);
      }
    }
    document.documentElement.dataset.charts = 'drawn';
  };

  // ---- the theme
  const theme = byId('theme');
  if (theme) {
    const themes = ['auto', 'light', 'dark'];
    theme.hidden = false;
    theme.addEventListener('click', () => {
      const next = themes[(themes.indexOf(document.documentElement.dataset.theme ?? 'auto') + 1) % themes.length];
      if (next === 'auto') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      theme.textContent = `Theme: ${next}`;
    });
  }

  // ---- documents
  const plain = (text) => text.normalize('NFC').toLowerCase();
  const documents = data.documents.map((one) => {
    const lines = one.lines ?? [];
    const said = lines.flatMap((line) => line[2] ?? []);
    return {
      ...one,
      lines,
      flags: one.flags ?? [],
      rules: new Set(said.filter((reason) => reason[2]).map((reason) => data.reasons[reason[0]].rule)),
      words: plain([one.id, one.title, one.site, one.url, one.file, ...lines.map((line) => line[1])].join('\n')),
    };
  });
  const known = new Map(documents.map((one) => [one.id, one]));
  const inputs = ['search', 'fate', 'flag', 'language', 'rule'];
  const input = (name) => byId(name === 'search' ? name : `filter-${name}`);
  const facets = {
    fate: (one) => [one.fate],
    flag: (one) => one.flags.map((flag) => flag[0]),
    language: (one) => (one.language ? [one.language] : []),
    rule: (one) => [...one.rules, ...(one.rule ? [one.rule] : [])],
  };
  const orders = {
    given: () => 0,
    lost: (a, b) => (b.lost ?? 0) - (a.lost ?? 0),
    doubt: (a, b) => (a.doubt ?? 2) - (b.doubt ?? 2),
    lines: (a, b) => (b.droppedLines ?? 0) - (a.droppedLines ?? 0),
    newest: (a, b) => (b.published ?? '').localeCompare(a.published ?? ''),
  };
  let current = null;
  let view = narrow.matches ? 'marked' : 'sides';

  const fill = () => {
    for (const [name, values] of Object.entries(facets)) {
      const counts = new Map();
      for (const one of documents) for (const value of new Set(values(one))) counts.set(value, (counts.get(value) ?? 0) + 1);
      const options = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      input(name).append(new Option('all', ''), ...options.map(([value, count]) => new Option(`${value} (${count})`, value)));
    }
  };

  const find = () => {
    const words = plain(input('search').value).split(/\s+/).filter(Boolean);
    const wanted = Object.entries(facets).map(([name, values]) => [input(name).value, values]);
    return documents
      .filter((one) => words.every((word) => one.words.includes(word)))
      .filter((one) => wanted.every(([value, values]) => !value || values(one).includes(value)))
      .sort(orders[byId('order').value]);
  };

  const list = () => {
    const found = find();
    byId('found').textContent = `${number(found.length)} of ${number(documents.length)} documents in the sample`;
    byId('results').replaceChildren(...found.map((one) => {
      const about = [one.language, one.site, one.lost ? `${percent(one.lost)} left out` : null,
        one.fate === 'published' ? null : one.fate, ...one.flags.map((flag) => flag[0])].filter(Boolean).join(' · ');
      const button = make('button', { type: 'button' },
        make('span', { className: 'name', dir: 'auto' }, one.title ?? one.id), make('span', { className: 'about' }, about));
      button.dataset.id = one.id;
      button.setAttribute('aria-current', String(one === current));
      button.addEventListener('click', () => { history.replaceState(null, '', `#doc=${one.id}`); show(one, true); });
      return make('li', {}, button);
    }));
    if (!current || !found.includes(current)) show(found[0] ?? null, false);
  };

  const reason = (said) => {
    const { rule, label } = data.reasons[said[0]];
    return { rule, label, evidence: said[1] };
  };
  const inWords = (said) => {
    const { rule, label, evidence } = reason(said);
    return `${label}, says ${rule}${evidence ? `: ${evidence}` : ''}`;
  };

  /** The words of a line, or its length where the page has no text. */
  const words = (line) => (typeof line[1] === 'number'
    ? make('span', { className: 'length' }, `${number(line[1])} characters`) : line[1]);

  const dropped = (line, id) => {
    const [first, ...others] = line[2].map(reason);
    const mark = make('span', { className: 'drop', tabIndex: -1, 'aria-describedby': id }, make('del', {}, words(line)));
    const say = () => {
      const box = mark.getBoundingClientRect();
      showTip(box.left, Math.min(box.bottom, innerHeight) - 8, make('b', {}, first.label), first.rule,
        ...(first.evidence ? [make('br'), first.evidence] : []),
        ...others.flatMap((one) => [make('br'), `also ${one.label}, ${one.rule}`]));
    };
    mark.addEventListener('mouseenter', say);
    mark.addEventListener('focus', () => { follows = say; say(); });
    mark.addEventListener('mouseleave', hideTip);
    mark.addEventListener('blur', () => { follows = null; hideTip(); });
    return mark;
  };

  /** The lines as a table: before and after beside each other, or one column with what left struck through. */
  const table = (one) => {
    const sides = view === 'sides';
    const after = view === 'after';
    const head = make('tr', {}, make('th', { scope: 'col', className: 'at' }, make('span', { className: 'visually-hidden' }, 'line')),
      make('th', { scope: 'col' }, sides ? 'before' : after ? 'after' : 'before, with what left struck through'),
      ...(sides ? [make('th', { scope: 'col' }, 'after')] : []));
    const body = make('tbody');
    let last = null;
    for (const line of one.lines) {
      if (one.linesCut && last !== null && line === one.lines[Math.floor(one.lines.length / 2)]) {
        body.append(make('tr', { className: 'gap' }, make('td', { colSpan: sides ? 3 : 2 }, `${number(one.linesCut)} lines are not shown here`)));
      }
      last = line;
      const gone = line[2]?.some((said) => said[2]);
      if (gone && after) continue;
      const row = make('tr', { className: gone ? 'dropped' : '' }, make('td', { className: 'at' }, String(line[0])));
      const text = make('td', { className: 'before', dir: 'auto' });
      if (one.language && /^[A-Za-z-]{2,15}$/.test(one.language)) text.lang = one.language;
      if (gone) {
        const id = `why-${line[0]}`;
        const said = line[2].map(inWords).join('; also ');
        text.append(dropped(line, id), make('span', { id, className: 'visually-hidden' }, ` Left out: ${said}.`));
        row.append(text);
        if (sides) row.append(make('td', { className: 'because', 'aria-hidden': 'true' }, `${reason(line[2][0]).label} · ${reason(line[2][0]).rule}`));
      } else {
        const remarks = (line[2] ?? []).map((said) => make('span', { className: 'remark' }, inWords(said)));
        text.append(words(line));
        row.append(text);
        if (sides) {
          const kept = text.cloneNode(true);
          kept.className = 'after';
          row.append(kept);
        }
        text.append(...(after ? [] : remarks));
      }
      body.append(row);
    }
    return make('table', { className: 'lines' }, make('thead', {}, head), body);
  };

  const fact = (name, value) => (value === undefined || value === null || value === ''
    ? [] : [make('div', {}, make('dt', {}, name), make('dd', { dir: 'auto' }, String(value)))]);

  const show = (one, move) => {
    current = one;
    hideTip();
    for (const button of byId('results').querySelectorAll('button')) {
      button.setAttribute('aria-current', String(button.dataset.id === one?.id));
    }
    const pane = byId('document');
    if (!one) { pane.replaceChildren(make('p', { className: 'note' }, 'No document of the sample is like that.')); return; }
    const views = make('fieldset', { className: 'views' }, make('legend', {}, 'Show '),
      ...[['sides', 'before beside after'], ['marked', 'one column'], ['after', 'after']].map(([value, label]) => {
        const radio = make('input', { type: 'radio', name: 'view', value, checked: value === view });
        radio.addEventListener('change', () => { view = value; pane.querySelector('.lines').replaceWith(table(one)); rove(); });
        return make('label', {}, radio, ` ${label}`);
      }));
    const why = one.fate === 'published' ? null : make('p', { className: 'flag' },
      `${one.fate}: ${one.rule ?? ''}${one.why ? (one.fate === 'duplicate' ? `, ${one.why} stands for it` : `, ${one.why}`) : ''}`);
    pane.replaceChildren(
      make('h3', { dir: 'auto' }, one.title ?? one.id),
      make('dl', { className: 'facts' },
        ...fact('doc_id', one.id), ...fact('site', one.site), ...fact('url', one.url), ...fact('file', one.file),
        ...fact('language', one.language && `${one.language}${one.confidence === undefined ? '' : ` (${one.confidence})`}`),
        ...fact('published', one.published), ...fact('charset', one.encoding), ...fact('repaired', one.repairs?.join(', ')),
        ...fact('characters', one.chars === undefined ? null : `${number(one.chars)} of ${number(one.sourceChars ?? one.chars)}`),
        ...fact('left out', one.lost === undefined ? null : percent(one.lost)), ...fact('lines dropped', one.droppedLines)),
      ...(why ? [why] : []),
      ...one.flags.map((flag) => make('p', { className: 'flag' }, make('b', {}, flag[0]), flag[1] ? `: ${flag[1]}` : '')),
      views, table(one));
    pane.scrollTop = 0;
    rove();
    if (move) {
      pane.focus({ preventScroll: true });
      if (narrow.matches) pane.scrollIntoView({ block: 'start' });
    }
  };

  // Of the dropped lines one is in the order of tabs; arrows go to the others.
  const rove = () => { const first = byId('document').querySelector('.drop'); if (first) first.tabIndex = 0; };
  byId('document').addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.classList.contains('drop')) return;
    const marks = [...byId('document').querySelectorAll('.drop')];
    const next = marks[marks.indexOf(event.target) + step];
    event.preventDefault();
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  const follow = () => {
    const one = known.get(location.hash.startsWith('#doc=') ? location.hash.slice(5) : '');
    if (!one) return;
    byId('filters').reset();
    current = one;
    list();
    byId('documents').scrollIntoView();
    show(one, true);
    byId('results').querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
  };

  if (documents.length) {
    byId('browser').hidden = false;
    fill();
    for (const name of inputs) input(name).addEventListener('input', list);
    byId('order').addEventListener('input', list);
    byId('filters').addEventListener('submit', (event) => event.preventDefault());
    byId('filters').addEventListener('reset', () => setTimeout(list));
    list();
    addEventListener('hashchange', follow);
    follow();
  }
  draw();
})();

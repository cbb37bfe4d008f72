'use strict';
// The studio: an editor, the views of a trace, comparisons. What is shown is in the address: a link shows it again.
(() => {
  const { el } = Staleline;
  const $ = (id) => document.getElementById(id);
  const root = $('viewer');
  const status = $('status');
  let start = null;
  let film = null;
  let shownText = '';
  let asked = 0;

  // MARK: Asking

  async function ask(action, text, more = {}) {
    const query = new URLSearchParams({ machine: $('machine').value, kernel: $('kernel').value, ...more });
    const response = await fetch(`/api/${action}?${query}`, { method: 'POST', body: text, headers: { 'Content-Type': 'text/plain' } });
    const answer = await response.json().catch(() => ({ reason: `the answer ${response.status} is no JSON` }));
    return { ok: response.ok, answer };
  }
  function say(text, isBad = false) {
    status.textContent = text;
    status.title = text;
    status.classList.toggle('bad', isBad);
  }

  // MARK: The editor

  const area = el('textarea', { spellcheck: false, autocomplete: 'off', wrap: 'off', 'aria-label': 'The trace; Escape leaves the editor', 'aria-describedby': 'faults' });
  const gutter = el('div', { class: 'gutter', 'aria-hidden': 'true' });
  const beam = el('div', { class: 'beam', hidden: true });
  const faults = el('ol', { class: 'faults', id: 'faults', 'aria-live': 'polite', 'aria-label': 'What is wrong with the trace' });
  const editor = el('div', { class: 'editor' }, el('div', { class: 'sheet' }, beam, gutter, area), faults);
  const LINE = 19;
  let badLines = new Set();

  function number() {
    const count = area.value.split('\n').length;
    const found = new Set(film ? film.findings.map((one) => one.line) : []);
    if (gutter.childElementCount !== count) gutter.replaceChildren(...Array.from({ length: count }, (_, index) => el('div', {}, String(index + 1))));
    const isShown = area.value === shownText;
    const now = isShown ? currentLine() : 0;
    [...gutter.children].forEach((row, index) => {
      const name = `${badLines.has(index + 1) ? 'bad ' : ''}${now === index + 1 ? 'now ' : ''}${found.has(index + 1) && isShown ? 'found' : ''}`;
      if (row.className !== name) row.className = name;
    });
    placeBeam(now);
  }
  function currentLine() {
    const viewer = Staleline.current;
    if (!viewer || viewer.film.state.position === 0) return 0;
    return viewer.film.moment(viewer.film.state.position - 1).line;
  }
  function placeBeam(line) {
    beam.hidden = !line;
    if (line) beam.style.top = `${6 + (line - 1) * LINE - area.scrollTop}px`;
    gutter.scrollTop = area.scrollTop;
  }
  area.addEventListener('scroll', () => placeBeam(area.value === shownText ? currentLine() : 0));
  area.addEventListener('keydown', (event) => { if (event.key === 'Escape') { root.focus(); event.preventDefault(); } });

  function showFaults(errors, omitted = 0) {
    badLines = new Set(errors.map((one) => one.line));
    faults.replaceChildren(...errors.map((one) => el('li', {}, el('button', { type: 'button', onclick: () => select(one.line, one.column) },
      el('b', {}, one.line ? `line ${one.line}${one.column ? ':' + one.column : ''}` : 'trace'), ` found ${one.found}, expected ${one.expected}`, one.hint ? `; ${one.hint}` : ''))),
    ...(omitted ? [el('li', {}, `and ${omitted} more`)] : []));
    number();
  }
  function select(line, column) {
    const lines = area.value.split('\n');
    if (line < 1) return;
    const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.focus();
    area.setSelectionRange(before + Math.max(0, column - 1), before + (lines[line - 1] || '').length);
    area.scrollTop = Math.max(0, (line - 4) * LINE);
  }

  let typing = null;
  area.addEventListener('input', () => {
    $('example').value = '';
    number();
    root.classList.toggle('stale-film', area.value !== shownText);
    clearTimeout(typing);
    typing = setTimeout(check, 250);
  });
  async function check() {
    const text = area.value;
    const ticket = ++asked;
    try {
      const { ok, answer } = await ask('check', text);
      if (ticket !== asked) return;
      if (ok) { showFaults([]); say(text === shownText ? '' : `${answer.statements} statements on ${answer.machine}, kernel ${answer.kernel}: Ctrl+Enter runs them`); return; }
      refuse(answer);
    } catch (error) { say(`the server does not answer: ${error.message}`, true); }
  }
  function refuse(answer) {
    const errors = answer.errors || [{ line: 0, column: 0, found: 'a refusal', expected: answer.reason || 'an answer' }];
    showFaults(errors, answer.omitted || 0);
    const first = errors[0];
    say(answer.errors ? `${errors.length}${answer.omitted ? '+' : ''} fault${errors.length > 1 ? 's' : ''}: line ${first.line}: found ${first.found}` : answer.reason, true);
  }

  // MARK: Running

  async function run(position = 0) {
    const text = area.value;
    const ticket = ++asked;
    clearTimeout(typing);
    say('running…');
    const hadFocus = document.activeElement === area;
    const [from, to, top] = [area.selectionStart, area.selectionEnd, area.scrollTop];
    try {
      const { ok, answer } = await ask('run', text);
      if (ticket !== asked) return;
      if (!ok) { refuse(answer); return; }
      film = answer;
      shownText = text;
      root.classList.remove('stale-film');
      Staleline.open(root, film, { position, hasHead: false, editor, onmove: moved });
      showFaults([]);
      area.scrollTop = top;
      if (hadFocus) { area.focus(); area.setSelectionRange(from, to); }
      number();
      const count = film.findings.length;
      say(`${film.machine}, kernel ${film.kernel}: ${film.steps.length} steps, ${count} finding${count === 1 ? '' : 's'}`);
    } catch (error) { say(`cannot be run: ${error.message}`, true); }
  }
  function moved() {
    const line = currentLine();
    if (line && document.activeElement !== area) area.scrollTop = Math.max(0, (line - 1) * LINE - area.clientHeight / 2);
    if (!line && Staleline.current && Staleline.current.film.state.position === 0) area.scrollTop = 0;
    number();
    remember();
  }

  // MARK: Links

  async function packed(text) {
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    let binary = '';
    bytes.forEach((byte) => { binary += String.fromCharCode(byte); });
    return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }
  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
    // What a link holds may be anybody's: no more is unpacked than may be uploaded.
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > start.limit) { await reader.cancel(); throw new Error(`the link holds more than ${start.limit} bytes`); }
      parts.push(value);
    }
    return new Blob(parts).text();
  }
  let remembering = null;
  function remember() {
    clearTimeout(remembering);
    remembering = setTimeout(async () => { history.replaceState(null, '', '#' + await fragment()); }, 300);
  }
  async function fragment() {
    const position = Staleline.current ? Staleline.current.film.state.position : 0;
    const parts = new URLSearchParams();
    const example = start.examples.find((one) => one.text === shownText);
    if (example) parts.set('e', example.name); else parts.set('t', await packed(shownText));
    if ($('machine').value) parts.set('m', $('machine').value);
    if ($('kernel').value) parts.set('k', $('kernel').value);
    parts.set('p', String(position));
    return parts.toString();
  }
  async function fromLink() {
    const parts = new URLSearchParams(location.hash.slice(1));
    $('machine').value = parts.get('m') || '';
    $('kernel').value = parts.get('k') || '';
    if ($('machine').selectedIndex < 0) $('machine').value = '';
    if ($('kernel').selectedIndex < 0) $('kernel').value = '';
    let text = null;
    if (parts.has('t')) {
      try { text = await unpacked(parts.get('t')); } catch (error) { say(`the link cannot be read: ${error.message}`, true); }
    } else if (parts.has('e')) text = (start.examples.find((one) => one.name === parts.get('e')) || {}).text;
    if (text === null || text === undefined) text = start.examples.length ? start.examples[0].text : 'staleline 1\n';
    setText(text);
    await run(Number(parts.get('p')) || 0);
  }
  function setText(text) {
    area.value = text;
    area.scrollTop = 0;
    const example = start.examples.find((one) => one.text === text);
    $('example').value = example ? example.name : '';
    number();
  }

  // MARK: Comparing

  function table(data, caption) {
    const cell = (tag, text, column) => el(tag, { class: data.numbers[column] ? 'number' : '', scope: tag === 'th' ? 'col' : null }, text);
    return el('div', { class: 'wide', tabIndex: 0, role: 'region', 'aria-label': caption }, el('table', {}, el('caption', {}, caption),
      el('thead', {}, el('tr', {}, data.head.map((text, column) => cell('th', text, column)))),
      el('tbody', {}, data.rows.map((row) => el('tr', { class: row.some((text) => text.startsWith('WRONG')) ? 'wrong' : '' }, row.map((text, column) => cell('td', text, column)))))));
  }
  async function compare(action) {
    show('compare');
    const buttons = [$('compare-run'), $('sweep-run')];
    buttons.forEach((one) => { one.disabled = true; });
    say(action === 'sweep' ? 'sweeping…' : 'comparing…');
    try {
      const { ok, answer } = await ask(action, area.value);
      if (!ok) {
        refuse(answer);
        $('conclusion').hidden = false;
        $('conclusion').textContent = status.textContent;
        $('chart').hidden = true;
        $('tables').replaceChildren();
        return;
      }
      $('conclusion').hidden = false;
      $('conclusion').textContent = answer.conclusion;
      $('chart').hidden = false;
      $('chart').replaceChildren(el('img', { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(answer.chart)}`, alt: `The chart of the table below. ${answer.conclusion}` }));
      $('tables').replaceChildren(table(answer.costs, action === 'sweep' ? 'Time of a transfer in µs; * the fastest' : 'What each strategy costs (times in µs)'), ...(answer.causes ? [table(answer.causes, "Core 0's time by cause (µs)")] : []));
      $('compare-hint').hidden = true;
      say('compared');
    } catch (error) { say(`cannot be compared: ${error.message}`, true); } finally { buttons.forEach((one) => { one.disabled = false; }); }
  }

  // MARK: Lessons

  async function openLesson(name) {
    say('opening the lesson…');
    const { ok, answer } = await ask('lesson', '', { lesson: name, machine: '', kernel: '' });
    if (!ok) { refuse(answer); return; }
    say('');
    for (const button of $('lesson-list').querySelectorAll('button')) button.setAttribute('aria-current', String(button.dataset.name === name));
    const load = (text, label) => el('button', { type: 'button', onclick: () => { $('machine').value = ''; $('kernel').value = ''; setText(text); show('steps'); run(); } }, label);
    $('lesson').replaceChildren(el('h2', {}, answer.title), ...lessonPage(answer.page),
      el('div', { class: 'actions' }, load(answer.trace, 'Step through its trace'), answer.breaks.map((one) => load(one.trace, `Break it: without ${one.label}`))),
      ...answer.questions.map((question, index) => lessonQuestion(answer.name, question, index + 1, load)));
  }
  /** A page's lines: words as paragraphs, blocks as they are. */
  function lessonPage(lines) {
    const parts = [];
    let block = null;
    for (const [kind, text] of lines) {
      if (kind !== 'block') block = null;
      if (kind === 'heading') parts.push(el('h3', {}, text));
      else if (kind === 'block') { if (!block) { block = el('pre', { tabIndex: 0 }); parts.push(block); } block.append(text.replace(/^ {4}/, '') + '\n'); }
      else if (text === '') parts.push(null);
      else if (parts.length && parts[parts.length - 1] && parts[parts.length - 1].tagName === 'P') parts[parts.length - 1].append('\n' + text);
      else parts.push(el('p', {}, text));
    }
    // What stands between back quotes is part of a trace, or what the program says.
    for (const part of parts) {
      if (!part || part.tagName !== 'P') continue;
      part.replaceChildren(...part.textContent.split(/`([^`]+)`/).map((piece, index) => index % 2 ? el('code', {}, piece) : piece));
    }
    // The title stands above.
    return parts.filter(Boolean).slice(1);
  }
  function lessonQuestion(lesson, question, number, load) {
    const verdict = el('p', { class: 'grade', role: 'status' });
    const words = el('input', { type: 'text', 'aria-label': `Your answer: ${question.answer}`, maxLength: 200 });
    const judge = async () => {
      verdict.textContent = 'judging…';
      const { ok, answer } = await ask('grade', question.isTrace ? area.value : words.value + '\n', { lesson, question: number });
      verdict.className = `grade ${ok && answer.isRight ? 'right' : 'wrong'}`;
      verdict.textContent = ok ? `${answer.isRight ? '✓ Right.' : '✕'} ${answer.reasons.join('\n')}` : answer.reason || answer.errors.map((one) => `line ${one.line}: found ${one.found}, expected ${one.expected}`).join('\n');
    };
    return el('section', { class: 'question', 'aria-label': `Question ${number}` }, el('h3', {}, `Question ${number}: ${question.title}`), el('p', {}, question.ask), el('p', { class: 'soft' }, `Answer: ${question.answer}.`),
      el('div', { class: 'actions' }, load(question.trace, 'Load the trace'), question.isTrace ? null : words,
        el('button', { type: 'button', class: 'primary', onclick: judge }, question.isTrace ? 'Judge the trace in the editor' : 'Judge')),
      verdict, ...question.hints.map((hint, index) => el('details', {}, el('summary', {}, `Hint ${index + 1}`), el('p', {}, hint))));
  }

  // MARK: The page

  const tabs = ['steps', 'compare', 'lessons'];
  function show(name) {
    for (const tab of tabs) {
      $(tab).hidden = tab !== name;
      $(`tab-${tab}`).setAttribute('aria-selected', String(tab === name));
      $(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
    }
    if (name === 'steps' && Staleline.current) { Staleline.current.draw(); if (!badLines.size) say(''); }
  }
  for (const tab of tabs) {
    $(`tab-${tab}`).addEventListener('click', () => show(tab));
    $(`tab-${tab}`).addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
      const there = tabs.filter((one) => !$(`tab-${one}`).hidden);
      const next = there[(there.indexOf(tab) + (event.key === 'ArrowRight' ? 1 : there.length - 1)) % there.length];
      show(next);
      $(`tab-${next}`).focus();
      event.stopPropagation();
    });
  }
  function toggleKeys() {
    const keys = $('keys');
    keys.hidden = !keys.hidden;
    $('help').setAttribute('aria-expanded', String(!keys.hidden));
  }
  $('run').addEventListener('click', () => { show('steps'); run(); });
  $('help').addEventListener('click', toggleKeys);
  $('theme').addEventListener('click', () => Staleline.toggleTheme(() => { if (Staleline.current) Staleline.current.draw(); }));
  $('compare-run').addEventListener('click', () => compare('compare'));
  $('sweep-run').addEventListener('click', () => compare('sweep'));
  $('example').addEventListener('change', () => {
    const example = start.examples.find((one) => one.name === $('example').value);
    if (example) { setText(example.text); run(); }
  });
  for (const id of ['machine', 'kernel']) $(id).addEventListener('change', () => run());
  $('upload').addEventListener('click', () => $('file').click());
  $('file').addEventListener('change', async () => {
    const file = $('file').files[0];
    $('file').value = '';
    if (!file) return;
    if (file.size > start.limit) { say(`${file.name}: ${file.size} bytes, expected at most ${start.limit}`, true); return; }
    try {
      const { ok, answer } = await ask('open', file);
      if (ok) { setText(answer.text); show('steps'); await run(); return; }
      // A text with faults is shown, so that they can be mended.
      const text = await file.text();
      if (answer.errors && !text.includes('\u0000')) setText(text);
      refuse(answer);
    } catch (error) { say(`${file.name}: ${error.message}`, true); }
  });
  $('link').addEventListener('click', async () => {
    history.replaceState(null, '', '#' + await fragment());
    try { await navigator.clipboard.writeText(location.href); say('the link is copied'); } catch { say('the link is in the address bar'); }
  });
  window.addEventListener('hashchange', () => fromLink());
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') { show('steps'); run(); event.preventDefault(); return; }
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches('textarea, select, input:not([type=range]):not([type=checkbox])')) return;
    const actions = { e: () => { show('steps'); area.focus(); }, c: () => compare('compare'), s: () => show('steps'), l: () => { if (start && start.lessons.length) show('lessons'); }, t: () => $('theme').click(), '?': toggleKeys };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) { action(); event.preventDefault(); }
  });

  async function begin() {
    try {
      start = await (await fetch('/api/start')).json();
    } catch (error) { say(`the server does not answer: ${error.message}`, true); return; }
    $('example').replaceChildren(el('option', { value: '', disabled: true }, 'your own'), ...start.examples.map((one) => el('option', { value: one.name }, one.name)));
    $('machine').append(...start.machines.map((one) => el('option', { value: one.name, title: one.title }, one.name)));
    if (start.lessons.length) $('tab-lessons').hidden = false;
    $('lesson-list').replaceChildren(...start.lessons.map((one) => el('li', {}, el('button', { type: 'button', 'data-name': one.name, title: one.goal, onclick: () => openLesson(one.name) }, `${one.number}. ${one.title}`))));
    await fromLink();
  }
  begin();
})();

'use strict';
// Draws a film of steps (schema staleline.steps/1). What is drawn depends on the position alone, and on the chosen line.
const Staleline = (() => {
  const AGES = ['fresh', 'behind', 'stale'];
  const MARKS = { dirty: '●', stale: '✕', behind: '…' };

  /** Makes an element: properties, `data-` and `aria-` attributes, listeners as `onclick`, children. */
  function el(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (value === null || value === undefined) continue;
      if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else if (key === 'class') node.className = value;
      else if (key in node && !key.includes('-')) node[key] = value;
      else node.setAttribute(key, value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  const hex = (number) => '0x' + number.toString(16);

  // MARK: The film

  /** The state at a position, moved to and fro by what each step changes. */
  class Film {
    constructor(json) {
      if (json.schema !== 'staleline.steps/1') throw new Error('not a film of schema staleline.steps/1');
      this.json = json;
      this.count = json.steps.length;
      this.undo = [];
      this.state = {
        position: 0, t: 0, x: 0, u: 0, buffers: [], mappings: [], lines: new Map(),
        cores: json.cores.map(() => [0]), devices: json.devices.map((_, index) => [index, [], 0, 0, 0]),
      };
      this.touches = new Map();
      this.known = new WeakMap();
      this.usedCores = new Set();
      json.changes.forEach((change, step) => {
        for (const core of change.c || []) this.usedCores.add(core[0]);
        for (const line of change.l || []) {
          if (!this.touches.has(line[0])) this.touches.set(line[0], []);
          this.touches.get(line[0]).push(step);
        }
      });
      json.steps.forEach((step) => { if (step[2] >= 0 && step[0] > 0) this.usedCores.add(step[2]); });
    }
    forward() {
      const state = this.state;
      const change = this.json.changes[state.position];
      const old = { t: state.t, x: state.x, u: state.u, cores: [], lines: [], devices: [] };
      state.t = change.t;
      state.x = change.x;
      if (change.u) state.u = change.u;
      for (const core of change.c || []) { old.cores.push([core[0], state.cores[core[0]]]); state.cores[core[0]] = core.slice(1); }
      for (const line of change.l || []) { old.lines.push([line[0], state.lines.get(line[0])]); state.lines.set(line[0], line.slice(1)); }
      for (const device of change.d || []) { old.devices.push([device[0], state.devices[device[0]]]); state.devices[device[0]] = device; }
      if (change.b) { old.buffers = state.buffers; state.buffers = change.b; }
      if (change.m) { old.mappings = state.mappings; state.mappings = change.m; }
      this.undo[state.position] = old;
      state.position += 1;
    }
    back() {
      const state = this.state;
      state.position -= 1;
      const old = this.undo[state.position];
      state.t = old.t; state.x = old.x; state.u = old.u;
      for (const [index, core] of old.cores) state.cores[index] = core;
      for (const [address, line] of old.lines) { if (line) state.lines.set(address, line); else state.lines.delete(address); }
      for (const [index, device] of old.devices) state.devices[index] = device;
      if (old.buffers) state.buffers = old.buffers;
      if (old.mappings) state.mappings = old.mappings;
    }
    move(position) {
      const target = Math.max(0, Math.min(this.count, position));
      while (this.state.position < target) this.forward();
      while (this.state.position > target) this.back();
    }
    next(byOperation) {
      let place = Math.min(this.state.position + 1, this.count);
      while (!byOperation && place < this.count && !this.json.steps[place][3]) place += 1;
      return place;
    }
    previous(byOperation) {
      let place = Math.max(this.state.position - 1, 0);
      while (!byOperation && place > 0 && !this.json.steps[place][3]) place -= 1;
      return place;
    }
    agent(number) { return number >= 0 ? `core${number}` : this.json.devices[-1 - number].name; }
    name(address) { return this.json.lineNames[address] || '0x' + address; }
    /** A line's copies as objects. */
    copies(address) {
      const line = this.state.lines.get(address);
      if (!line) return [];
      // A line is never changed in place: what was worked out of it stays right.
      if (!this.known.has(line)) this.known.set(line, this.decoded(line));
      return this.known.get(line);
    }
    decoded(line) {
      return line.map((copy) => {
        const runs = [];
        for (let index = 5; index < copy.length; index += 2) {
          const end = index + 2 < copy.length ? copy[index + 2] : this.json.lineSize;
          runs.push({ start: copy[index], count: end - copy[index], version: copy[index + 1] });
        }
        return {
          place: this.json.places[copy[0]], dirty: BigInt(copy[1] ? '0x' + copy[1] : 0), age: AGES[copy[2]],
          old: BigInt(copy[3] ? '0x' + copy[3] : 0), origin: copy[4] < 0 ? null : this.json.origins[copy[4]], runs,
        };
      });
    }
    version(number) {
      if (number === 0) return { writer: '', words: 'version 0: what was there at the start' };
      const all = this.json.versions;
      const index = number - 1;
      const writer = this.agent(all.writer[index]);
      const value = all.values[number];
      return {
        writer, isDevice: all.writer[index] < 0,
        words: `version ${number}: ${writer}, line ${all.line[index]}, ${all.ns[index]} ns, ${all.size[index]} byte(s) at 0x${all.address[index]}`
          + (value === undefined ? '' : ` = 0x${value}`),
      };
    }
    moment(step) {
      const [record, line, agent, , text, operation, source] = this.json.steps[step];
      const said = this.json.texts[text];
      if (record === 0) return { line: 0, agent: '', text: said, words: said };
      const performed = operation === undefined || operation < 0 ? null : this.json.texts[operation];
      const words = `line ${line}, ${this.agent(agent)}: ${said}` + (performed ? `, performed as ${performed}` : '')
        + (source === undefined ? '' : ` (${this.json.texts[source]})`);
      return { line, agent: this.agent(agent), text: said, performed, words };
    }
  }

  // MARK: Words

  function copyWords(copy) {
    const runs = copy.runs.filter((run) => run.version >= 0)
      .map((run) => `${run.start}-${run.start + run.count - 1} version ${run.version}`);
    const age = copy.age === 'stale' ? ' STALE' : copy.age === 'behind' ? ' behind' : '';
    return `${copy.place}${copy.dirty ? ' dirty' : ''}${age}: bytes ${runs.join(', ')}`;
  }
  function lineWords(film, address) {
    return `Line ${film.name(address)} at 0x${address}: ${film.copies(address).map(copyWords).join('; ')}.`;
  }
  function worthTelling(copies) {
    return copies.length > 1 || copies.some((copy) => copy.age !== 'fresh') || copies.some((copy) => copy.runs.some((run) => run.version > 0));
  }
  function deviceWords(film, device) {
    const [index, work, finished, read, written] = device;
    const what = film.json.devices[index];
    const doing = work.map(([line, , runs, moved, total]) => runs
      ? `line ${line} runs, ${moved}${total >= 0 ? ` of ${total}` : ''} bytes moved` : `line ${line} waits`);
    return `${what.name} on ${what.port}, ${what.snoops ? 'snooping' : 'not snooping'}: ${doing.length ? doing.join('; ') : 'idle'}`
      + `, ${finished} finished, ${read} bytes read, ${written} written.`;
  }
  const OWNERS = { cpu: "the cores'", device: "the device's", both: 'of both', released: 'released' };
  function mappingWords([name, , direction, owner, line, ranges]) {
    const bytes = ranges.map(([start, size]) => `0x${start} + ${size}`);
    return `${name}${direction ? ' ' + direction : ''} (${bytes.join(', ')}): ${OWNERS[owner]} since line ${line}.`;
  }
  function findingWords(found) {
    return `${found.code} ${found.verdict} at line ${found.line}: ${found.detail || found.cause}${found.mend ? ' Mend: ' + found.mend : ''}`;
  }
  function entryWords(film, entry) {
    const stores = entry.slice(1).map(([, name, size, version]) => `${name}, ${size} byte(s), version ${version}`);
    return `${film.json.places[entry[0]]} holds ${stores.join('; ')}.`;
  }
  /** Everything that is drawn, in the words of the program's own text. */
  function stateWords(film) {
    const { state, json } = film;
    const out = [`Step ${state.position} of ${film.count} on ${json.machine}, kernel ${json.kernel}.`];
    if (state.position > 0) out.push(`Last: ${film.moment(state.position - 1).words}.`);
    if (state.position < film.count) out.push(`Next: ${film.moment(state.position).words}.`);
    state.cores.forEach((core, index) => {
      if (!core[0]) return;
      const causes = [];
      for (let place = 1; place < core.length; place += 2) causes.push(`${json.causes[core[place]]} ${core[place + 1]}`);
      out.push(`core${index}: ${core[0]} cycles (${causes.join(', ')}).`);
    });
    for (const entry of state.buffers) out.push(entryWords(film, entry));
    let quiet = 0;
    for (const address of sortedLines(state)) {
      if (worthTelling(film.copies(address))) out.push(lineWords(film, address)); else quiet += 1;
    }
    if (quiet) out.push(`${quiet} line(s) are only as they were at the start.`);
    if (state.u) out.push(`${state.u} change(s) of lines beyond the first ${state.lines.size} are not kept.`);
    for (const device of state.devices) out.push(deviceWords(film, device));
    for (const mapping of state.mappings) out.push(mappingWords(mapping));
    const shown = json.findings.filter((found) => found.position <= state.position);
    for (const found of shown) out.push(findingWords(found));
    if (!shown.length) out.push('No finding so far.');
    return out.join('\n') + '\n';
  }
  function sortedLines(state) {
    return [...state.lines.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  // MARK: Parts

  /** How a copy is marked, so that it can be told apart without colours. */
  function marksOf(copy) {
    const marks = [];
    if (copy.dirty) marks.push('dirty');
    if (copy.age !== 'fresh') marks.push(copy.age);
    return marks;
  }
  function chip(viewer, address, copy) {
    const marks = marksOf(copy);
    const worst = marks.includes('stale') ? 'stale' : marks.includes('dirty') ? 'dirty' : marks[0];
    const isNew = viewer.changed.has(address);
    return el('button', {
      class: `chip${worst ? ` ${worst}-mark` : ''}${isNew ? ' changed' : ''}`, type: 'button',
      'aria-pressed': String(viewer.chosen === address), title: copyWords(copy),
      'aria-label': `${film(viewer).name(address)} in ${copy.place}${marks.length ? ': ' + marks.join(', ') : ''}${isNew ? ', changed by this step' : ''}`,
      onclick: () => viewer.choose(address),
    }, marks.map((mark) => MARKS[mark]).join('') + (marks.length ? ' ' : '') + film(viewer).name(address));
  }
  const film = (viewer) => viewer.film;

  /** The chips of all lines in places that match, those that changed or went stale first. */
  function chips(viewer, matches, limit = 14) {
    const found = [];
    for (const address of viewer.order) {
      for (const copy of viewer.copies.get(address)) {
        if (!matches(copy.place)) continue;
        if (copy.place === 'DRAM' && copy.age === 'fresh' && !viewer.changed.has(address) && viewer.order.length > limit) continue;
        found.push([address, copy]);
      }
    }
    const weight = ([address, copy]) => (viewer.changed.has(address) ? 4 : 0) + (copy.age === 'stale' ? 2 : 0) + (copy.dirty ? 1 : 0);
    const kept = found.length > limit
      ? [...found].sort((a, b) => weight(b) - weight(a)).slice(0, limit).sort((a, b) => viewer.places.get(a[0]) - viewer.places.get(b[0]))
      : found;
    const dirty = found.filter(([, copy]) => copy.dirty).length;
    const stale = found.filter(([, copy]) => copy.age === 'stale').length;
    return {
      summary: found.length ? `${found.length} line${found.length > 1 ? 's' : ''}${dirty ? `, ${dirty} dirty` : ''}${stale ? `, ${stale} stale` : ''}` : 'empty',
      node: el('div', { class: 'chips' }, kept.map(([address, copy]) => chip(viewer, address, copy)),
        found.length > kept.length ? el('span', { class: 'soft mono' }, `+${found.length - kept.length}`) : null),
    };
  }
  function cacheSize(viewer, name) {
    const cache = film(viewer).json.caches.find((one) => one.name === name);
    return cache ? `${cache.size % 1024 ? cache.size : cache.size / 1024 + 'K'}, ${cache.ways}-way` : '';
  }
  function level(viewer, name, size, matches) {
    const { summary, node } = chips(viewer, matches);
    return el('div', { class: 'store' }, el('div', { class: 'label' }, el('span', {}, el('b', {}, name), size ? ` ${size}` : ''), el('span', {}, summary)), node);
  }
  function buffer(viewer, place) {
    const entries = film(viewer).state.buffers.filter((entry) => film(viewer).json.places[entry[0]] === place);
    return el('div', { class: 'store' },
      el('div', { class: 'label' }, el('b', {}, 'Store buffer'), el('span', {}, entries.length ? `${entries.length} waiting` : 'empty')),
      el('div', { class: 'chips' }, entries.map((entry) => el('span', { class: 'chip behind-mark', title: entryWords(film(viewer), entry) },
        `${entry[1][1]} v${entry[entry.length - 1][3]}${entry.length > 2 ? ` ×${entry.length - 1}` : ''}`))));
  }
  function causesBar(viewer, core) {
    const { json } = film(viewer);
    const shades = ['#7b8a91', '#4f8f86', '#3f7bb0', '#c28a1c', '#b65d3c', '#8c5fa8', '#a8375f', '#6d7f3f', '#3b6d8f', '#8a8a8a', '#5b73c2', '#946c4a'];
    const bar = el('div', { class: 'causes' });
    const words = [];
    for (let place = 1; place < core.length; place += 2) {
      const name = json.causes[core[place]];
      if (!core[place + 1]) continue;
      const part = el('i', { title: `${name}: ${core[place + 1]} cycles` });
      part.style.width = `${(100 * core[place + 1]) / Math.max(core[0], 1)}%`;
      part.style.background = shades[core[place] % shades.length];
      bar.append(part);
      words.push(`${name} ${grouped(core[place + 1])}`);
    }
    return [bar, el('div', { class: 'label' }, words.join(' · ') || 'no time spent yet')];
  }
  function drawScheme(viewer) {
    const { json, state, usedCores } = film(viewer);
    const last = state.position > 0 ? json.steps[state.position - 1] : null;
    const has = (text) => json.places.some((place) => place.startsWith(text)) || json.caches.some((cache) => cache.name === text);
    const cores = [...usedCores].sort((a, b) => a - b).map((index) => el('section', { class: `unit${last && last[0] > 0 && last[2] === index ? ' active' : ''}`, 'aria-label': `core${index}` },
      el('div', { class: 'name' }, el('b', {}, `core${index}`), el('span', { class: 'mono' }, `${grouped(state.cores[index][0])} cycles`)),
      causesBar(viewer, state.cores[index]), el('div', { class: 'stores' }, buffer(viewer, `store buffer ${index}`),
      has('L1D') ? level(viewer, `L1D${index}`, cacheSize(viewer, 'L1D'), (place) => place === `L1D${index}` || place.startsWith(`L1D${index} `)) : null,
      json.places.includes(`L1I${index}`) ? level(viewer, `L1I${index}`, cacheSize(viewer, 'L1I'), (place) => place === `L1I${index}`) : null,
      json.places.includes(`L2 of core ${index}`) ? level(viewer, 'Own L2', cacheSize(viewer, 'L2'), (place) => place === `L2 of core ${index}`) : null)));
    const shared = [];
    const hasOuter = json.caches.some((cache) => cache.name === 'outer L2');
    if (hasOuter) shared.push(el('section', { class: 'unit', 'aria-label': 'outer L2' }, el('div', { class: 'name' }, el('b', {}, 'Outer L2'), el('span', { class: 'soft' }, cacheSize(viewer, 'outer L2'))),
      el('div', { class: 'stores' }, buffer(viewer, 'outer store buffer'), level(viewer, 'Lines', '', (place) => place === 'outer L2'))));
    else if (json.caches.some((cache) => cache.name === 'L2') && !json.places.some((place) => place.startsWith('L2 of'))) shared.push(el('section', { class: 'unit', 'aria-label': 'L2' }, el('div', { class: 'name' }, el('b', {}, 'L2'), el('span', { class: 'soft' }, cacheSize(viewer, 'L2'))),
      level(viewer, 'Lines', '', (place) => place === 'L2')));
    if (json.caches.some((cache) => cache.name === 'L3')) shared.push(el('section', { class: 'unit', 'aria-label': 'L3' }, el('div', { class: 'name' }, el('b', {}, 'L3'), el('span', { class: 'soft' }, cacheSize(viewer, 'L3'))),
      level(viewer, 'Lines', '', (place) => place === 'L3')));
    const idle = json.cores.length - cores.length;
    const memory = el('section', { class: 'unit', 'aria-label': 'DRAM' }, el('div', { class: 'name' }, el('b', {}, 'DRAM'), el('span', { class: 'mono' }, `${grouped(state.x)} bytes moved`)),
      level(viewer, 'Lines', '', (place) => place === 'DRAM'));
    const devices = state.devices.map((device) => drawDevice(viewer, device, last));
    viewer.parts.scheme.replaceChildren(...[
      el('div', { class: 'rail' }, cores), idle > 0 ? el('p', { class: 'soft' }, `${idle} more core${idle > 1 ? 's take' : ' takes'} no part.`) : null,
      shared.length ? el('div', { class: 'wire', 'aria-hidden': 'true' }) : null,
      shared.length ? el('div', { class: 'rail' }, shared) : null,
      el('div', { class: 'wire', 'aria-hidden': 'true' }), el('div', { class: 'rail' }, memory, devices),
    ].filter(Boolean));
  }
  function drawDevice(viewer, device, last) {
    const what = film(viewer).json.devices[device[0]];
    const texts = film(viewer).json.texts;
    return el('section', { class: `unit${last && last[2] === -1 - device[0] ? ' active' : ''}`, 'aria-label': what.name },
      el('div', { class: 'name' }, el('b', {}, what.name), el('span', { class: 'soft' }, `port ${what.port}, ${what.snoops ? 'looks into caches' : 'sees memory only'}`)),
      el('div', { class: 'store' }, el('div', { class: 'label' }, el('b', {}, device[1].length ? 'In flight' : 'Idle'), el('span', {}, `${device[2]} finished`)),
        device[1].slice(0, 6).map(([line, text, runs, moved, total]) => el('div', { class: 'item' },
          el('span', { class: 'mono' }, `${texts[text]}`), el('span', { class: 'soft' }, ` line ${line}, ${runs ? `${moved}${total >= 0 ? ' of ' + total : ''} bytes` : 'waits'}`),
          total > 0 && runs ? el('progress', { max: total, value: moved, 'aria-label': `${what.name}: ${moved} of ${total} bytes` }) : null)),
        device[1].length > 6 ? el('p', { class: 'soft' }, `${device[1].length - 6} more wait`) : null,
        el('div', { class: 'label' }, el('span', {}, `read ${grouped(device[3])} bytes`), el('span', {}, `wrote ${grouped(device[4])}`))));
  }

  function strip(viewer, copy) {
    return el('span', { class: 'strip' }, cut(copy).map((run) => {
      const version = run.version < 0 ? null : film(viewer).version(run.version);
      const kind = run.version < 0 ? 'none' : run.version === 0 ? '' : version.isDevice ? 'device' : 'core';
      const cell = el('span', {
        class: `run ${kind}${run.old ? ' old' : ''}${run.wet ? ' wet' : ''}`,
        title: `bytes ${run.start} to ${run.start + run.count - 1}: ${version ? version.words : 'not here'}${run.wet ? ', dirty' : ''}${run.old ? ', not the youngest' : ''}`,
      }, run.version < 0 ? '–' : run.version === 0 ? '0' : `v${run.version}`);
      cell.style.flexGrow = String(run.count);
      return cell;
    }));
  }
  /** Runs cut further where dirty or old bytes begin and end. */
  function cut(copy) {
    const result = [];
    for (const run of copy.runs) {
      for (let byte = run.start; byte < run.start + run.count; byte += 1) {
        const bit = BigInt(1) << BigInt(byte);
        const wet = (copy.dirty & bit) !== BigInt(0);
        const old = (copy.old & bit) !== BigInt(0);
        const last = result[result.length - 1];
        if (last && last.version === run.version && last.wet === wet && last.old === old) last.count += 1;
        else result.push({ start: byte, count: 1, version: run.version, wet, old });
      }
    }
    return result;
  }
  function badge(copy) {
    const marks = marksOf(copy);
    const worst = marks.includes('stale') ? 'stale' : marks.includes('dirty') ? 'dirty' : marks[0];
    const words = marks.length === 2 ? `${MARKS.dirty}${MARKS[copy.age]} ${copy.age}` : marks.length ? `${MARKS[marks[0]]} ${marks[0]}` : copy.place === 'DRAM' ? 'current' : 'clean';
    return el('span', { class: `badge${worst ? ` ${worst}-mark` : ''}`, title: marks.join(', ') || 'the youngest bytes' }, words);
  }
  function drawLines(viewer) {
    const limit = viewer.allLines ? viewer.order.length : 10;
    const rank = (address) => (viewer.chosen === address ? 8 : 0) + (viewer.changed.has(address) ? 4 : 0)
      + (viewer.copies.get(address).some((copy) => copy.age === 'stale') ? 2 : 0) + (viewer.copies.get(address).length > 1 ? 1 : 0);
    let shown = viewer.order;
    if (shown.length > limit) shown = [...shown].sort((a, b) => rank(b) - rank(a)).slice(0, limit).sort((a, b) => viewer.places.get(a) - viewer.places.get(b));
    const rows = shown.map((address) => el('tr', { 'data-line': address },
      el('th', { scope: 'row' }, el('button', { type: 'button', class: `chip${viewer.changed.has(address) ? ' changed' : ''}`, 'aria-pressed': String(viewer.chosen === address), onclick: () => viewer.choose(address) }, film(viewer).name(address)),
        el('span', { class: 'soft mono' }, '0x' + address)),
      el('td', {}, viewer.copies.get(address).map((copy) => el('div', { class: 'copy', role: 'group', 'aria-label': copyWords(copy), 'data-place': copy.place, 'data-age': copy.age, title: copy.origin || '' },
        el('span', { class: 'place' }, copy.place), badge(copy), strip(viewer, copy))))));
    const more = viewer.order.length - shown.length;
    viewer.parts.lines.replaceChildren(...[
      rows.length ? el('table', {}, el('tbody', {}, rows)) : el('p', { class: 'soft' }, 'No line has been touched yet.'),
      more > 0 ? el('button', { type: 'button', class: 'more', onclick: () => { viewer.allLines = true; viewer.draw(); } }, `Show ${more} more`) : null,
    ].filter(Boolean));
  }

  function drawSide(viewer) {
    const { json, state } = film(viewer);
    // There may be hundreds: they are made once.
    if (!viewer.found) {
      viewer.found = json.findings.map((found) => el('button', { type: 'button', class: `find ${found.verdict}`, onclick: () => viewer.move(found.position) },
        el('b', {}, found.code), ` ${found.verdict}, line ${found.line}`, el('span', { class: 'when' }), `: ${found.detail || found.cause}`,
        found.mend ? el('span', { class: 'mend' }, `Mend: ${found.mend}`) : null));
      viewer.parts.findings.replaceChildren(viewer.found.length
        ? el('ul', {}, viewer.found.map((button) => el('li', {}, button)))
        : el('p', { class: 'soft' }, 'Nothing goes wrong in this trace on this machine.'));
    }
    viewer.found.forEach((button, index) => {
      const isAhead = json.findings[index].position > state.position;
      const when = isAhead ? ' (ahead)' : '';
      const place = button.querySelector('.when');
      if (place.textContent === when && button.classList.contains('ahead') === isAhead) return;
      place.textContent = when;
      button.classList.toggle('ahead', isAhead);
    });
    viewer.parts.owners.replaceChildren(state.mappings.length
      ? el('ul', {}, state.mappings.map(([name, device, direction, owner, line, ranges]) => el('li', { class: 'item' },
        el('span', { class: 'mono' }, name), ' ', el('span', { class: 'owner' }, OWNERS[owner]), ` since line ${line}`,
        el('div', { class: 'soft mono' }, [direction, device, ...ranges.slice(0, 2).map(([start, size]) => `0x${start} + ${size}`)].filter(Boolean).join(' · ') + (ranges.length > 2 ? ' …' : '')))))
      : el('p', { class: 'soft' }, 'No mapping or allocation yet.'));
    drawLife(viewer);
  }
  function drawLife(viewer) {
    const { json, state, touches } = film(viewer);
    const address = viewer.chosen;
    viewer.parts.lifeHead.textContent = address ? `Life of ${film(viewer).name(address)}` : 'Life of a line';
    if (!address) { viewer.parts.life.replaceChildren(el('p', { class: 'soft' }, 'Choose a line to see what happened to its copies.')); return; }
    const steps = (touches.get(address) || []).filter((step) => step < state.position);
    const rows = steps.slice(-40).map((step) => {
      const line = json.changes[step].l.find((one) => one[0] === address);
      const words = line.slice(1).map((copy) => `${json.places[copy[0]]}${copy[1] ? ' dirty' : ''}${copy[2] ? ' ' + AGES[copy[2]] : ''}`).join(', ');
      const moment = film(viewer).moment(step);
      return el('li', { class: line.slice(1).some((copy) => copy[2] === 2) ? 'stale' : '' },
        el('button', { type: 'button', onclick: () => viewer.move(step + 1) }, `step ${step + 1}`), ` ${moment.agent} ${moment.text}`, el('div', { class: 'soft' }, words));
    });
    viewer.parts.life.replaceChildren(rows.length ? el('ul', { class: 'life' }, rows) : el('p', { class: 'soft' }, 'Nothing has happened to it yet.'));
  }

  // MARK: The timeline

  /** What kind of step it is, by its words: each kind has a colour and a shape of its own. */
  function kindOf(words) {
    if (/^(ld|ldx|lda|fetch|pld|readl)/.test(words)) return 'load';
    if (/^(st|stx|stl|copy|writel)\b|^stlr|^writel/.test(words)) return 'store';
    if (/^(dc|ic|l2)\b/.test(words)) return 'maintenance';
    if (/^(dmb|dsb|isb)|mb\b/.test(words)) return 'barrier';
    if (/dma_|driver_unbind/.test(words)) return 'call';
    return 'other';
  }
  const KINDS = {
    load: ['#3f7bb0', 0.45, 'load'], store: ['#c28a1c', 0.75, 'store'], maintenance: ['#8c5fa8', 1, 'maintenance'],
    barrier: ['#7b8a91', 1, 'barrier'], call: ['#2d8f7f', 0.6, 'DMA API call'], other: ['#7b8a91', 0.3, 'other'],
  };
  function lanesOf(film) {
    const lanes = [...film.usedCores].sort((a, b) => a - b).map((index) => ({ agent: index, name: `core${index}`, steps: [], busy: [] }));
    film.json.devices.forEach((device, index) => lanes.push({ agent: -1 - index, name: device.name, steps: [], busy: [] }));
    const of = new Map(lanes.map((lane) => [lane.agent, lane]));
    film.json.steps.forEach((step, place) => {
      if (step[0] === 0 || !of.has(step[2])) return;
      const operation = step[5] === undefined || step[5] < 0 ? step[4] : step[5];
      const said = film.json.texts[step[4]];
      of.get(step[2]).steps.push([place, step[2] < 0 ? 'other' : /^(\w+ = )?dma_/.test(said.replace(/^core\d+: /, '')) && operation === step[4] ? 'call' : kindOf(film.json.texts[operation].replace(/^core\d+: /, ''))]);
    });
    const running = new Map();
    film.json.changes.forEach((change, place) => {
      for (const [index, work] of change.d || []) {
        const runs = work.some((one) => one[2]);
        if (runs && !running.has(index)) running.set(index, place);
        if (!runs) {
          // A step in which a device begins and ends leaves nothing under way, but it moved bytes.
          of.get(-1 - index).busy.push([running.has(index) ? running.get(index) : place, place + 1]);
          running.delete(index);
        }
      }
    });
    for (const [index, start] of running) of.get(-1 - index).busy.push([start, film.count]);
    return lanes;
  }
  const LANE = 18;
  const TOP = 20;
  function drawTimeline(viewer) {
    const canvas = viewer.parts.canvas;
    const width = canvas.clientWidth || 600;
    const height = TOP + LANE * viewer.lanes.length;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
    const ink = canvas.getContext('2d');
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const { count, state, json } = film(viewer);
    ink.scale(scale, scale);
    const x = (position) => (width * position) / Math.max(count, 1);
    viewer.lanes.forEach((lane, index) => {
      const top = TOP + LANE * index;
      ink.globalAlpha = 1;
      ink.fillStyle = index % 2 ? colour('--panel') : colour('--well');
      ink.fillRect(0, top, width, LANE);
      for (const [start, end] of lane.busy) {
        ink.globalAlpha = 0.35;
        ink.fillStyle = colour('--accent');
        ink.fillRect(x(start), top + 4, Math.max(x(end) - x(start), 2), LANE - 8);
      }
      for (const [place, kind] of lane.steps) {
        const [shade, part] = KINDS[kind];
        const high = (LANE - 4) * part;
        ink.globalAlpha = place < state.position ? 1 : 0.4;
        ink.fillStyle = shade;
        const wide = Math.max(Math.min(x(1) - 1, 14), 1);
        const left = x(place) + Math.max(0, (x(1) - wide) / 2);
        if (kind === 'maintenance' && wide > 3) { ink.strokeStyle = shade; ink.lineWidth = 2; ink.strokeRect(left + 1, top + 3, wide - 2, LANE - 6); }
        else if (kind === 'barrier') ink.fillRect(left + wide / 2 - 1, top + 1, 2, LANE - 2);
        else ink.fillRect(left, top + LANE - 2 - high, wide, high);
      }
    });
    ink.globalAlpha = 0.6;
    for (const found of json.findings) {
      ink.fillStyle = colour('--stale');
      ink.fillRect(Math.min(x(found.position), width - 1) - 0.5, TOP - 2, 1, height - TOP + 2);
    }
    ink.globalAlpha = 1;
    ink.fillStyle = colour('--ink');
    ink.fillRect(Math.min(x(state.position), width - 2) - 1, TOP - 6, 2, height - TOP + 6);
    for (const pin of viewer.parts.pins.children) pin.classList.toggle('ahead', Number(pin.dataset.position) > state.position);
  }
  function pins(viewer) {
    const groups = new Map();
    for (const found of film(viewer).json.findings) {
      if (!groups.has(found.position)) groups.set(found.position, []);
      groups.get(found.position).push(found);
    }
    return [...groups].slice(0, 60).map(([position, found]) => {
      const pin = el('button', {
        type: 'button', class: `pin ${found[0].verdict}`, 'data-position': position, title: found.map(findingWords).join('\n'),
        'aria-label': `Go to finding ${found.map((one) => one.code).join(', ')} at step ${position}`, onclick: () => viewer.move(position),
      }, found.length > 1 ? `${found[0].code}+${found.length - 1}` : found[0].code);
      pin.style.left = `${Math.min(96, Math.max(2, (100 * position) / Math.max(film(viewer).count, 1)))}%`;
      return pin;
    });
  }

  // MARK: The trace

  function traceList(viewer) {
    const { json } = film(viewer);
    const first = new Map();
    json.steps.forEach((step, place) => { if (step[1] > 0 && !first.has(step[1])) first.set(step[1], place); });
    const found = new Set(json.findings.map((one) => one.line));
    const lines = json.source.length ? json.source : json.steps.filter((step) => step[3]).map((step) => json.texts[step[4]]);
    viewer.rows = new Map();
    return lines.map((text, index) => {
      const number = index + 1;
      const place = first.get(number);
      const row = el('li', {
        class: `${place === undefined ? '' : 'said'}${found.has(number) ? ' found' : ''}${/^\s*#/.test(text) ? ' note' : ''}`,
        onclick: place === undefined ? null : () => viewer.move(place + 1),
      }, el('span', { 'aria-hidden': 'true' }, String(number)), el('span', {}), el('span', {}, text || ' '));
      viewer.rows.set(number, row);
      return row;
    });
  }
  function drawTrace(viewer) {
    const { state } = film(viewer);
    const old = viewer.parts.trace.querySelector('.now');
    if (old) { old.classList.remove('now'); old.removeAttribute('aria-current'); }
    const moment = state.position > 0 ? film(viewer).moment(state.position - 1) : null;
    const row = moment && viewer.rows.get(moment.line);
    const list = viewer.parts.trace;
    if (!row) { if (state.position === 0) list.scrollTop = 0; return; }
    row.classList.add('now');
    row.setAttribute('aria-current', 'step');
    list.scrollTop = Math.max(0, row.offsetTop - list.clientHeight / 2);
  }

  // MARK: The viewer

  class Viewer {
    constructor(root, json, options) {
      this.film = new Film(json);
      this.options = options;
      this.byOperation = false;
      this.chosen = null;
      this.allLines = false;
      this.lanes = lanesOf(this.film);
      this.parts = {};
      this.build(root);
      this.move(Math.min(options.position || 0, this.film.count));
    }
    build(root) {
      const { json, count } = this.film;
      const parts = this.parts;
      const go = (label, title, action, extra = '') => el('button', { type: 'button', class: `go ${extra}`, title, 'aria-label': title, onclick: action }, label);
      parts.first = go('|◀', 'To the start (Home)', () => this.move(0));
      parts.previousFinding = go('◀!', 'To the finding before (P)', () => this.finding(-1));
      parts.back = go('◀ Back', 'One step back (Left)', () => this.back());
      parts.forward = go('Step ▶', 'One step forward (Right)', () => this.step(), 'primary');
      parts.nextFinding = go('!▶', 'To the next finding (N)', () => this.finding(1));
      parts.last = go('▶|', 'To the end (End)', () => this.move(count));
      parts.unit = el('input', { type: 'checkbox', id: 'by-operation', onchange: () => { this.byOperation = parts.unit.checked; } });
      parts.readout = el('output', { 'aria-live': 'off' });
      parts.now = el('span', { class: 'now' });
      parts.live = el('p', { class: 'quiet', 'aria-live': 'polite', role: 'status' });
      parts.canvas = el('canvas', { 'aria-hidden': 'true', onclick: (event) => this.move(Math.round((event.offsetX / parts.canvas.clientWidth) * count)) });
      parts.pins = el('div', { class: 'pins' });
      parts.scrub = el('input', { type: 'range', min: 0, max: count, step: 1, 'aria-label': 'Position in the trace', oninput: () => this.move(Number(parts.scrub.value)) });
      for (const name of ['scheme', 'lines', 'findings', 'owners', 'life']) parts[name] = el('div');
      parts.lifeHead = el('h2', {}, 'Life of a line');
      parts.trace = el('ol', { tabIndex: 0, 'aria-label': 'The trace, line by line' });
      parts.words = el('pre', {});
      parts.details = el('details', { ontoggle: () => this.drawWords() }, el('summary', {}, 'Everything drawn, in words'), parts.words);
      const theme = go('◐', 'Light or dark', () => toggleTheme(() => this.draw()));
      root.classList.add('viewer');
      root.replaceChildren(...[
        this.options.hasHead === false ? null : el('header', { class: 'head' }, el('h1', {}, json.trace), el('p', { class: 'facts' }, `${json.machine}, kernel ${json.kernel} · ${grouped(count)} steps · ${json.findings.length} finding${json.findings.length === 1 ? '' : 's'}`), el('span', { class: 'spacer' }), theme),
        el('nav', { class: 'bar', 'aria-label': 'Stepping' }, parts.first, parts.previousFinding, parts.back, parts.forward, parts.nextFinding, parts.last,
          el('label', { class: 'soft' }, parts.unit, ' by operation'), parts.readout, parts.now),
        el('section', { class: 'panel time', 'aria-label': 'Timeline' }, el('div', { class: 'wrap' },
          el('div', { class: 'lanes', 'aria-hidden': 'true' }, this.lanes.map((lane) => el('span', {}, lane.name))),
          el('div', { class: 'plot' }, parts.pins, parts.canvas, parts.scrub)), this.key()),
        el('section', { class: 'panel trace', 'aria-label': 'Trace' }, el('h2', {}, 'Trace'), this.options.editor || parts.trace),
        el('section', { class: 'panel scheme', 'aria-label': 'The machine' }, el('h2', {}, 'The machine after this step'), parts.scheme),
        el('section', { class: 'panel lines', 'aria-label': 'Copies' }, el('h2', {}, 'Every copy of every line'), parts.lines),
        el('aside', { class: 'side' },
          el('section', { class: 'panel', 'aria-label': 'Findings' }, el('h2', {}, 'Findings'), parts.findings),
          el('section', { class: 'panel', 'aria-label': 'Owners' }, el('h2', {}, 'Whose the bytes are'), parts.owners),
          el('section', { class: 'panel', 'aria-label': 'Life of a line' }, parts.lifeHead, parts.life)),
        el('section', { class: 'panel words' }, parts.details), parts.live,
      ].filter(Boolean));
      parts.pins.replaceChildren(...pins(this));
      parts.trace.replaceChildren(...traceList(this));
    }
    key() {
      const items = Object.values(KINDS).filter(([, , name]) => name !== 'other').map(([shade, part, name]) => {
        const sample = el('span', { class: 'sample' });
        sample.style.background = `linear-gradient(to top, ${shade} ${part * 100}%, transparent 0)`;
        if (name === 'maintenance') { sample.style.background = 'none'; sample.style.border = `2px solid ${shade}`; }
        if (name === 'barrier') sample.style.background = `linear-gradient(to right, transparent 42%, ${shade} 42% 58%, transparent 58%)`;
        return el('span', {}, sample, name);
      });
      return el('div', { class: 'key' }, items, el('span', {}, '● dirty: newer than memory'), el('span', {}, '✕ stale: newer bytes are elsewhere'), el('span', {}, '… behind: newer bytes are on their way'));
    }
    move(position) {
      this.film.move(position);
      this.draw();
      if (this.options.onmove) this.options.onmove(this.film.state.position);
    }
    step() { this.move(this.film.next(this.byOperation)); }
    back() { this.move(this.film.previous(this.byOperation)); }
    finding(direction) {
      const here = this.film.state.position;
      const places = this.film.json.findings.map((found) => found.position).sort((a, b) => a - b);
      const place = direction > 0 ? places.find((one) => one > here) : places.reverse().find((one) => one < here);
      if (place !== undefined) this.move(place);
    }
    choose(address) {
      this.chosen = this.chosen === address ? null : address;
      const focused = document.activeElement && document.activeElement.closest('[aria-label]');
      const label = focused && document.activeElement.getAttribute('aria-label');
      this.draw();
      // What was focused was drawn anew: the keyboard stays where it was.
      if (label) { const again = [...document.querySelectorAll('button[aria-label]')].find((one) => one.getAttribute('aria-label') === label); if (again) again.focus(); }
    }
    draw() {
      const { state, count, json } = this.film;
      const parts = this.parts;
      this.order = sortedLines(state);
      this.places = new Map(this.order.map((address, index) => [address, index]));
      this.copies = new Map(this.order.map((address) => [address, this.film.copies(address)]));
      this.changed = new Set(state.position > 0 ? (json.changes[state.position - 1].l || []).map((line) => line[0]) : []);
      const last = state.position > 0 ? this.film.moment(state.position - 1) : null;
      const time = state.t >= 1e6 ? `${(state.t / 1e6).toFixed(3)} ms` : state.t >= 1e3 ? `${(state.t / 1e3).toFixed(2)} µs` : `${state.t} ns`;
      parts.readout.textContent = `step ${state.position} / ${count} · ${time}`;
      parts.now.textContent = last ? last.words : 'before the first step';
      parts.now.title = parts.now.textContent;
      parts.scrub.value = String(state.position);
      parts.scrub.setAttribute('aria-valuetext', `step ${state.position} of ${count}${last ? ', ' + last.words : ''}`);
      const positions = json.findings.map((found) => found.position);
      parts.first.disabled = parts.back.disabled = state.position === 0;
      parts.forward.disabled = parts.last.disabled = state.position === count;
      parts.nextFinding.disabled = !positions.some((one) => one > state.position);
      parts.previousFinding.disabled = !positions.some((one) => one < state.position);
      drawTimeline(this);
      drawScheme(this);
      drawLines(this);
      drawSide(this);
      if (!this.options.editor) drawTrace(this);
      this.drawWords();
      const news = json.findings.filter((found) => found.position === state.position).map(findingWords);
      const changed = [...this.changed].slice(0, 4).map((address) => lineWords(this.film, address));
      parts.live.textContent = [`Step ${state.position} of ${count}.`, last ? `${last.words}.` : '', ...changed, this.changed.size > 4 ? `${this.changed.size - 4} more lines changed.` : '', ...news].filter(Boolean).join(' ');
    }
    drawWords() { if (this.parts.details.open) this.parts.words.textContent = stateWords(this.film); }
    words() { return stateWords(this.film); }
    press(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const target = event.target;
      if (target.matches && target.matches('textarea, select, input:not([type=range]):not([type=checkbox])')) return;
      if (target.matches && target.matches('input[type=range]') && /^(Arrow|Home|End|Page)/.test(event.key)) return;
      const actions = {
        ArrowRight: () => this.step(), ArrowLeft: () => this.back(), Home: () => this.move(0), End: () => this.move(this.film.count),
        n: () => this.finding(1), p: () => this.finding(-1),
      };
      const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      action();
      event.preventDefault();
    }
  }
  function toggleTheme(then) {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    then();
  }

  /** Unpacks what a page carries within itself: base 64 of a zlib stream. */
  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    if (!window.DecompressionStream) throw new Error('This page needs a browser with DecompressionStream: any of 2023 or later.');
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }

  let current = null;
  document.addEventListener('keydown', (event) => { if (current) current.press(event); });
  window.addEventListener('resize', () => { if (current) current.draw(); });
  return {
    el, toggleTheme, unpack,
    /** Opens a film in an element; options: `position`, `onmove`, `hasHead`, `editor`. */
    open(root, json, options = {}) { current = new Viewer(root, json, options); return current; },
    get current() { return current; },
  };
})();

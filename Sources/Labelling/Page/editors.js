// How each kind of task is shown and answered. An editor has `element`, `value()`, `set(value)`, `key(event)` (whether it
// used the key) and `focus()`; it calls `changed()` when somebody changes its value and `submit()` when a choice is all.
// Texts come from files that nobody vouches for: they are only ever put into text nodes.
import { t } from './words.js';

/** An element with a class and children. */
export function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Gives an element the colours of a label. */
export function paint(element, label) {
  const color = label ? label.color : '#777777';
  const [red, green, blue] = [1, 3, 5].map(place => parseInt(color.slice(place, place + 2), 16) / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  element.style.setProperty('--label', color);
  element.style.setProperty('--label-ink', luminance > 0.18 ? '#000000' : '#ffffff');
  return element;
}

function textCard(title, text) {
  const body = make('div', 'text', text);
  body.dir = 'auto';
  return make('section', 'card', ...(title ? [make('h2', '', title)] : []), body);
}

function labelButtons(project, choose) {
  const box = make('div', 'labels');
  const buttons = project.labels.map(label => {
    const button = paint(make('button', 'label', make('span', '', label.name)), label);
    button.dir = 'auto';
    if (label.key) button.append(make('kbd', '', label.key));
    button.setAttribute('aria-pressed', 'false');
    // So that what is selected in the text stays selected.
    button.addEventListener('pointerdown', event => event.preventDefault());
    button.addEventListener('click', () => choose(label));
    box.append(button);
    return button;
  });
  return {
    box,
    show(names) { buttons.forEach((button, i) => button.setAttribute('aria-pressed', names.includes(project.labels[i].name))); },
    predict(names) { buttons.forEach((button, i) => button.classList.toggle('predicted', names.includes(project.labels[i].name))); },
  };
}

function plain(event) { return !event.ctrlKey && !event.metaKey && !event.altKey; }

function labelOf(project, event) {
  return plain(event) && !event.shiftKey ? project.labels.find(label => label.key && label.key === event.key.toLowerCase()) : undefined;
}

/** One label: choosing is submitting. */
class Classification {
  constructor(project, item, calls) {
    this.project = project;
    this.calls = calls;
    this.buttons = labelButtons(project, label => this.choose(label));
    this.element = make('div', '', textCard('', item.text), this.buttons.box);
    if (item.prediction) this.buttons.predict([item.prediction]);
    this.chosen = null;
  }
  choose(label) { this.set(label.name); this.calls.submit(); }
  value() { return this.chosen; }
  set(value) { this.chosen = value; this.buttons.show([value]); }
  key(event) {
    const label = labelOf(this.project, event);
    if (label) this.choose(label);
    return !!label;
  }
  focus() {}
  keys() { return [[this.project.labels.map(label => label.key).filter(Boolean).join(' '), 'key_label']]; }
}

/** Any number of labels. */
class MultiLabel extends Classification {
  constructor(project, item, calls) {
    super(project, item, calls);
    this.chosen = [];
    if (item.prediction) this.set(item.prediction);
  }
  choose(label) {
    this.set(this.chosen.includes(label.name) ? this.chosen.filter(name => name !== label.name) : [...this.chosen, label.name]);
    this.calls.changed();
  }
  set(value) { this.chosen = value; this.buttons.show(value); }
  keys() { return [...super.keys(), ['Enter', 'key_submit']]; }
}

/** Which of two is better: choosing is submitting. */
class Preference {
  constructor(project, item, calls) {
    this.project = project;
    this.calls = calls;
    this.chosen = null;
    this.order = item.swapped ? ['b', 'a'] : ['a', 'b'];
    this.cards = this.order.map((side, place) => {
      const card = textCard(t(place === 0 ? 'first' : 'second'), item[side]);
      const button = make('button', '', t('better'), ' ', make('kbd', '', String(place + 1)));
      button.addEventListener('click', () => this.choose(side));
      card.append(button);
      return card;
    });
    this.element = make('div', '', ...(item.text ? [textCard(t('prompt'), item.text)] : []), make('div', 'sides', ...this.cards));
    if (project.tie) {
      this.tie = make('button', '', t('tie'), ' ', make('kbd', '', '0'));
      this.tie.addEventListener('click', () => this.choose('tie'));
      this.element.append(make('div', 'tie', this.tie));
    }
  }
  choose(side) { this.set(side); this.calls.submit(); }
  value() { return this.chosen; }
  set(value) {
    this.chosen = value;
    this.cards.forEach((card, place) => card.classList.toggle('chosen', this.order[place] === value));
    if (this.tie) this.tie.setAttribute('aria-current', value === 'tie');
  }
  key(event) {
    if (!plain(event)) return false;
    const side = { 1: this.order[0], 2: this.order[1], 0: this.project.tie ? 'tie' : undefined }[event.key];
    if (side) this.choose(side);
    return !!side;
  }
  focus() {}
  /** In words, where it stands on the screen. */
  name(value) { return value === 'tie' ? t('tie') : t(this.order[0] === value ? 'first' : 'second'); }
  keys() { return [['1 2', 'key_sides'], ...(this.project.tie ? [['0', 'key_tie']] : [])]; }
}

/** A text. */
class Answer {
  constructor(project, item, calls) {
    this.area = make('textarea');
    this.area.dir = 'auto';
    this.area.setAttribute('aria-label', t('yourAnswer'));
    this.area.value = item.prediction || '';
    this.area.addEventListener('input', () => calls.changed());
    this.element = make('div', '', textCard(t('prompt'), item.text), make('h2', '', t('yourAnswer')), this.area);
  }
  value() { return this.area.value.trim() === '' ? null : this.area.value; }
  set(value) { this.area.value = value; }
  key() { return false; }
  focus() { this.area.focus({ preventScroll: true }); }
  keys() { return [['Ctrl Enter', 'key_submitText']]; }
}

/** Labelled parts of a text. The page counts in UTF-16, as browsers do; `value()` and `set()` in Unicode scalars. */
class Spans {
  constructor(project, item, calls) {
    this.project = project;
    this.calls = calls;
    this.text = item.text;
    this.pairs = [];
    for (const match of this.text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) this.pairs.push(match.index);
    this.spans = [];
    this.active = null;
    this.chosen = null;
    this.buttons = labelButtons(project, label => this.apply(label));
    this.body = make('div', 'text');
    this.body.dir = 'auto';
    this.body.tabIndex = 0;
    this.body.setAttribute('aria-label', t('text'));
    this.caret = make('div', 'caret');
    this.caret.hidden = true;
    this.list = make('ul', 'spans');
    this.element = make('div', '', this.buttons.box, make('section', 'card spanbox', this.body, this.caret), this.list);
    this.body.addEventListener('mouseup', () => this.released());
    this.body.addEventListener('blur', () => { this.caret.hidden = true; });
    if (item.prediction) this.set(item.prediction); else this.draw();
  }

  // Scalars and UTF-16.
  pairsBefore(place, test) {
    let low = 0;
    let high = this.pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(middle) < place) low = middle + 1; else high = middle;
    }
    return low;
  }
  scalars(units) { return units - this.pairsBefore(units, index => this.pairs[index]); }
  units(scalars) { return scalars + this.pairsBefore(scalars, index => this.pairs[index] - index); }

  value() {
    return this.spans.map(span => ({ start: this.scalars(span.start), end: this.scalars(span.end), label: span.label }));
  }
  set(value) {
    this.spans = value.map(span => ({ start: this.units(span.start), end: this.units(span.end), label: span.label }));
    this.chosen = null;
    this.draw();
  }

  draw() {
    this.spans.sort((a, b) => a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1));
    const selection = this.selection();
    const borders = [...new Set([0, this.text.length, ...this.spans.flatMap(span => [span.start, span.end])])].sort((a, b) => a - b);
    this.nodes = [];
    const children = [];
    let active = [];
    let upcoming = 0;
    for (let index = 0; index + 1 < borders.length; index += 1) {
      const [start, end] = [borders[index], borders[index + 1]];
      active = active.filter(span => span.end > start);
      while (upcoming < this.spans.length && this.spans[upcoming].start <= start) active.push(this.spans[upcoming++]);
      const node = document.createTextNode(this.text.slice(start, end));
      this.nodes.push({ node, start, end });
      if (active.length === 0) { children.push(node); continue; }
      const top = active[active.length - 1];
      const mark = paint(make('mark', active.length > 1 ? 'more' : '', node), this.label(top.label));
      const ending = active.filter(span => span.end === end).map(span => span.label);
      if (ending.length) mark.dataset.tag = ending.join(', ');
      if (active.includes(this.chosen)) mark.classList.add('chosen');
      children.push(mark);
    }
    this.body.replaceChildren(...children);
    this.list.replaceChildren(...this.spans.slice(0, 200).map(span => {
      const excerpt = make('span', 'excerpt', this.text.slice(span.start, Math.min(span.end, span.start + 100)));
      excerpt.dir = 'auto';
      const remove = make('button', '', '×');
      remove.setAttribute('aria-label', t('remove'));
      remove.addEventListener('click', () => this.remove(span));
      return make('li', '', paint(make('span', 'chip', span.label), this.label(span.label)), excerpt, remove);
    }));
    this.buttons.show(this.active ? [this.active.name] : []);
    if (selection) this.select(selection.anchor, selection.focus);
  }
  label(name) { return this.project.labels.find(label => label.name === name); }

  // What is selected.
  offset(node, offset) {
    const range = document.createRange();
    range.setStart(this.body, 0);
    range.setEnd(node, offset);
    return range.toString().length;
  }
  selection() {
    const selection = getSelection();
    if (!selection.rangeCount || !this.body.contains(selection.anchorNode) || !this.body.contains(selection.focusNode)) return null;
    const anchor = this.offset(selection.anchorNode, selection.anchorOffset);
    const focus = this.offset(selection.focusNode, selection.focusOffset);
    return { anchor, focus, start: Math.min(anchor, focus), end: Math.max(anchor, focus) };
  }
  place(offset) {
    const entry = this.nodes.find(entry => offset <= entry.end) || this.nodes[this.nodes.length - 1];
    return entry ? [entry.node, Math.min(offset - entry.start, entry.end - entry.start)] : [this.body, 0];
  }
  select(anchor, focus = anchor) { getSelection().setBaseAndExtent(...this.place(anchor), ...this.place(focus)); this.drawCaret(); }
  drawCaret() {
    const selection = getSelection();
    const isHere = document.activeElement === this.body && selection.rangeCount && this.body.contains(selection.focusNode);
    this.caret.hidden = true;
    if (!isHere) return;
    const isCollapsed = selection.isCollapsed;
    const range = document.createRange();
    range.setStart(selection.focusNode, selection.focusOffset);
    let rect = range.getClientRects()[0] || range.getBoundingClientRect();
    if (!rect.height) {
      const [node] = this.place(0);
      if (!node.length) return;
      range.setEnd(node, 1);
      rect = range.getClientRects()[0];
      if (!rect) return;
    }
    const frame = this.caret.parentElement.getBoundingClientRect();
    this.caret.style.left = `${rect.left - frame.left - 1}px`;
    this.caret.style.top = `${rect.top - frame.top}px`;
    this.caret.style.height = `${rect.height}px`;
    this.caret.hidden = !isCollapsed;
    const scroller = this.body.closest('main');
    if (scroller) {
      const box = scroller.getBoundingClientRect();
      if (rect.bottom > box.bottom) scroller.scrollTop += rect.bottom - box.bottom + 40;
      if (rect.top < box.top) scroller.scrollTop -= box.top - rect.top + 40;
    }
  }

  // Marking.
  /** Without white space at its ends. */
  trimmed(selection) {
    let { start, end } = selection;
    while (start < end && /\s/.test(this.text[start])) start += 1;
    while (end > start && /\s/.test(this.text[end - 1])) end -= 1;
    // Never half a surrogate pair.
    if (/[\udc00-\udfff]/.test(this.text[start] || '') && start > 0) start -= 1;
    if (/[\ud800-\udbff]/.test(this.text[end - 1] || '') && end < this.text.length) end += 1;
    return { start, end };
  }
  apply(label) {
    const selection = this.selection();
    if (selection && selection.start < selection.end) return this.mark(this.trimmed(selection), label);
    if (this.chosen) {
      const twin = this.spans.find(span => span.start === this.chosen.start && span.end === this.chosen.end && span.label === label.name);
      if (!twin) { this.chosen.label = label.name; this.done(); }
      return;
    }
    this.active = this.active === label ? null : label;
    this.buttons.show(this.active ? [this.active.name] : []);
    this.calls.say(this.active ? t('selectFirst', label.name) : '');
  }
  mark({ start, end }, label) {
    if (start >= end) return;
    const same = this.spans.find(span => span.start === start && span.end === end);
    if (same && same.label === label.name) {
      this.spans = this.spans.filter(span => span !== same);
    } else if (same && !this.project.overlap) {
      same.label = label.name;
    } else {
      if (!this.project.overlap && this.spans.some(span => span.start < end && start < span.end)) return this.calls.say(t('overlap'));
      this.spans.push({ start, end, label: label.name });
    }
    this.calls.say('');
    this.chosen = null;
    this.select(end);
    this.done();
  }
  done() { this.draw(); this.calls.changed(); }
  remove(span) {
    this.spans = this.spans.filter(other => other !== span);
    if (this.chosen === span) this.chosen = null;
    this.done();
  }
  at(offset) {
    const hits = this.spans.filter(span => span.start <= offset && offset <= span.end);
    return hits.sort((a, b) => (a.end - a.start) - (b.end - b.start))[0] || null;
  }
  /** The mouse let go: what is selected gets the active label; a click chooses the span below it. */
  released() {
    const selection = this.selection();
    if (!selection) return;
    if (selection.start < selection.end) {
      this.chosen = null;
      if (this.active) this.mark(this.trimmed(selection), this.active);
    } else {
      const span = this.spans.find(span => span.start <= selection.focus && selection.focus < span.end) || null;
      if (span !== this.chosen) { this.chosen = span; this.draw(); }
    }
    this.drawCaret();
  }
  key(event) {
    const moves = {
      ArrowLeft: ['left', 'character'], ArrowRight: ['right', 'character'], ArrowUp: ['backward', 'line'],
      ArrowDown: ['forward', 'line'], Home: ['backward', 'lineboundary'], End: ['forward', 'lineboundary'],
    };
    const move = moves[event.key];
    if (move && !event.metaKey) {
      this.body.focus({ preventScroll: true });
      if (!this.selection()) this.select(0);
      const isWord = (event.ctrlKey || event.altKey) && move[1] === 'character';
      getSelection().modify(event.shiftKey ? 'extend' : 'move', move[0], isWord ? 'word' : move[1]);
      if (this.chosen) { this.chosen = null; this.draw(); }
      this.drawCaret();
      return true;
    }
    if (!plain(event)) return false;
    if (event.key === 'Escape') {
      const selection = this.selection();
      this.active = null;
      this.chosen = null;
      if (selection) this.select(selection.focus);
      this.calls.say('');
      this.draw();
      return true;
    }
    if (event.key === 'Backspace' || event.key === 'Delete') {
      const selection = this.selection();
      const span = this.chosen || (selection && this.at(selection.focus));
      if (span) this.remove(span);
      return true;
    }
    const label = labelOf(this.project, event);
    if (label) this.apply(label);
    return !!label;
  }
  focus() { this.body.focus({ preventScroll: true }); }
  keys() {
    return [
      [this.project.labels.map(label => label.key).filter(Boolean).join(' '), 'key_span'], ['← → ↑ ↓', 'key_move'],
      ['Shift ← →', 'key_extend'], ['Ctrl ← →', 'key_word'], ['Backspace', 'key_remove'], ['Esc', 'key_escape'],
      ['Enter', 'key_submit'],
    ];
  }
}

const editors = { classification: Classification, 'multi-label': MultiLabel, span: Spans, preference: Preference, answer: Answer };

/** The editor of a project's task for an item. */
export function editorFor(project, item, calls) { return new editors[project.task](project, item, calls); }

/** A value for people to read. */
export function valueView(project, item, editor, value) {
  const chip = name => paint(make('span', 'chip', name), project.labels.find(label => label.name === name));
  const spaced = elements => elements.flatMap((element, index) => index ? [' ', element] : [element]);
  switch (project.task) {
    case 'classification': return make('span', 'what', chip(value));
    case 'multi-label': return make('span', 'what', ...(value.length ? spaced(value.map(chip)) : [t('noLabels')]));
    case 'preference': return make('span', 'what', editor.name(value));
    case 'answer': { const view = make('span', 'what', value); view.dir = 'auto'; return view; }
    default: {
      if (!value.length) return make('span', 'what', t('nothingMarked'));
      const parts = value.slice(0, 100).map(span => {
        const part = make('span', '', chip(span.label), ' ', editor.text.slice(editor.units(span.start), editor.units(span.end)).slice(0, 80));
        return part;
      });
      return make('span', 'what', ...parts.flatMap((part, index) => index ? [' · ', part] : [part]));
    }
  }
}

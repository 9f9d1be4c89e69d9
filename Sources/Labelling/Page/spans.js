// The editor of spans.
import { blocksOf, labelButtons, labelOf, make, paint, plain } from './parts.js';
import { t } from './words.js';

/** Labelled parts of a text. The page counts in UTF-16, as browsers do; `value()` and `set()` in Unicode scalars. */
export class Spans {
  constructor(project, item, calls) {
    this.project = project;
    this.calls = calls;
    this.text = item.text;
    this.blocks = blocksOf(this.text);
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
    const borders = [...new Set([0, ...this.blocks.map(block => block[1]), ...this.spans.flatMap(span => [span.start, span.end])])]
      .sort((a, b) => a - b);
    const blocks = this.blocks.map(() => []);
    let block = 0;
    let active = [];
    let upcoming = 0;
    for (let index = 0; index + 1 < borders.length; index += 1) {
      const [start, end] = [borders[index], borders[index + 1]];
      active = active.filter(span => span.end > start);
      while (upcoming < this.spans.length && this.spans[upcoming].start <= start) active.push(this.spans[upcoming++]);
      if (end > this.blocks[block][1]) block += 1;
      const ending = active.filter(span => span.end === end).map(span => span.label);
      blocks[block].push({
        start, end, label: active.length ? active[active.length - 1].label : null, isMore: active.length > 1,
        tag: ending.join(', '), isChosen: active.includes(this.chosen),
      });
    }
    // Blocks in which nothing changed stay, so that a label in a long text costs no layout of all of it.
    this.drawn = blocks.map((pieces, index) => {
      const looks = JSON.stringify(pieces);
      const old = this.drawn && this.drawn[index];
      return old && old.looks === looks ? old : { looks, ...this.drawBlock(pieces) };
    });
    this.nodes = this.drawn.flatMap(drawn => drawn.nodes);
    const elements = this.drawn.map(drawn => drawn.element);
    if (elements.length !== this.body.children.length) this.body.replaceChildren(...elements);
    elements.forEach((element, index) => {
      if (this.body.children[index] !== element) this.body.children[index].replaceWith(element);
    });
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
  drawBlock(pieces) {
    const nodes = [];
    const element = make('div', '', ...pieces.map(piece => {
      const node = document.createTextNode(this.text.slice(piece.start, piece.end));
      nodes.push({ node, start: piece.start, end: piece.end });
      if (piece.label === null) return node;
      const mark = paint(make('mark', piece.isMore ? 'more' : '', node), this.label(piece.label));
      if (piece.tag) mark.dataset.tag = piece.tag;
      mark.classList.toggle('chosen', piece.isChosen);
      return mark;
    }));
    return { element, nodes };
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
  /** The node of an offset; between two nodes the second, unless it is the end of something. */
  place(offset, isEnd) {
    const entry = this.nodes.find(entry => isEnd ? offset <= entry.end : offset < entry.end) || this.nodes[this.nodes.length - 1];
    return entry ? [entry.node, Math.min(offset - entry.start, entry.end - entry.start)] : [this.body, 0];
  }
  select(anchor, focus = anchor) {
    getSelection().setBaseAndExtent(...this.place(anchor, anchor > focus), ...this.place(focus, focus > anchor));
    this.drawCaret();
  }
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

// How each kind of task is shown and answered. An editor has `element`, `value()`, `set(value)`, `key(event)` (whether it
// used the key) and `focus()`; it calls `changed()` when somebody changes its value and `submit()` when a choice is all.
import { labelButtons, labelOf, make, paint, plain, textCard } from './parts.js';
import { Spans } from './spans.js';
import { t } from './words.js';

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
  key(event) {
    if (event.key !== 'Escape') return false;
    this.focus();
    return true;
  }
  focus() { this.area.focus({ preventScroll: true }); }
  keys() { return [['Ctrl Enter', 'key_submit'], ['Esc', 'key_leave']]; }
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

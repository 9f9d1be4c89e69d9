// How far the work is, and how far people agree.
import { make, paint } from './parts.js';
import { t } from './words.js';

const figure = value => value === undefined ? t('undefined') : value.toFixed(3);

function table(head, rows) {
  const line = (cells, name) => make('tr', '', ...cells.map((cell, index) => {
    const element = make(index === 0 ? 'th' : name, '', cell);
    if (index === 0) element.dir = 'auto';
    return element;
  }));
  return make('div', 'table', make('table', 'figures', make('thead', '', line(head, 'th')), make('tbody', '', ...rows.map(row => line(row, 'td')))));
}

function card(title, ...content) { return make('section', 'card', make('h2', '', title), ...content); }

/** The counts and figures that the server gives. */
export function statusView(project, status) {
  const isSpan = project.task === 'span';
  const number = value => value.toLocaleString(document.documentElement.lang);
  const cards = [
    card(t('status'), table(['', ''], [
      [t('items'), number(status.items)], [t('complete'), number(status.complete)], [t('openConflicts'), number(status.conflicts)],
      [t('decisions'), number(status.decided)],
    ])),
  ];
  if (status.pairs.length) {
    const overall = [[t(isSpan ? 'alphaOfCharacters' : 'alpha'), figure(status.alpha)]];
    if (!isSpan) overall.unshift([t('fleiss'), figure(status.fleiss)]);
    cards.push(card(
      t('agreement'),
      table(
        ['', t(isSpan ? 'f1' : 'cohen'), t('items')],
        status.pairs.map(pair => [`${pair.one} · ${pair.other}`, figure(pair.agreement), number(pair.items)])),
      table(['', ''], overall),
      make('p', 'note', t(project.task === 'multi-label' ? 'agreementMean' : 'agreementHint'))));
  } else {
    cards.push(card(t('agreement'), make('p', 'note', t('noPairs'))));
  }
  if (status.people.length) {
    cards.push(card(t('people'), table(
      ['', t('judged'), t('skips'), t('decisions'), t('median')],
      status.people.map(person => [
        person.name, number(person.judged), number(person.skipped), number(person.decided),
        person.seconds === undefined ? '' : t('seconds', person.seconds.toFixed(1)),
      ]))));
  }
  if (status.labels.length) {
    const most = Math.max(1, ...status.labels.map(label => label.count));
    cards.push(card(t('labels'), make('ul', 'bars', ...status.labels.map(entry => {
      const bar = document.createElement('progress');
      bar.max = most;
      bar.value = entry.count;
      const name = paint(make('span', 'chip', entry.name), project.labels.find(label => label.name === entry.name));
      name.dir = 'auto';
      return make('li', '', make('span', 'name', name), bar, make('span', 'number', number(entry.count)));
    }))));
  }
  return make('div', 'statuspage', ...cards);
}

// The page for labelling, reviewing and looking at likely errors. What people do goes to the server at once, and counts
// only when the server has it on its disk.
import { t, translate } from './words.js';
import { editorFor, valueView } from './editors.js';
import { make } from './parts.js';
import { statusView } from './status.js';

const $ = id => document.getElementById(id);
let project = null;
let mode = 'label';
let item = null;          // what is shown
let editor = null;
let trail = [];           // numbers of the items judged or skipped, the last one last
let place = 0;            // where in the trail; at its end is a new item
let visited = [];         // in reviews, the items before this one
let shownAt = 0;
let isBusy = false;
let draftTimer = 0;
let draft = Promise.resolve();

class Refused extends Error {
  constructor(status, error) { super(error.message); this.status = status; this.code = error.code; }
}

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body && JSON.stringify(body),
  });
  const data = await answer.json();
  if (answer.status === 401) { location.assign('login'); throw new Refused(401, data.error); }
  if (!answer.ok) throw new Refused(answer.status, data.error);
  if (data.progress) showProgress(data.progress);
  return data;
}

function nonce() { return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join(''); }

/** Does one thing at a time; where the server does not answer it tries again, with the same nonce. */
async function doing(work) {
  if (isBusy) return;
  isBusy = true;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof Refused && error.status < 500) { say(t('failed', error.message)); return undefined; }
        console.error(error);
        if (attempt >= 2) {
          await new Promise(resume => say(t('notSaved'), t('retry'), resume));
        } else {
          await new Promise(resume => setTimeout(resume, 400 * 2 ** attempt));
        }
      }
    }
  } finally {
    isBusy = false;
  }
}

function say(text, action, run) {
  const notice = $('notice');
  notice.replaceChildren(text);
  notice.hidden = !text;
  if (!action) return;
  const button = make('button', '', action);
  button.addEventListener('click', () => { say(''); run(); });
  notice.append(button);
  // Other keys wait until it is done, so this one must be at hand.
  button.focus();
}

function showProgress(progress) {
  $('bar').max = Math.max(progress.items, 1);
  $('bar').value = progress.complete;
  $('count').textContent = t('progress', progress.complete, progress.items, progress.own);
  $('mode-review').textContent = t('conflicts', progress.conflicts);
}

function show(data) {
  clearTimeout(draftTimer);
  item = data.item || null;
  $('others').hidden = true;
  $('note').hidden = true;
  const isLabelling = mode === 'label';
  document.querySelector('footer').hidden = mode === 'status';
  $('submit-word').textContent = t(isLabelling ? 'submit' : 'decide');
  for (const id of ['submit', 'skip']) $(id).disabled = !item;
  // Where choosing is submitting, the button would only take room.
  $('submit').hidden = isLabelling && ['classification', 'preference'].includes(project.task);
  $('previous').disabled = isLabelling ? place === 0 : visited.length === 0;
  $('next').disabled = isLabelling ? place >= trail.length : !item;
  if (!item) {
    editor = null;
    const [title, more] = mode === 'review' ? [t('noConflicts'), ''] : mode === 'suspects' ? [t('noSuspects'), '']
      : data.wait ? [t('wait'), ''] : [t('allDone'), t('allDoneMore')];
    $('editor').replaceChildren(make('div', 'card empty', make('h2', '', title), more));
    return;
  }
  editor = editorFor(project, item, { submit, changed, say });
  // In reviews a choice is decided at once, too; texts and spans begin with what was there.
  const first = isLabelling ? item.draft ?? item.own : item.decision && item.decision.value;
  if (first !== undefined && first !== null) editor.set(first);
  $('editor').replaceChildren(editor.element);
  document.querySelector('main').scrollTop = 0;
  if (isLabelling && item.skipped) note(t('skipped'));
  if (!isLabelling) showOthers(data.suspect);
  shownAt = performance.now();
  editor.focus();
}

function note(text) { $('note').textContent = text; $('note').hidden = false; }

function showOthers(suspect) {
  note(suspect ? t('suspect', suspect.label, Math.round(suspect.confidence * 100), suspect.likely) : t('reviewHint'));
  const said = [...item.judgements];
  if (item.given !== undefined) said.push({ annotator: t('given'), value: item.given });
  if (item.prediction !== undefined) said.push({ annotator: t('model'), value: item.prediction });
  if (item.decision) said.push({ annotator: `${t('decision')}: ${item.decision.annotator}`, value: item.decision.value });
  $('said').replaceChildren(...said.map((entry, index) => {
    const use = make('button', '', t('use'), ...(index < 9 ? [' ', make('kbd', '', `⇧${index + 1}`)] : []));
    use.addEventListener('click', () => editor.set(entry.value));
    return make('li', '', make('span', 'who', entry.annotator), valueView(project, item, editor, entry.value), use);
  }));
  $('others').hidden = said.length === 0;
}

async function load() {
  await doing(async () => {
    if (mode === 'status') {
      const status = await ask('GET', 'api/status');
      show({});
      $('editor').replaceChildren(statusView(project, status));
      return;
    }
    if (mode === 'label') {
      show(place < trail.length ? await ask('GET', `api/item?id=${trail[place]}`) : await ask('GET', 'api/next'));
      return;
    }
    const path = mode === 'review' ? 'api/conflict' : 'api/suspect';
    const after = visited[visited.length - 1] || 0;
    let data = await ask('GET', `${path}?after=${after}`);
    // From the beginning again, for those that were passed over.
    if (!data.item && after && mode === 'review') { visited = []; data = await ask('GET', `${path}?after=0`); }
    show(data);
  });
}

function forward(id) {
  if (mode === 'label') {
    if (place >= trail.length) trail.push(id);
    place += 1;
  } else {
    visited.push(id);
  }
  return load();
}

function changed() {
  if (mode !== 'label' || !item) return;
  clearTimeout(draftTimer);
  const id = item.id;
  draftTimer = setTimeout(() => {
    const value = editor && editor.value();
    if (!item || item.id !== id || value === null) return;
    draft = ask('POST', 'api/draft', { item: id, value }).catch(() => {});
  }, project.task === 'answer' ? 500 : 0);
}

async function record(action) {
  if (!item || !editor || isBusy) return;
  const value = editor.value();
  if (action !== 'skip' && value === null) return say(t(project.task === 'answer' ? 'writeFirst' : 'chooseOne'));
  clearTimeout(draftTimer);
  await draft;
  const body = { item: item.id, action, nonce: nonce(), milliseconds: Math.round(performance.now() - shownAt) };
  if (action !== 'skip') body.value = value;
  const saved = await doing(() => ask('POST', 'api/record', body));
  if (!saved) return;
  say('');
  await forward(body.item);
}

function submit() { return record(mode === 'label' ? 'judge' : 'decide'); }

function skip() { if (item) return mode === 'label' ? record('skip') : forward(item.id); }

function next() {
  if (mode !== 'label') { if (item) forward(item.id); return; }
  if (place < trail.length) { place += 1; load(); }
}

async function previous() {
  if (mode === 'label') {
    if (place > 0) { place -= 1; await load(); }
    return;
  }
  const id = visited.pop();
  if (id) await doing(async () => show(await ask('GET', `api/item?id=${id}&review=1`)));
}

async function undo() {
  const body = { nonce: nonce() };
  await doing(async () => {
    const data = await ask('POST', 'api/undo', body);
    if (data.item === undefined) return say(t('nothingToUndo'));
    setMode(data.decision ? (mode === 'suspects' ? mode : 'review') : 'label');
    trail = trail.filter(id => data.decision || id !== data.item);
    place = trail.length;
    visited = visited.filter(id => id !== data.item);
    show(await ask('GET', `api/item?id=${data.item}${data.decision ? '&review=1' : ''}`));
    say(t('undone'));
  });
}

function setMode(name) {
  mode = name;
  for (const other of ['label', 'review', 'suspects', 'status']) $(`mode-${other}`).setAttribute('aria-current', other === name);
}

function choose(name) {
  if (isBusy) return;
  setMode(name);
  visited = [];
  place = trail.length;
  say('');
  load();
}

function showHelp() {
  const rows = [...(editor ? editor.keys() : []), ['u', 'key_undo'], ['s', 'key_skip'], ['[', 'key_previous'], [']', 'key_next']];
  if (project.guidelines) rows.push(['g', 'key_guidelines']);
  rows.push(['?', 'key_help']);
  if (mode !== 'label') rows.push(['Shift 1–9', 'key_use']);
  $('keys').replaceChildren(...rows.map(([keys, words]) => make(
    'tr', '', make('td', '', ...keys.split(' ').flatMap((key, index) => index ? [' ', make('kbd', '', key)] : [make('kbd', '', key)])),
    make('td', '', t(words)))));
  $('help').showModal();
}

document.addEventListener('keydown', event => {
  // While an input method composes, keys belong to it.
  if (event.isComposing || event.keyCode === 229 || document.querySelector('dialog[open]')) return;
  const isCommand = event.ctrlKey || event.metaKey;
  const isWriting = event.target.closest('textarea, input');
  if (isWriting) {
    if (event.key === 'Enter' && isCommand) { event.preventDefault(); submit(); }
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  if (event.repeat && !event.key.startsWith('Arrow')) return;
  if ((event.key === 'Enter' || event.key === ' ') && event.target.closest('button')) return;
  if (isCommand && !event.shiftKey && event.key.toLowerCase() === 'z') { event.preventDefault(); undo(); return; }
  if (isBusy) { if (!isCommand) event.preventDefault(); return; }
  const digit = /^Digit([1-9])$/.exec(event.code);
  if (mode !== 'label' && event.shiftKey && !isCommand && digit) {
    const button = $('said').querySelectorAll('button')[digit[1] - 1];
    if (button) { event.preventDefault(); button.click(); return; }
  }
  if (editor && editor.key(event)) { event.preventDefault(); return; }
  if (isCommand || event.altKey) return;
  const actions = {
    Enter: submit, u: undo, s: skip, '[': previous, ']': next, ArrowLeft: previous, ArrowRight: next, '?': showHelp,
    g: () => { if (project && project.guidelines) $('guidelines').showModal(); },
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (action) { event.preventDefault(); action(); }
});

// A button that was clicked would otherwise take the next Enter; so would one that was reached by Tab and has led elsewhere.
document.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button && (event.detail > 0 || button.closest('nav, #said')) && !button.closest('dialog')) button.blur();
});

for (const [id, action] of Object.entries({
  previous, undo, skip, next, submit, 'open-help': showHelp, 'open-guidelines': () => $('guidelines').showModal(),
  'mode-label': () => choose('label'), 'mode-review': () => choose('review'), 'mode-suspects': () => choose('suspects'),
  'mode-status': () => choose('status'),
  'log-out': async () => { await ask('POST', 'logout', {}); location.assign('login'); },
})) $(id).addEventListener('click', () => { if (project) action(); });

translate(document);
project = await ask('GET', 'api/project');
document.title = project.name;
$('project').textContent = project.name;
$('who').textContent = project.annotator;
$('guidelines-text').textContent = project.guidelines;
$('open-guidelines').hidden = !project.guidelines;
$('modes').hidden = !project.reviewer;
$('mode-suspects').hidden = !['classification', 'preference'].includes(project.task);
$('submit-key').textContent = project.task === 'answer' ? 'Ctrl ↵' : '↵';
showProgress(project.progress);
trail = project.trail;
choose('label');

// Pieces that the editors share. Texts come from files that nobody vouches for: they are only ever put into text nodes.
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

/**
 * Where to cut a text into blocks, as pairs of offsets. Browsers take a time that is quadratic in the length of a paragraph,
 * so a block ends after a line feed where there is one within reach, and else after white space or anywhere.
 */
export function blocksOf(text) {
  const [usual, longest] = [2000, 4000];
  const blocks = [];
  let start = 0;
  while (text.length - start > usual) {
    let end = text.lastIndexOf('\n', start + usual) + 1;
    if (end <= start) end = text.indexOf('\n', start) + 1 || text.length;
    if (end - start > longest) {
      const space = text.lastIndexOf(' ', start + usual) + 1;
      end = space > start + usual / 2 ? space : start + usual;
      if (/[\udc00-\udfff]/.test(text[end])) end -= 1;
    }
    blocks.push([start, end]);
    start = end;
  }
  if (start < text.length || start === 0) blocks.push([start, text.length]);
  return blocks;
}

/** A text in a card of its own. */
export function textCard(title, text) {
  const body = make('div', 'text', ...blocksOf(text).map(([start, end]) => make('div', '', text.slice(start, end))));
  body.dir = 'auto';
  return make('section', 'card', ...(title ? [make('h2', '', title)] : []), body);
}

/** A button for each label, and what shows which of them are chosen or predicted. */
export function labelButtons(project, choose) {
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

/** Whether a key is pressed without another that changes its meaning. */
export function plain(event) { return !event.ctrlKey && !event.metaKey && !event.altKey; }

/** The label whose key is pressed. */
export function labelOf(project, event) {
  return plain(event) && !event.shiftKey ? project.labels.find(label => label.key && label.key === event.key.toLowerCase()) : undefined;
}

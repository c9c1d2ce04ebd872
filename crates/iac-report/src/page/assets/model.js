// The data, and what is searched, filtered and selected. Knows nothing of how that is shown.
const data = JSON.parse(document.getElementById('data').textContent);
const resources = data.resources;
const legend = new Map(data.actions.map((action) => [action.key, action]));
const byId = (id) => document.getElementById(id);

// Texts are only ever set as text, so nothing in the data can become markup.
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

resources.forEach((resource, index) => {
  resource.index = index;
  resource.needs = resource.needs || [];
  resource.neededBy = [];
  resource.parts = resource.path.split('/');
  const word = legend.get(resource.action).word;
  resource.haystack = `${resource.path} ${resource.type} ${resource.urn} ${word}`.toLowerCase();
});
resources.forEach((resource) => resource.needs.forEach((needed) => resources[needed].neededBy.push(resource.index)));

const state = { words: [], matches: null, order: [], hidden: new Set(), selected: -1 };
const listeners = [];
const changed = (what) => listeners.forEach((listener) => listener(what));

const isShown = (index) =>
  !state.hidden.has(resources[index].action) && (state.matches === null || state.matches.has(index));

const search = (text) => {
  state.words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (resource) => state.words.every((word) => resource.haystack.includes(word));
  state.order = state.words.length ? resources.filter(found).map((resource) => resource.index) : [];
  state.matches = state.words.length ? new Set(state.order) : null;
  changed('search');
};

const select = (index, options) => {
  state.selected = index;
  changed('select');
  if (options && options.center) changed('center');
};

const duration = (ms) => {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

const badge = (key) => {
  const action = legend.get(key);
  const element = make('span', `badge a-${key}`, action.mark);
  element.title = action.word;
  return element;
};

// The text with what was searched for marked.
const marked = (className, text) => {
  const element = make('span', className);
  const lower = text.toLowerCase();
  // Lower case may be longer than the text; then nothing is marked rather than the wrong part.
  const words = lower.length === text.length ? state.words : [];
  let at = 0;
  while (at < text.length) {
    let start = -1;
    let length = 0;
    words.forEach((word) => {
      const found = lower.indexOf(word, at);
      if (found >= 0 && (start < 0 || found < start)) [start, length] = [found, word.length];
    });
    if (start < 0) break;
    if (start > at) element.append(text.slice(at, start));
    element.append(make('mark', '', text.slice(start, start + length)));
    at = start + length;
  }
  element.append(text.slice(at));
  return element;
};

// What stands between backticks is code.
const withCode = (tag, text) => {
  const element = make(tag);
  text.split('`').forEach((part, index, all) => {
    // A last backtick without a partner stays what it is.
    const alone = index % 2 === 1 && index === all.length - 1;
    element.append(alone ? `\`${part}` : index % 2 === 1 ? make('code', '', part) : part);
  });
  return element;
};

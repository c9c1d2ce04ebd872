// Starts the parts, and connects the search, the filters, the notes and the outputs.
const SEARCH_DELAY_MS = 60;

const startSearch = () => {
  const input = byId('search');
  let timer = 0;
  let at = -1;
  const tell = () => {
    const count = state.order.filter(isShown).length;
    byId('found').textContent = state.matches === null ? `${resources.length} resources` : `${count} found`;
  };
  const run = () => {
    clearTimeout(timer);
    timer = 0;
    at = -1;
    search(input.value);
    tell();
  };
  const step = (by) => {
    if (timer) run();
    const found = state.order.filter(isShown);
    if (!found.length) return;
    at = at < 0 && by < 0 ? found.length - 1 : (at + by + found.length) % found.length;
    byId('found').textContent = `${at + 1} of ${found.length}`;
    select(found[at], { center: true });
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(run, SEARCH_DELAY_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape' && input.value) {
      input.value = '';
      run();
    } else return;
    event.preventDefault();
  });
  byId('next').addEventListener('click', () => step(1));
  byId('previous').addEventListener('click', () => step(-1));
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && event.target !== input && !event.ctrlKey && !event.metaKey && !event.altKey) {
      input.focus();
      event.preventDefault();
    }
  });
  listeners.push((what) => what === 'filter' && tell());
  tell();
};

const startChips = () => {
  data.actions.forEach((action) => {
    const chip = make('button', `chip a-${action.key}`, `${action.mark} ${action.count} ${action.word}`);
    chip.type = 'button';
    chip.dataset.action = action.key;
    chip.setAttribute('aria-pressed', 'true');
    chip.addEventListener('click', () => {
      const hide = !state.hidden.has(action.key);
      if (hide) state.hidden.add(action.key);
      else state.hidden.delete(action.key);
      chip.setAttribute('aria-pressed', String(!hide));
      changed('filter');
    });
    byId('chips').append(chip);
  });
};

const startNotes = () => {
  document.querySelectorAll('[data-note]').forEach((item) => {
    const note = data.notes[Number(item.dataset.note)];
    item.querySelector('span').replaceWith(withCode('span', note.text));
    if (note.resource === undefined) return;
    const button = make('button', 'link', resources[note.resource].path);
    button.type = 'button';
    button.addEventListener('click', () => select(note.resource, { center: true }));
    item.children[0].after(' ', button, ':');
  });
};

const startOutputs = () => {
  if (!data.outputs.length) return;
  const table = data.timeline
    ? fieldTable(data.outputs, '', 'Recorded now')
    : fieldTable(data.outputs, 'Before', 'After');
  table.querySelector('thead th').textContent = 'Output';
  byId('outputs').append(table);
  byId('outputs-section').hidden = false;
};

['tools', 'resources', 'detail'].forEach((id) => { byId(id).hidden = false; });
byId('graph-section').hidden = resources.length === 0;
startChips();
startNotes();
startSearch();
tree.start();
detail.start();
chart.start();
graph.start();
startOutputs();
